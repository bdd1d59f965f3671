//! Facts in, findings out: what the protocol assumes of Cassandra, judged. Pure; every code comes out of every check, good
//! or bad, so that a metric that is missing means that nothing was checked.

mod cluster;
mod keyspace;
mod servers;
mod tables;

use super::facts::Facts;
use super::finding::Finding;

/// Every code, in the order of the findings. Each is a heading of the runbook.
pub const CODES: [&str; 22] = [
    "quorum",
    "schema",
    "datacenter",
    "contact_points",
    "strategy",
    "redundancy",
    "replication_changed",
    "durable_writes",
    "shards",
    "generation",
    "fences",
    "ttl",
    "read_repair",
    "gc_grace",
    "compaction",
    "servers",
    "versions",
    "commitlog",
    "thresholds",
    "hints",
    "paxos",
    "clocks",
];

/// Judges everything that was seen.
#[must_use]
pub fn judge(facts: &Facts) -> Vec<Finding> {
    let mut findings = vec![quorum(facts), schema(facts)];
    findings.extend(keyspace::judge(facts));
    findings.extend(cluster::judge(facts));
    findings.extend(tables::judge(facts));
    findings.extend(servers::judge(facts));
    findings
}

/// The code of what may be cured by waiting.
pub const QUORUM: &str = "quorum";

fn quorum(facts: &Facts) -> Finding {
    if facts.unread.is_empty() {
        return Finding::ok(QUORUM, "a quorum answers");
    }
    Finding::refuse(QUORUM, format!("could not be read at a quorum: {}", list(&facts.unread)))
}

fn schema(facts: &Facts) -> Finding {
    match &facts.schema {
        None => Finding::warn("schema", "where the schema stands could not be read"),
        Some(standing) if standing.runs() => Finding::ok("schema", standing.to_string()),
        Some(standing) => Finding::refuse("schema", standing.to_string()),
    }
}

/// A list for a sentence, cut where it gets long.
fn list(items: &[String]) -> String {
    const SHOWN: usize = 5;
    let more = items.len().saturating_sub(SHOWN);
    let shown = items.get(..SHOWN.min(items.len())).unwrap_or_default().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}
