//! Options of the tables: what an operator may have altered since they were made.

use super::super::expected;
use super::super::facts::{Facts, Options};
use super::super::finding::{Finding, Severity};
use super::list;

pub(super) fn judge(facts: &Facts) -> [Finding; 4] {
    [ttl(facts), read_repair(facts), gc_grace(facts), compaction(facts)]
}

/// A sentence for each table, by its options and those that it was made with.
fn each(facts: &Facts, say: impl Fn(&Options, &Options) -> Option<String>) -> Vec<String> {
    let expected = expected::tables();
    let both = facts.tables.iter().filter_map(|(name, found)| Some((name, found, expected.get(name)?)));
    both.filter_map(|(name, found, made)| Some(format!("{name} {}", say(found, made)?))).collect()
}

fn found(code: &'static str, bad: Severity, (tables, why): (&[String], &str), good: &str) -> Finding {
    if tables.is_empty() {
        return Finding::ok(code, good);
    }
    Finding::new(code, bad, format!("{}: {why}", list(tables)))
}

fn ttl(facts: &Facts) -> Finding {
    let tables = each(facts, |found, made| {
        (found.ttl != made.ttl).then(|| format!("has default_time_to_live = {}", found.ttl))
    });
    let why = "rows would vanish by themselves, fences and acknowledged messages among them";
    found("ttl", Severity::Refuse, (&tables, why), "no row vanishes by itself")
}

fn read_repair(facts: &Facts) -> Finding {
    let tables = each(facts, |found, made| {
        let same = found.read_repair.eq_ignore_ascii_case(&made.read_repair);
        (!same).then(|| format!("has read_repair = '{}'", found.read_repair))
    });
    let why = "the rules hold with it, but what was read once may be missing in the next read until a repair";
    found("read_repair", Severity::Warn, (&tables, why), "as the schema makes it")
}

fn gc_grace(facts: &Facts) -> Finding {
    let tables = each(facts, |found, made| {
        let differs = found.gc_grace != made.gc_grace;
        differs.then(|| format!("has gc_grace_seconds = {} instead of {}", found.gc_grace, made.gc_grace))
    });
    let why = "longer makes takeovers read more tombstones, shorter lets deleted rows come back";
    found("gc_grace", Severity::Warn, (&tables, why), "as the schema makes it")
}

/// Rows carry small timestamps of their own, by which time windows sort nothing.
fn compaction(facts: &Facts) -> Finding {
    let tables = each(facts, |found, made| {
        let windows =
            found.compaction == "TimeWindowCompactionStrategy" && found.compaction != made.compaction;
        windows.then(|| format!("has {}", found.compaction))
    });
    let why = "rows have timestamps that are no times, so nothing would ever be purged";
    found("compaction", Severity::Warn, (&tables, why), "no time windows where rows carry no times")
}
