//! The servers under test as something that can be broken: a thin hand on `cargo xtask cassandra`, where the run that
//! started them says how. Whatever a test breaks is mended when its [`Servers`] goes.

use std::process::Command;
use std::sync::Arc;

use scylla::client::session_builder::SessionBuilder;
use scylla::policies::host_filter::AllowListHostFilter;
use scylla::statement::{Consistency, unprepared::Statement};

/// Three servers that may be broken; mended when it goes.
pub struct Servers {
    xtask: String,
    points: Vec<String>,
}

impl Servers {
    /// The servers under test, if they are three and may be broken; `None` after saying that the test is skipped.
    pub fn three() -> Option<Self> {
        let points = crate::contact_points()?;
        let xtask = std::env::var("HOLDFAST_CASSANDRA_XTASK").ok();
        if xtask.is_none() || points.len() != 3 {
            eprintln!("\n!!! SKIPPED: needs three servers that `cargo xtask` started\n");
        }
        Some(Self { xtask: xtask.filter(|_| points.len() == 3)?, points })
    }

    /// Where each of them serves, node 1 first.
    pub fn points(&self) -> &[String] {
        &self.points
    }

    /// One fault or its end, as `cargo xtask cassandra` takes it: `kill 2`, `cut 3 --one-way out`, `restart 2`, ...
    pub fn tell(&self, what: &str) {
        let mut xtask = Command::new(&self.xtask);
        let told = xtask.arg("cassandra").args(what.split_whitespace()).status();
        assert!(told.expect("xtask runs").success(), "cargo xtask cassandra {what} failed");
    }

    /// Undoes every fault, and returns when each server reaches each.
    pub fn mend(&self) {
        self.tell("mend");
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.mend();
            return;
        }
        // A test that failed already is not failed again; the next one finds whole servers or says so.
        let _ = Command::new(&self.xtask).args(["cassandra", "mend"]).status();
    }
}

#[tokio::test]
async fn servers_can_be_cut_killed_and_mended() {
    let Some(servers) = Servers::three() else { return };
    // Through the first one only, for another may be away.
    let first = &servers.points()[..1];
    let only = Arc::new(AllowListHostFilter::new(first).unwrap());
    let session = SessionBuilder::new().known_nodes(first).host_filter(only).build().await.unwrap();
    let write = |consistency| {
        let mut write =
            Statement::new("INSERT INTO holdfast_probe.probe (node, at) VALUES (1, 1) USING TIMESTAMP 1");
        write.set_consistency(consistency);
        write.set_is_idempotent(true);
        write
    };
    for fault in ["cut 3", "kill 3", "pause 3"] {
        servers.tell(fault);
        session.query_unpaged(write(Consistency::Quorum), ()).await.expect("two of three are a quorum");
        session.query_unpaged(write(Consistency::All), ()).await.expect_err(fault);
        servers.mend();
        session.query_unpaged(write(Consistency::All), ()).await.expect("each reaches each");
    }
}
