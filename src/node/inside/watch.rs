//! Watches what is assumed of Cassandra: at the start and every hour, into the log and a metric. Tells what is new or has
//! changed, never the same twice; and notes the replication of a store that has none noted.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::limits;
use crate::metrics;
use crate::runtime::Runtime;
use crate::shard::birth::{self, Change};
use crate::store::rows::Rows;
use crate::store::rows::cassandra::Cassandra;
use crate::store::rows::cassandra::assumed::{self, Finding, Severity, Wanted, worst};

/// What was told last, by code.
#[derive(Debug, Default)]
pub(super) struct Told(Mutex<BTreeMap<&'static str, (Severity, String)>>);

impl Told {
    /// The findings that are worth a line: bad ones that are new or changed, and good ones that were bad.
    pub(super) fn news<'f>(&self, findings: &'f [Finding]) -> Vec<&'f Finding> {
        let mut told = self.0.lock();
        let mut news = Vec::new();
        for finding in findings {
            let now = (finding.severity, finding.sentence.clone());
            let before = told.insert(finding.code, now.clone());
            let was_bad = before.as_ref().is_some_and(|(severity, _)| *severity > Severity::Ok);
            let is_bad = finding.severity > Severity::Ok;
            if (is_bad && before.as_ref() != Some(&now)) || (was_bad && !is_bad) {
                news.push(finding);
            }
        }
        news
    }
}

/// Logs what is new and sets the metric.
pub(super) fn tell(told: &Told, findings: &[Finding]) {
    for finding in findings {
        metrics::cassandra().assumption(finding.code, finding.severity.number());
    }
    for finding in told.news(findings) {
        let (code, runbook) = (finding.code, finding.runbook());
        match finding.severity {
            Severity::Ok => {
                tracing::info!(code, "an assumption about the store holds again: {}", finding.sentence)
            }
            Severity::Warn => {
                tracing::warn!(code, runbook, "an assumption about the store: {}", finding.sentence)
            }
            Severity::Refuse => {
                tracing::error!(
                    code,
                    runbook,
                    "an assumption about the store does not hold: {}",
                    finding.sentence
                );
            }
        }
    }
}

/// Watches for as long as the store lives.
pub(super) async fn keep(
    store: std::sync::Weak<Cassandra>,
    runtime: Arc<dyn Runtime>,
    wanted: Wanted,
    told: Told,
) {
    loop {
        runtime.sleep(limits::ASSUMED_EVERY).await;
        let Some(store) = store.upgrade() else { return };
        let Some(session) = store.session() else { continue };
        match assumed::check(&session, &runtime, wanted.clone()).await {
            Ok((facts, findings)) => {
                tell(&told, &findings);
                if worst(&findings) < Severity::Refuse {
                    note(store.as_ref(), &facts).await;
                }
            }
            Err(error) => tracing::warn!(%error, "what is assumed of the store could not be checked"),
        }
    }
}

/// Notes the replication where none is noted; the next check does it if it fails.
pub(super) async fn note(rows: &dyn Rows, facts: &assumed::Facts) {
    let replication = format!("{}:{}", facts.wanted.datacenter, facts.factor());
    if let Err(error) = birth::note_replication(rows, &replication, Change::First).await {
        tracing::warn!(%error, "the replication could not be noted; the next check tries again");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_is_not_told_again() {
        let told = Told::default();
        let (bad, worse, good) =
            (Finding::warn("ttl", "a"), Finding::refuse("ttl", "a"), Finding::ok("ttl", "b"));
        let other = Finding::ok("shards", "c");
        let news = |findings: &[&Finding]| {
            let findings: Vec<Finding> = findings.iter().map(|finding| (*finding).clone()).collect();
            told.news(&findings).len()
        };
        assert_eq!(news(&[&bad, &other]), 1);
        assert_eq!(news(&[&bad, &other]), 0);
        assert_eq!(news(&[&worse, &other]), 1);
        assert_eq!(news(&[&good, &other]), 1, "that it holds again is news");
        assert_eq!(news(&[&good, &other]), 0);
    }
}
