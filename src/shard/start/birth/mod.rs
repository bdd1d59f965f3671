//! The birth of a generation (protocol trace F8): each start of a single node, and each new Raft log, takes a number that
//! was never used, fences all that came before it, and only then reads or grants anything.

use bytes::Bytes;

use crate::store::codec::cluster::{Cluster, KEY};
use crate::store::journal::Unreadable;
use crate::store::rows::{Claim, Incarnation, Rows, Slice, Table, WriteError};

/// Why a node may not start on this store.
#[derive(Debug, thiserror::Error)]
pub enum BirthError {
    /// The store holds another number of shards.
    #[error(
        "the store was born with {stored} shards, this node is configured for {wanted}: the number is fixed for the life of a cluster; set shards = {stored}"
    )]
    Shards {
        /// In the store.
        stored: u16,
        /// In the configuration.
        wanted: u16,
    },
    /// The store gave no certain answer.
    #[error("the store gave no certain answer: {0}")]
    Store(String),
    /// The row is of a later release or damaged.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// Takes the next generation; on return all earlier ones are fenced and it may read and grant.
///
/// # Errors
/// When the store gives no certain answer or belongs to a differently configured cluster. Nothing was granted then, and a
/// number that was taken is skipped for ever.
pub async fn generation(rows: &dyn Rows, shards: u16, secret: [u8; 32]) -> Result<Cluster, BirthError> {
    let mut taken = take(rows, shards, secret).await?;
    for generation in taken.fenced_below..taken.generation {
        // Number 0 stands for the whole generation, in every bucket.
        let fence = rows.fence(Incarnation { generation, number: 0 }).await;
        fence.map_err(|e| BirthError::Store(e.to_string()))?;
    }
    let before = taken.bytes();
    taken.fenced_below = taken.generation;
    // Raised only when all are stored, and never lowered: losing this race to a later generation is as good.
    let raised = rows.claim(Table::Cluster, key(), Some(before), taken.bytes()).await;
    raised.map_err(|e| BirthError::Store(e.to_string()))?;
    Ok(taken)
}

/// When the replication that quorums are made of may be noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Where none is noted yet.
    First,
    /// In any case: an operator says that everything was repaired under the new one.
    OnPurpose,
}

/// Notes what quorums are made of; a store where nobody was born yet is left as it is.
///
/// # Errors
/// When the store gives no certain answer; noting it again is harmless.
pub async fn note_replication(rows: &dyn Rows, replication: &str, change: Change) -> Result<(), BirthError> {
    loop {
        let Some((stored, bytes)) = read(rows).await? else { return Ok(()) };
        let noted = stored.replication.as_deref();
        if noted == Some(replication) || (noted.is_some() && change == Change::First) {
            return Ok(());
        }
        let next = Cluster { replication: Some(replication.to_owned()), ..stored };
        match rows.claim(Table::Cluster, key(), Some(bytes), next.bytes()).await {
            Ok(Claim::Won) => return Ok(()),
            Ok(Claim::Lost(_)) => {}
            Err(error) => return Err(BirthError::Store(error.to_string())),
        }
    }
}

/// The cluster's row; `None` before the first birth.
///
/// # Errors
/// When the store gives no answer, or the row is of a later release or damaged.
pub async fn stored(rows: &dyn Rows) -> Result<Option<Cluster>, BirthError> {
    Ok(read(rows).await?.map(|(cluster, _)| cluster))
}

/// The next generation. What is compared with is the row as it was read, fields of a later release included.
async fn take(rows: &dyn Rows, shards: u16, secret: [u8; 32]) -> Result<Cluster, BirthError> {
    let mut known = read(rows).await?;
    loop {
        let next = match &known {
            None => Cluster { generation: 1, fenced_below: 1, shards, secret, replication: None },
            Some((stored, _)) if stored.shards != shards => {
                return Err(BirthError::Shards { stored: stored.shards, wanted: shards });
            }
            Some((stored, _)) => Cluster { generation: stored.generation + 1, ..stored.clone() },
        };
        let expected = known.map(|(_, bytes)| bytes);
        match rows.claim(Table::Cluster, key(), expected, next.bytes()).await {
            Ok(Claim::Won) => return Ok(next),
            Ok(Claim::Lost(found)) => known = found.map(with_bytes).transpose()?,
            // It may have been taken: read again and take another number; skipped ones are fenced, too.
            Err(WriteError::Unknown(_)) => known = read(rows).await?,
            Err(refused @ WriteError::Refused(_)) => return Err(BirthError::Store(refused.to_string())),
        }
    }
}

async fn read(rows: &dyn Rows) -> Result<Option<(Cluster, Bytes)>, BirthError> {
    let (partition, from) = key();
    let slice = Slice {
        table: Table::Cluster,
        partition,
        from,
        to: None,
        limit: 1,
        bytes: usize::MAX,
        reverse: false,
    };
    let page = rows.read(slice).await.map_err(|e| BirthError::Store(e.to_string()))?;
    Ok(page.rows.into_iter().next().map(|row| with_bytes(row.value)).transpose()?)
}

fn with_bytes(bytes: Bytes) -> Result<(Cluster, Bytes), Unreadable> {
    Ok((Cluster::read(&bytes)?, bytes))
}

fn key() -> (Bytes, Bytes) {
    (Bytes::from_static(KEY.0), Bytes::from_static(KEY.1))
}

#[cfg(test)]
mod tests;
