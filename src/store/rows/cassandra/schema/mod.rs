//! The schema on Apache Cassandra: the steps that this binary carries, where a keyspace stands against them, and the one
//! runner that applies what is missing. Never touches a row of a conversation, and never changes how a keyspace is
//! replicated.

pub mod keyspace;
pub mod notes;
pub mod replication;
pub mod runner;
pub mod standing;
pub mod steps;
#[cfg(test)]
mod tests;

use std::fmt::Display;

use scylla::client::session::Session;

pub use replication::Replication;
pub use standing::Standing;

/// Why the schema could not be read or applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// The server did not do what it was asked.
    #[error("Cassandra did not {what}: {why}")]
    Server {
        /// What it was asked for.
        what: &'static str,
        /// What it or the driver said.
        why: String,
    },
    /// Nobody said how the keyspace is to be replicated.
    #[error(
        "there is no keyspace {0}: make it with --replication \"DATACENTRE:3\", with the name of the data centre as nodetool status shows it"
    )]
    NoKeyspace(String),
    /// Quorums of such a keyspace are not those of one data centre.
    #[error(
        "keyspace {keyspace} has {class}: it must have NetworkTopologyStrategy. Make another keyspace, or alter this one while no node runs, then repair it"
    )]
    Strategy {
        /// Which.
        keyspace: String,
        /// Its strategy.
        class: String,
    },
    /// It is not what was asked for, and a change needs more than a statement.
    #[error(
        "keyspace {keyspace} is replicated {found}, not {wanted}, and this command changes no replication: see docs/runbook/cassandra.md#replication"
    )]
    Replication {
        /// Which.
        keyspace: String,
        /// As it is.
        found: String,
        /// As it was asked for.
        wanted: String,
    },
    /// Its writes go past the commit log.
    #[error(
        "keyspace {0} has durable_writes = false: what is acknowledged would not survive a restart. Alter it"
    )]
    NotDurable(String),
    /// The binary and the keyspace do not go together.
    #[error("{0}")]
    Standing(Standing),
    /// Somebody else took the lease while this run was at work.
    #[error("another runner took over ({0}); it goes on with what is missing")]
    Lost(String),
    /// Somebody else is at work for longer than this run wanted to wait.
    #[error("another runner is at work ({0}); try again when it has ended")]
    Busy(String),
    /// Only in tests: the run ends here as a killed one would.
    #[error("stopped after {0} statements")]
    Stopped(usize),
}

/// The outcome of a question to the server, with what was asked.
pub(super) fn asked<T, E: Display>(what: &'static str, result: Result<T, E>) -> Result<T, SchemaError> {
    result.map_err(|error| SchemaError::Server { what, why: error.to_string() })
}

/// Where a keyspace stands against the steps of this binary; a missing keyspace lacks all of them.
///
/// # Errors
/// When the server does not answer.
pub async fn standing(session: &Session, keyspace: &str) -> Result<Standing, SchemaError> {
    let state = notes::Book::of(session, keyspace).read().await?;
    Ok(standing::standing(&state.notes, steps::STEPS))
}
