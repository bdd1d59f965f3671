//! How a session of the driver is made from [`Options`]. It tries once and says what went wrong; who tries again is
//! [`life`]'s affair. Never reads or writes a table.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use scylla::client::execution_profile::ExecutionProfile;
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::client::{Compression, PoolSize};
use scylla::errors::NewSessionError;
use scylla::policies::load_balancing::{DefaultPolicy, LoadBalancingPolicy};
use scylla::statement::{Consistency, SerialConsistency};
use secrecy::ExposeSecret;

use super::options::Options;
use super::stats::Stats;
use crate::limits;

pub(super) mod circuit;
pub(super) mod fault;
pub(super) mod life;
pub mod listener;
pub mod policy;
pub(super) mod tls;

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The options cannot be used.
    #[error("{0}")]
    Options(String),
    /// A file of the TLS options cannot be used.
    #[error("{name}: {detail}")]
    Tls {
        /// The file.
        name: String,
        /// What is wrong with it.
        detail: String,
    },
    /// Nobody answered, or the cluster refused us.
    #[error("no session with Cassandra at {points}: {source}")]
    Driver {
        /// The contact points.
        points: String,
        /// What the driver said.
        source: Box<NewSessionError>,
    },
    /// The cluster has no node in the data centre of the options.
    #[error("no node of the cluster is in data centre `{wanted}`; it has {found:?}")]
    Datacenter {
        /// What the options say.
        wanted: String,
        /// What the cluster has.
        found: Vec<String>,
    },
    /// The tables or their statements are not as this release needs them.
    #[error("{0}")]
    Schema(String),
    /// A session, but no quorum.
    #[error("connected, but no quorum answers: {0}")]
    Silent(String),
}

/// A session for upkeep, such as schema changes: patient, never asking two nodes at once.
///
/// # Errors
/// When the options cannot be used, or nobody answers.
pub async fn upkeep(options: &Options) -> Result<Session, ConnectError> {
    let patient = Options {
        request_timeout: Duration::from_millis(limits::CASSANDRA_UPKEEP_MS),
        connections_per_node: 1,
        ..options.clone()
    };
    let stats = Arc::new(Stats::default());
    let profile = profile(&patient, &stats).speculative_execution_policy(None).build();
    session(&patient, profile).await
}

/// The session that the store works with; what it does is counted.
pub(super) async fn working(options: &Options, stats: &Arc<Stats>) -> Result<Session, ConnectError> {
    session(options, profile(options, stats).build()).await
}

async fn session(options: &Options, profile: ExecutionProfile) -> Result<Session, ConnectError> {
    if !options.keyspace_is_plain() {
        let name = &options.keyspace;
        return Err(ConnectError::Options(format!(
            "`{name}` is no keyspace for Holdfast: lower-case letters, digits and _, a letter first, at most 48"
        )));
    }
    let session = builder(options, profile)?.build().await;
    let session = session.map_err(|source| ConnectError::Driver {
        points: options.contact_points.join(", "),
        source: Box::new(source),
    })?;
    has_datacenter(&session, &options.datacenter)?;
    Ok(session)
}

fn builder(options: &Options, profile: ExecutionProfile) -> Result<SessionBuilder, ConnectError> {
    let connections = NonZeroUsize::new(options.connections_per_node).unwrap_or(NonZeroUsize::MIN);
    let mut builder = SessionBuilder::new()
        .known_nodes(&options.contact_points)
        .pool_size(PoolSize::PerHost(connections))
        .disallow_shard_aware_port(true)
        .connection_timeout(Duration::from_millis(limits::CASSANDRA_CONNECT_MS))
        .keepalive_interval(Duration::from_millis(limits::CASSANDRA_KEEPALIVE_MS))
        .keepalive_timeout(Duration::from_millis(limits::CASSANDRA_KEEPALIVE_MS))
        .compression(options.compress.then_some(Compression::Lz4))
        .keyspaces_to_fetch([&options.keyspace])
        .fetch_full_schema_metadata(false)
        .default_execution_profile_handle(profile.into_handle());
    if let Some(credentials) = &options.credentials {
        builder = builder.user(&credentials.user, credentials.password.expose_secret());
    }
    if let Some(tls) = &options.tls {
        builder = builder.tls_context(Some(tls::config(tls)?));
    }
    Ok(builder)
}

/// Every request's settings: the local quorum, and nobody else's.
fn profile(
    options: &Options,
    stats: &Arc<Stats>,
) -> scylla::client::execution_profile::ExecutionProfileBuilder {
    let speculation = policy::Speculation::new(options.speculate_after, stats.clone());
    ExecutionProfile::builder()
        .consistency(Consistency::LocalQuorum)
        .serial_consistency(Some(SerialConsistency::LocalSerial))
        .request_timeout(Some(options.request_timeout))
        .retry_policy(Arc::new(policy::Retry::new(stats.clone())))
        .speculative_execution_policy(Some(Arc::new(speculation)))
        .load_balancing_policy(balancing(options, true))
}

/// Replicas of the data centre first, then its other nodes, and none elsewhere. Compare and set asks the replicas in one
/// order, so that contenders do not get in each other's way.
pub(super) fn balancing(options: &Options, shuffle: bool) -> Arc<dyn LoadBalancingPolicy> {
    DefaultPolicy::builder()
        .prefer_datacenter(options.datacenter.clone())
        .token_aware(true)
        .permit_dc_failover(false)
        .enable_shuffling_replicas(shuffle)
        .build()
}

/// With a data centre that nobody is in, every request would fail with an empty plan.
fn has_datacenter(session: &Session, wanted: &str) -> Result<(), ConnectError> {
    let state = session.get_cluster_state();
    let mut found: Vec<String> =
        state.get_nodes_info().iter().filter_map(|node| node.datacenter.clone()).collect();
    found.sort();
    found.dedup();
    if found.iter().any(|name| name == wanted) {
        return Ok(());
    }
    Err(ConnectError::Datacenter { wanted: wanted.to_owned(), found })
}
