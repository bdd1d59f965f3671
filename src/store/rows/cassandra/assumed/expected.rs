//! The options that each table was made with, read from the schema that this binary carries: what an operator changed
//! since stands out. Pure.

use std::collections::BTreeMap;

use super::facts::Options;
use crate::store::rows::cassandra::schema::steps;

/// Options of every table of this release, by its name.
#[must_use]
pub fn tables() -> BTreeMap<String, Options> {
    of(steps::WHOLE)
}

/// Options of every table of a text of CQL.
#[must_use]
pub fn of(text: &str) -> BTreeMap<String, Options> {
    steps::statements(text).iter().filter_map(|statement| table(statement)).collect()
}

fn table(statement: &str) -> Option<(String, Options)> {
    let words: Vec<&str> = statement.split_whitespace().collect();
    let rest = words.strip_prefix(&["CREATE", "TABLE"][..])?;
    let rest = rest.strip_prefix(&["IF", "NOT", "EXISTS"][..]).unwrap_or(rest);
    let name = rest.first()?.split('(').next()?.rsplit('.').next()?.to_owned();
    let plain = words.join(" ");
    let with = plain.split_once(") WITH ").map_or("", |(_, with)| with);
    let mut options = Options::default();
    for part in with.split(" AND ") {
        let Some((option, value)) = part.split_once('=') else { continue };
        let value = value.trim();
        match option.trim() {
            "default_time_to_live" => options.ttl = value.parse().unwrap_or(0),
            "gc_grace_seconds" => options.gc_grace = value.parse().unwrap_or(0),
            "read_repair" => options.read_repair = value.trim_matches('\'').to_owned(),
            "compaction" => options.compaction = class(value).unwrap_or(options.compaction),
            _ => {}
        }
    }
    Some((name, options))
}

/// The class within `{'class': 'X', …}`.
fn class(map: &str) -> Option<String> {
    let (_, rest) = map.split_once("'class'")?;
    let value = rest.split('\'').nth(1)?;
    Some(value.rsplit('.').next().unwrap_or(value).to_owned())
}
