//! What the protocol assumes of Cassandra, checked as far as it can be seen: [`gather`] reads facts from a cluster,
//! [`judge`] turns them into findings, each with its line of the runbook. Changes nothing anywhere.

pub mod expected;
pub mod facts;
pub mod finding;
pub mod gather;
pub mod judge;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use scylla::client::session::Session;

use crate::runtime::Runtime;
use crate::store::rows::cassandra::schema::SchemaError;

pub use facts::{Facts, Wanted};
pub use finding::{Finding, Severity, worst};

/// Gathers and judges.
///
/// # Errors
/// When the cluster does not answer.
pub async fn check(
    session: &Arc<Session>,
    runtime: &Arc<dyn Runtime>,
    wanted: Wanted,
) -> Result<(Facts, Vec<Finding>), SchemaError> {
    let facts = gather::gather(session, runtime, wanted).await?;
    let findings = judge::judge(&facts);
    Ok((facts, findings))
}
