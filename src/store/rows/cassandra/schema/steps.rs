//! The steps of the schema as this binary carries them: numbered files of CQL, cut into statements. Pure; never asks a
//! server.
//!
//! A step is never changed once a release has it. Its first lines may say `-- needs: N`: a node that knows no step above
//! N can still run once this step is there. Without the line every release can.

use xxhash_rust::xxh3::xxh3_64;

/// What stands for the keyspace in every text.
const PLACE: &str = "${keyspace}";

/// The whole schema, for people and for the test that the steps make the same.
pub const WHOLE: &str = include_str!("../../../../../cql/schema.cql");

/// What the runner keeps its notes in.
pub(super) const NOTES: &str = include_str!("../../../../../cql/runner.cql");

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Counted from 1, without a gap.
    pub number: u32,
    /// What it is about.
    pub name: &'static str,
    /// The file.
    pub text: &'static str,
}

/// Every step, in order.
pub const STEPS: &[Step] = &[Step {
    number: 1,
    name: "first_tables",
    text: include_str!("../../../../../cql/steps/0001_first_tables.cql"),
}];

impl Step {
    /// Its statements, in order.
    #[must_use]
    pub fn statements(&self) -> Vec<String> {
        statements(self.text)
    }

    /// The last step that a node must know of to run once this one is there.
    #[must_use]
    pub fn needs(&self) -> u32 {
        let said = self.text.lines().find_map(|line| line.strip_prefix("-- needs:"));
        said.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
    }

    /// Tells texts apart, comments and blanks aside.
    #[must_use]
    pub fn digest(&self) -> String {
        let plain: Vec<String> = self
            .statements()
            .iter()
            .map(|one| one.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        format!("{:016x}", xxh3_64(plain.join(";").as_bytes()))
    }
}

/// The statements of a text of CQL: comments taken out, cut at each semicolon outside of quotes.
#[must_use]
pub fn statements(text: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    for line in text.lines() {
        let mut quoted = false;
        let mut before = None;
        for c in line.chars() {
            match c {
                '\'' => quoted = !quoted,
                '-' if !quoted && before == Some('-') => {
                    found.last_mut().map(String::pop);
                    break;
                }
                ';' if !quoted => {
                    found.push(String::new());
                    before = None;
                    continue;
                }
                _ => {}
            }
            if let Some(last) = found.last_mut() {
                last.push(c);
            }
            before = Some(c);
        }
        if let Some(last) = found.last_mut() {
            last.push('\n');
        }
    }
    found.iter().map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect()
}

/// A statement with the keyspace in the place that was left for it.
#[must_use]
pub fn named(statement: &str, keyspace: &str) -> String {
    statement.replace(PLACE, keyspace)
}

/// The first words of a statement, for people: `CREATE TABLE journal`.
#[must_use]
pub fn headline(statement: &str) -> String {
    let plain =
        statement.replace(&format!("{PLACE}."), "").replace("IF NOT EXISTS ", "").replace("IF EXISTS ", "");
    plain.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}
