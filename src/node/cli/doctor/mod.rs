//! `doctor`: looks at everything that a node rests on, and says what is wrong and which line of the runbook helps. Changes
//! nothing, and prints no secret.

mod machine;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use super::super::config::{Settings, Sources, StoreKind, load};
use super::super::exit::Exit;
use super::super::inside::cassandra::{options, wanted};
use super::Wrong;
use super::remote::block_on;
use super::schema::At;
use crate::runtime::Real;
use crate::store::rows::cassandra::assumed::{self, Finding, Severity, worst};
use crate::store::rows::cassandra::connect;

/// Options of `doctor`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 a node can run (warnings may be there), 1 it would refuse to, 2 the configuration is \
                        wrong.\nWhat each code means and what to do: docs/runbook/"
)]
pub struct Doctor {
    /// Print JSON: a list of objects with code, severity (ok, warn, refuse), sentence and runbook
    #[arg(long)]
    pub json: bool,
    /// Directory of the store [store.directory]
    #[arg(long, value_name = "DIR")]
    pub data: Option<String>,
    /// Which store: embedded, cassandra [store.kind]
    #[arg(long, value_name = "KIND")]
    pub store: Option<String>,
    /// The cluster.
    #[command(flatten)]
    pub at: At,
}

/// Looks, and prints what it found.
pub fn run(asked: &Doctor) -> anyhow::Result<Exit> {
    let mut flags = asked.at.flags();
    for (key, value) in [("store.directory", &asked.data), ("store.kind", &asked.store)] {
        flags.extend(value.clone().map(|value| (key, value)));
    }
    let config: Option<PathBuf> = asked.at.config.clone();
    let settings = load(&Sources::of_process(config, flags))
        .map_err(|findings| Wrong(format!("the configuration is wrong\n{findings}")))?;
    let mut findings = machine::look(&settings);
    if settings.store.kind == StoreKind::Cassandra {
        findings.extend(block_on(cluster(&settings))?);
    }
    print!("{}", if asked.json { json(&findings) } else { text(&findings) });
    Ok(if worst(&findings) == Severity::Refuse { Exit::Failed } else { Exit::Stopped })
}

/// What is assumed of the cluster; one finding when it cannot be asked.
async fn cluster(settings: &Settings) -> anyhow::Result<Vec<Finding>> {
    let session = match connect::upkeep(&options(settings)).await {
        Ok(session) => Arc::new(session),
        Err(error) => return Ok(vec![Finding::refuse("connection", error.to_string())]),
    };
    let connected = format!("connected with {}", settings.store.cassandra.contact_points);
    let mut findings = vec![Finding::ok("connection", connected)];
    match assumed::check(&session, &Real::start(), wanted(settings)).await {
        Ok((_, found)) => findings.extend(found),
        Err(error) => findings.push(Finding::refuse("connection", error.to_string())),
    }
    Ok(findings)
}

fn text(findings: &[Finding]) -> String {
    let mut lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let (warned, refused) = (count(Severity::Warn), count(Severity::Refuse));
    lines.push(match (refused, warned) {
        (0, 0) => "all is as it should be".to_owned(),
        (0, warned) => format!("a node can run; {warned} to look at"),
        (refused, warned) => format!("a node would not start: {refused} to mend, {warned} more to look at"),
    });
    lines.join("\n") + "\n"
}

fn json(findings: &[Finding]) -> String {
    let each = findings.iter().map(|finding| {
        json!({
            "code": finding.code,
            "severity": finding.severity.word(),
            "sentence": finding.sentence,
            "runbook": finding.runbook(),
        })
    });
    format!("{:#}\n", serde_json::Value::from_iter(each))
}
