//! What was seen of a cluster, as plain values: what [`super::judge`] judges and [`super::gather`] gathers. `None` is "could
//! not be seen", never "is not so". Holds no row of a conversation.

use std::collections::BTreeMap;

use crate::store::codec::cluster::Cluster;
use crate::store::rows::cassandra::schema::Standing;
use crate::store::rows::cassandra::schema::keyspace::Keyspace;

/// What this node is configured for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The one data centre.
    pub datacenter: String,
    /// The keyspace.
    pub keyspace: String,
    /// Number of shards.
    pub shards: u16,
    /// Servers to ask first.
    pub contact_points: Vec<String>,
}

/// Everything that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What this node is configured for.
    pub wanted: Wanted,
    /// Where the schema stands; `None` when that could not be read.
    pub schema: Option<Standing>,
    /// The keyspace; `None` when there is none.
    pub keyspace: Option<Keyspace>,
    /// The tables of the schema that are there, by name.
    pub tables: BTreeMap<String, Options>,
    /// The cluster's row; `None` before the first node was here.
    pub cluster: Option<Cluster>,
    /// The fences of the generation before the newest.
    pub fences: Option<Fences>,
    /// Servers of all data centres.
    pub servers: Vec<Server>,
    /// What could not be read at a quorum, with why.
    pub unread: Vec<String>,
}

/// Options of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Seconds after which rows vanish by themselves; 0 is never.
    pub ttl: u32,
    /// Seconds that a tombstone is kept.
    pub gc_grace: u32,
    /// `BLOCKING` or `NONE`.
    pub read_repair: String,
    /// Name of the compaction's class.
    pub compaction: String,
}

impl Default for Options {
    /// What Cassandra gives a table that says nothing.
    fn default() -> Self {
        Self {
            ttl: 0,
            gc_grace: 864_000,
            read_repair: "BLOCKING".into(),
            compaction: "SizeTieredCompactionStrategy".into(),
        }
    }
}

/// The rows that fence a whole generation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fences {
    /// Which generation.
    pub generation: u32,
    /// Buckets without the row.
    pub missing: Vec<u64>,
    /// Rows that will vanish by themselves.
    pub expiring: usize,
}

/// One server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Server {
    /// Its address.
    pub address: String,
    /// Its data centre.
    pub datacenter: String,
    /// What it said of itself; `None` when it did not answer.
    pub said: Option<Said>,
}

/// What a server says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Its release.
    pub version: String,
    /// Its settings, as far as this node may read them.
    pub settings: BTreeMap<String, String>,
    /// Its clock against this node's, milliseconds; right to about the time of one answer.
    pub ahead_ms: i64,
}

impl Facts {
    /// Servers of the configured data centre.
    pub fn local(&self) -> impl Iterator<Item = &Server> {
        self.servers.iter().filter(|server| server.datacenter == self.wanted.datacenter)
    }

    /// Those of them that answered.
    pub fn answered(&self) -> impl Iterator<Item = (&Server, &Said)> {
        self.local().filter_map(|server| Some((server, server.said.as_ref()?)))
    }

    /// Replicas in the configured data centre.
    #[must_use]
    pub fn factor(&self) -> u32 {
        self.keyspace.as_ref().map_or(0, |keyspace| keyspace.replication.factor(&self.wanted.datacenter))
    }
}
