//! The Cassandra of a cluster: one that is named, or servers of our own. Never drops a keyspace that is not made for
//! clusters like this one.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::cassandra::cql::{Client, Consistency, Door};
use crate::cassandra::{Cluster, Place, Settings, VARIABLE, Version, named};

/// The last number of the first address of servers that `cluster up` starts.
const FIRST: u8 = 161;
/// All keyspaces of clusters here begin so; only these are ever dropped.
const PREFIX: &str = "holdfast_try_";

/// Where nodes keep their conversations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// Where its servers listen.
    points: String,
    datacenter: String,
    keyspace: String,
    /// Replicas of each row.
    servers: u8,
    /// The first address of servers that were started for this cluster, and stop with it.
    started: Option<u8>,
}

impl Store {
    /// On servers that run.
    pub fn at(points: String, servers: u8, name: &str) -> Self {
        let datacenter = std::env::var("HOLDFAST_CASSANDRA_DATACENTER");
        let datacenter = datacenter.unwrap_or_else(|_| "datacenter1".to_owned());
        Self { points, datacenter, keyspace: format!("{PREFIX}{name}"), servers, started: None }
    }

    /// On servers that somebody names, if somebody does.
    pub fn named(name: &str) -> Option<Self> {
        let points = named()?;
        let servers = u8::try_from(points.split(',').count()).unwrap_or(3).min(3);
        eprintln!("--- on the Cassandra that {VARIABLE} names: {points}");
        Some(Self::at(points, servers, name))
    }

    /// On servers of our own, which stay until [`Self::stop`].
    pub fn started(servers: u8, name: &str) -> anyhow::Result<Self> {
        let place = Place { first: FIRST };
        eprintln!("--- start {servers} server(s) of Apache Cassandra at {}", place.ip(1));
        let cluster = Cluster::up(place, Settings::of(servers, Version::V5_0), false)?;
        Ok(Self { started: Some(FIRST), ..Self::at(cluster.contact_points(), servers, name) })
    }

    /// Makes the tables; `fresh` drops what is there of this cluster first.
    pub fn prepare(&self, binary: &Path, fresh: bool) -> anyhow::Result<()> {
        if let Some(first) = self.started {
            // Servers of our own may have been stopped since.
            Cluster::found(Place { first })?.mend()?;
        }
        if fresh {
            self.drop_keyspace()?;
        }
        let replication = format!("{}:{}", self.datacenter, self.servers);
        let mut schema = Command::new(binary);
        schema.args(["schema", "apply", "--replication", &replication]).envs(self.variables());
        eprintln!("--- make the tables");
        let done = schema.output().context("holdfast schema apply cannot be run")?;
        ensure!(
            done.status.success(),
            "the tables cannot be made: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        Ok(())
    }

    /// A connection to the first of its servers.
    pub fn connect(&self) -> anyhow::Result<Client> {
        let point = self.points.split(',').next().unwrap_or_default();
        let address: SocketAddr = point.to_socket_addrs()?.next().context("no address")?;
        Client::connect(address, Door::default())
    }

    /// The whole name of a table.
    pub fn table(&self, name: &str) -> String {
        format!("{}.{name}", self.keyspace)
    }

    fn drop_keyspace(&self) -> anyhow::Result<()> {
        ensure!(self.keyspace.starts_with(PREFIX), "the keyspace {} is not ours", self.keyspace);
        let mut client = self.connect()?;
        let drop = format!("DROP KEYSPACE IF EXISTS {}", self.keyspace);
        client.run(&drop, Consistency::One).context("the keyspace of the last run")?;
        Ok(())
    }

    /// What a node is told of it.
    pub fn variables(&self) -> [(&'static str, String); 4] {
        [
            ("HOLDFAST_STORE__KIND", "cassandra".to_owned()),
            ("HOLDFAST_STORE__CASSANDRA__CONTACT_POINTS", self.points.clone()),
            ("HOLDFAST_STORE__CASSANDRA__DATACENTER", self.datacenter.clone()),
            ("HOLDFAST_STORE__CASSANDRA__KEYSPACE", self.keyspace.clone()),
        ]
    }

    /// Stops the servers that were started for it; their data stay.
    pub fn stop(&self) -> anyhow::Result<()> {
        match self.started {
            Some(first) => Cluster::found(Place { first })?.down(),
            None => Ok(()),
        }
    }

    /// For people.
    pub fn about(&self) -> String {
        format!("Cassandra at {}, keyspace {}", self.points, self.keyspace)
    }

    /// Its stored form.
    pub fn json(&self) -> Value {
        json!({
            "points": self.points, "datacenter": self.datacenter, "keyspace": self.keyspace,
            "servers": self.servers, "started": self.started,
        })
    }

    /// Reads the stored form.
    pub fn of(value: &Value) -> Option<Self> {
        let text = |name: &str| Some(value[name].as_str()?.to_owned());
        let small = |name: &str| u8::try_from(value[name].as_u64()?).ok();
        Some(Self {
            points: text("points")?,
            datacenter: text("datacenter")?,
            keyspace: text("keyspace")?,
            servers: small("servers")?,
            started: small("started"),
        })
    }
}
