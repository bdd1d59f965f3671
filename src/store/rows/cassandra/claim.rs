//! Compare and set by lightweight transactions: sent once, one at a time from this node. Never on the message path.

use bytes::Bytes;
use scylla::errors::ExecutionError;
use scylla::response::query_result::QueryResult;
use scylla::value::{CqlValue, Row};

use super::connect::fault;
use super::stats::Kind;
use super::{Link, Shared};
use crate::store::rows::{Claim, Table, WriteError};

/// What a claim is about.
pub(super) struct Wanted {
    pub table: Table,
    pub key: (Bytes, Bytes),
    pub expected: Option<Bytes>,
    pub value: Bytes,
}

/// Sends a claim. A time-out is unknown and stays so: even when the row is read afterwards and has the wanted content,
/// somebody else may have written the same.
pub(super) async fn claim(shared: &Shared, link: &Link, wanted: Wanted) -> Result<Claim, WriteError> {
    // Claims of one process would only get in each other's way.
    let _alone = shared.claiming.lock().await;
    let statements = link.prepared.of(wanted.table);
    let (partition, clustering) = &wanted.key;
    shared.stats.sent(Kind::Claim);
    let began = shared.runtime.ticks();
    let answer = match &wanted.expected {
        None => {
            let values = (partition, clustering, &wanted.value);
            link.session.execute_unpaged(&statements.claim_absent, values).await
        }
        Some(expected) => {
            let values = (&wanted.value, partition, clustering, expected);
            link.session.execute_unpaged(&statements.claim, values).await
        }
    };
    shared.ended(Kind::Claim, began, answer.as_ref().err().map(fault::of));
    read(answer).map_err(WriteError::Unknown)
}

/// Cassandra answers `[applied]` alone when it applied, and with what is there when it did not.
fn read(answer: Result<QueryResult, ExecutionError>) -> Result<Claim, String> {
    let rows = answer.map_err(|e| e.to_string())?.into_rows_result().map_err(|e| e.to_string())?;
    let body = rows.column_specs().get_by_name("body").map(|(at, _)| at);
    let row: Row = rows.first_row().map_err(|e| e.to_string())?;
    match row.columns.first() {
        Some(Some(CqlValue::Boolean(true))) => Ok(Claim::Won),
        Some(Some(CqlValue::Boolean(false))) => match body.and_then(|at| row.columns.into_iter().nth(at)) {
            None | Some(None) => Ok(Claim::Lost(None)),
            Some(Some(CqlValue::Blob(bytes))) => Ok(Claim::Lost(Some(bytes.into()))),
            Some(Some(_)) => Err("the body of a lost claim is no blob".into()),
        },
        _ => Err("the answer to a claim does not say whether it was applied".into()),
    }
}
