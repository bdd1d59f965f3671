//! The keyspace itself: read, and made when an operator says how it is replicated. Its replication is never changed here:
//! that takes a repair (see the runbook).

use std::collections::BTreeMap;

use scylla::client::session::Session;

use super::replication::Replication;
use super::{SchemaError, asked};

/// A keyspace as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyspace {
    /// Its replicas.
    pub replication: Replication,
    /// Whether its writes go through the commit log.
    pub durable: bool,
}

/// Reads it; `None` when there is none.
pub async fn read(session: &Session, keyspace: &str) -> Result<Option<Keyspace>, SchemaError> {
    let query = "SELECT replication, durable_writes FROM system_schema.keyspaces WHERE keyspace_name = ?";
    let found = asked("read the keyspace", session.query_unpaged(query, (keyspace,)).await)?;
    let found = asked("read the keyspace", found.into_rows_result())?;
    let row =
        asked("read the keyspace", found.maybe_first_row::<(BTreeMap<String, String>, Option<bool>)>())?;
    Ok(row.map(|(shown, durable)| Keyspace {
        replication: Replication::of_keyspace(&shown),
        durable: durable.unwrap_or(true),
    }))
}

/// What to do about a keyspace: `Some` is the statement that makes it.
///
/// # Errors
/// When it is there and is not what was asked for, or cannot be used at all.
pub fn decide(
    keyspace: &str,
    found: Option<&Keyspace>,
    wanted: Option<&Replication>,
) -> Result<Option<String>, SchemaError> {
    match (found, wanted) {
        (None, None) => Err(SchemaError::NoKeyspace(keyspace.to_owned())),
        (None, Some(wanted)) => Ok(Some(format!(
            "CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = {} AND durable_writes = true",
            wanted.cql()
        ))),
        (Some(Keyspace { replication: Replication::Other(class), .. }), _) => {
            Err(SchemaError::Strategy { keyspace: keyspace.to_owned(), class: class.clone() })
        }
        (Some(found), Some(wanted)) if found.replication != *wanted => Err(SchemaError::Replication {
            keyspace: keyspace.to_owned(),
            found: found.replication.to_string(),
            wanted: wanted.to_string(),
        }),
        (Some(found), _) if !found.durable => Err(SchemaError::NotDurable(keyspace.to_owned())),
        (Some(_), _) => Ok(None),
    }
}
