//! Servers that keep no hints while traces are played: with hints a row would not stay where it was put. Gives the servers back
//! as they were.

use std::time::Duration;

use holdfast::store::rows::cassandra::connect;
use holdfast::store::rows::cassandra::options::Options;
use scylla::client::session::Session;

use crate::servers::Servers;

/// Three servers without hints; they keep them again when it goes, if they did before.
pub struct Unhinted {
    /// How long a server waits for a replica, and keeps a message for it.
    pub patience: Duration,
    changed: Option<Servers>,
}

impl Unhinted {
    /// `None` after saying why the test is skipped.
    pub async fn new(options: &Options) -> Option<Self> {
        let session = connect::upkeep(options).await.expect("a session");
        let patience = duration(&setting(&session, "write_request_timeout").await);
        if setting(&session, "hinted_handoff_enabled").await == "false" {
            return Some(Self { patience, changed: None });
        }
        let servers = Servers::three();
        if servers.is_none() {
            eprintln!("    or servers without hints: `cargo xtask cassandra up --hints off`\n");
        }
        let servers = servers?;
        tell(&servers, "disablehandoff");
        Some(Self { patience, changed: Some(servers) })
    }
}

impl Drop for Unhinted {
    fn drop(&mut self) {
        if let Some(servers) = &self.changed {
            tell(servers, "enablehandoff");
        }
    }
}

fn tell(servers: &Servers, what: &str) {
    (1..=servers.points().len()).for_each(|node| servers.tell(&format!("nodetool {node} -- {what}")));
}

async fn setting(session: &Session, name: &str) -> String {
    let text = format!("SELECT value FROM system_views.settings WHERE name = '{name}'");
    let rows = session.query_unpaged(text, ()).await.expect("settings").into_rows_result().expect("rows");
    rows.first_row::<(String,)>().expect("a setting").0
}

fn duration(text: &str) -> Duration {
    let digits = text.trim_end_matches(|end: char| !end.is_ascii_digit());
    let number = digits.parse().expect("a number and its unit");
    if text.ends_with("ms") { Duration::from_millis(number) } else { Duration::from_secs(number) }
}
