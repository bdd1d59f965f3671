//! The store of a load run's node: the embedded one, or servers of Apache Cassandra of the run's own. Never a cluster of
//! somebody else, unless it is named.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use clap::ValueEnum;

use crate::cassandra::{Cluster, Guard, Place, Settings, Version, named};

/// The last number of the first address that load runs use; a cluster that a person started has others.
const FIRST: u8 = 151;
/// The keyspace of a run.
const KEYSPACE: &str = "holdfast_load";
/// Servers of a run.
const SERVERS: u8 = 3;

/// Where a node keeps its conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// In a directory.
    Embedded,
    /// On three servers of Apache Cassandra, started for the run.
    Cassandra,
}

/// The store of a run, for as long as it is kept.
pub struct Store {
    /// The servers of the run, if it has some.
    pub cluster: Option<Guard>,
    settings: Vec<(&'static str, String)>,
}

impl Store {
    /// Starts what it needs, and makes the tables.
    pub fn start(kind: Kind, holdfast: &Path) -> anyhow::Result<Self> {
        let nothing = Self { cluster: None, settings: Vec::new() };
        match (kind, named()) {
            (Kind::Embedded, _) => Ok(nothing),
            (Kind::Cassandra, Some(points)) => {
                eprintln!("--- on the Cassandra that is there: {points}");
                let datacenter = std::env::var("HOLDFAST_CASSANDRA_DATACENTER");
                Self::on(None, points, datacenter.unwrap_or_else(|_| "datacenter1".to_owned()))
                    .prepared(holdfast)
            }
            (Kind::Cassandra, None) => {
                eprintln!("--- start {SERVERS} servers of Apache Cassandra");
                let cluster = Cluster::ours(Place { first: FIRST }, Settings::of(SERVERS, Version::V5_0))?;
                let points = cluster.contact_points();
                Self::on(Some(cluster), points, "datacenter1".to_owned()).prepared(holdfast)
            }
        }
    }

    fn on(cluster: Option<Guard>, points: String, datacenter: String) -> Self {
        let settings = vec![
            ("HOLDFAST_STORE__KIND", "cassandra".to_owned()),
            ("HOLDFAST_STORE__CASSANDRA__CONTACT_POINTS", points),
            ("HOLDFAST_STORE__CASSANDRA__DATACENTER", datacenter),
            ("HOLDFAST_STORE__CASSANDRA__KEYSPACE", KEYSPACE.to_owned()),
        ];
        Self { cluster, settings }
    }

    fn prepared(self, holdfast: &Path) -> anyhow::Result<Self> {
        let datacenter = &self.settings[2].1;
        let replication = format!("{datacenter}:{SERVERS}");
        let mut schema = Command::new(holdfast);
        schema.args(["schema", "apply", "--replication", &replication]).envs(self.settings.clone());
        let done = schema.status().context("holdfast schema apply cannot be run")?;
        ensure!(done.success(), "the tables cannot be made");
        Ok(self)
    }

    /// Tells a node about it.
    pub fn tell(&self, serve: &mut Command) {
        serve.envs(self.settings.clone());
    }
}
