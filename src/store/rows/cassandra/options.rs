//! How to reach the cluster: where it is, who we are, how patient. Never holds a connection.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use crate::limits;

/// How to reach a Cassandra cluster.
#[derive(Clone, Debug)]
pub struct Options {
    /// Some nodes of the cluster, `host:port`; the others are learned from them.
    pub contact_points: Vec<String>,
    /// Where the tables are: lower-case letters, digits and `_`, a letter first.
    pub keyspace: String,
    /// The one data centre whose nodes are asked. Another one's quorum does not meet this one's, so none stands in for it.
    pub datacenter: String,
    /// Who we are; `None` for a cluster that asks nobody.
    pub credentials: Option<Credentials>,
    /// `None` for connections in the clear.
    pub tls: Option<Tls>,
    /// TCP connections to each node.
    pub connections_per_node: usize,
    /// Write requests under way for one partition; what comes meanwhile travels together.
    pub lane_requests: usize,
    /// After this a request has no answer: a write is unknown, a read has failed.
    pub request_timeout: Duration,
    /// An idempotent request that is not answered after this is sent to a second node too; sooner or later by how fast the
    /// store is as a whole, so that a store under load is not given twice the load.
    pub speculate_after: Duration,
    /// Whether frames are compressed by LZ4.
    pub compress: bool,
}

/// User and password.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The role's name.
    pub user: String,
    /// Its password; does not print itself.
    pub password: SecretString,
}

/// How connections are encrypted.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// PEM file of the authorities that may sign a server's certificate.
    pub ca: PathBuf,
    /// PEM files of our own certificate and key, where the cluster asks for one.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// Whether a server's certificate may be for another name than the address it was reached at. Its signature counts
    /// all the same. Certificates of Cassandra nodes often name hosts, and the driver knows addresses only.
    pub any_name: bool,
}

impl Options {
    /// The options for a cluster in the clear, everything else as the limits say.
    #[must_use]
    pub fn new(contact_points: Vec<String>, keyspace: &str, datacenter: &str) -> Self {
        Self {
            contact_points,
            keyspace: keyspace.to_owned(),
            datacenter: datacenter.to_owned(),
            credentials: None,
            tls: None,
            connections_per_node: limits::CASSANDRA_CONNECTIONS_PER_NODE,
            lane_requests: limits::CASSANDRA_LANE_REQUESTS,
            request_timeout: Duration::from_millis(limits::CASSANDRA_REQUEST_MS),
            speculate_after: Duration::from_millis(limits::CASSANDRA_SPECULATE_MS),
            compress: false,
        }
    }

    /// Whether the keyspace's name can stand in a statement as it is.
    #[must_use]
    pub fn keyspace_is_plain(&self) -> bool {
        let name = self.keyspace.as_bytes();
        let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_';
        (1..=48).contains(&name.len()) && name[0].is_ascii_lowercase() && name.iter().all(plain)
    }
}
