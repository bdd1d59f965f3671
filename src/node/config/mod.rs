//! What one process needs to start: addresses, store, secrets, logs. Read from `holdfast.toml`, then the environment,
//! then flags; the later wins. What the contact center is lives in the store and never here.

mod cassandra;
mod finding;
mod keys;
mod layers;
mod points;
mod role;
mod sense;
#[cfg(test)]
mod tests;
mod units;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

pub use cassandra::Cassandra;
pub use finding::{Finding, Findings, Lines, Place};
pub use keys::{KEYS, Key, nearest, table};
pub use layers::{DEFAULT_FILE, Flags, Sources, load};
pub use points::Points;
pub use role::Role;
pub use units::{ByteSize, Millis};

/// Everything that a process needs to start.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Settings {
    /// Who this process is.
    pub node: Node,
    /// Where conversations are kept.
    pub store: Store,
    /// The four doors.
    pub listen: Listen,
    /// How many sessions strangers may create.
    pub create: Create,
    /// What is logged, and how.
    pub log: Log,
    /// Where traces go, if anywhere.
    pub traces: Traces,
    /// How the process ends.
    pub stop: Stop,
    /// The cluster that this node belongs to.
    pub cluster: Cluster,
    /// The cluster's secret, from `cluster.secret_file` or `HOLDFAST_CLUSTER__SECRET`. Never printed.
    #[serde(skip)]
    pub secret: Option<SecretString>,
    /// The secret of edges, from `cluster.edge_secret_file` or `HOLDFAST_CLUSTER__EDGE_SECRET`. Never printed.
    #[serde(skip)]
    pub edge_secret: Option<SecretString>,
    /// The password for Cassandra, from `store.cassandra.password_file` or `HOLDFAST_STORE__CASSANDRA__PASSWORD`. Never
    /// printed.
    #[serde(skip)]
    pub cassandra_password: Option<SecretString>,
}

/// Who this process is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Node {
    /// Shown in logs and to peers.
    pub name: String,
    /// Node or edge.
    #[serde(default)]
    pub role: Role,
    /// Threads that run tasks; 0 takes one for each core.
    pub threads: usize,
    /// The failure domain that it stands in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub zone: String,
}

/// Where conversations are kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Store {
    /// Which store.
    pub kind: StoreKind,
    /// Directory of the embedded store, and of `addresses.json`.
    pub directory: PathBuf,
    /// Free space below which new messages are refused before anything is written.
    pub reserve: ByteSize,
    /// Apache Cassandra.
    pub cassandra: Cassandra,
}

/// Which store keeps the conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// Files of this process, for one node.
    Embedded,
    /// Apache Cassandra, which outlives every node.
    Cassandra,
}

/// The four doors; no route of one answers on another.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Listen {
    /// Customers and channels.
    pub public: Door,
    /// Agents and supervisors.
    pub staff: Door,
    /// Metrics, probes, administration.
    pub ops: Door,
    /// Node to node.
    pub peer: Door,
}

/// One listener.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Door {
    /// Address and port; port 0 lets the system choose, see `addresses.json`.
    pub address: SocketAddr,
    /// Connections at once; past that a new one is answered `503` and closed.
    pub connections: usize,
    /// Certificate chain in PEM; TLS is on when this and `tls_key` are set.
    pub tls_certificate: Option<PathBuf>,
    /// Private key in PEM.
    pub tls_key: Option<PathBuf>,
    /// Of the peer listener alone: authorities in PEM whose certificates other nodes must show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_ca: Option<PathBuf>,
    /// Of the peer listener alone: the name that every node's certificate is issued for, where it is not the node's host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_name: Option<String>,
}

/// What mutual TLS between nodes needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerTls {
    /// Certificate chain that this node shows, in both directions.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Authorities that it believes.
    pub ca: PathBuf,
    /// What others' certificates must be issued for; without it the host by which they are reached.
    pub name: Option<String>,
}

/// How many sessions customers without a verified identity may create in a minute; 0 is no bound.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Create {
    /// From one address.
    pub per_address: u32,
    /// On this node.
    pub per_node: u32,
}

/// What is logged, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Log {
    /// Level, or filters as `tracing` knows them: `info,holdfast::shard=debug`.
    pub level: String,
    /// One JSON object a line, or text for people.
    pub format: LogFormat,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Text for people.
    Text,
}

/// Where traces go.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Traces {
    /// OTLP over HTTP, for example `http://collector:4318`; nothing is sent without it.
    pub endpoint: Option<String>,
    /// Share of requests that is traced, 0 to 1.
    pub ratio: f64,
}

/// How the process ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stop {
    /// Between "not ready" and the closing of the listeners, so that load balancers notice first.
    pub notice: Millis,
    /// From the signal to the end at the latest.
    pub deadline: Millis,
}

/// The cluster that this node belongs to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cluster {
    /// Name of the cluster; nodes of another one are refused.
    pub name: String,
    /// File that holds the secret which nodes prove to each other.
    pub secret_file: Option<PathBuf>,
    /// File that holds the secret which edges and nodes prove to each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge_secret_file: Option<PathBuf>,
    /// Nodes to join by; without any a new node founds a cluster.
    #[serde(default, skip_serializing_if = "Points::is_empty")]
    pub join: Points<7083>,
    /// How other nodes reach the peer listener, where that is not its own address.
    pub advertise: Option<String>,
    /// How many nodes vote, once there are so many.
    pub voters: usize,
}

impl Default for Node {
    fn default() -> Self {
        Self { name: "holdfast".into(), role: Role::Node, threads: 0, zone: String::new() }
    }
}

impl Default for Store {
    fn default() -> Self {
        Self {
            kind: StoreKind::Embedded,
            directory: "holdfast-data".into(),
            reserve: ByteSize(256 << 20),
            cassandra: Cassandra::default(),
        }
    }
}

impl Default for Listen {
    fn default() -> Self {
        let door = |port, connections| Door {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            connections,
            tls_certificate: None,
            tls_key: None,
            tls_ca: None,
            tls_name: None,
        };
        Self {
            public: door(7080, 20_000),
            staff: door(7081, 5_000),
            ops: door(7082, 200),
            peer: door(7083, 200),
        }
    }
}

impl Listen {
    /// The doors with their names, in the order of the map.
    #[must_use]
    pub fn all(&self) -> [(&'static str, &Door); 4] {
        [("public", &self.public), ("staff", &self.staff), ("ops", &self.ops), ("peer", &self.peer)]
    }

    /// TLS between nodes, if it is on.
    #[must_use]
    pub fn peer_tls(&self) -> Option<PeerTls> {
        let Door { tls_certificate, tls_key, tls_ca, tls_name, .. } = self.peer.clone();
        Some(PeerTls { certificate: tls_certificate?, key: tls_key?, ca: tls_ca?, name: tls_name })
    }
}

impl Default for Create {
    fn default() -> Self {
        Self { per_address: 600, per_node: 120_000 }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".into(), format: LogFormat::Json }
    }
}

impl Default for Traces {
    fn default() -> Self {
        Self { endpoint: None, ratio: 0.01 }
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self { notice: Millis(0), deadline: Millis(30_000) }
    }
}

impl Default for Cluster {
    fn default() -> Self {
        Self {
            name: "holdfast".into(),
            secret_file: None,
            edge_secret_file: None,
            join: Points::default(),
            advertise: None,
            voters: 3,
        }
    }
}
