//! The birth of a generation (protocol trace F8): each start of a single node, and each new Raft log, takes a number that
//! was never used, fences all that came before it, and only then reads or grants anything.

use bytes::Bytes;

use crate::store::codec::cluster::Cluster;
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
    let before = taken.clone();
    taken.fenced_below = taken.generation;
    // Raised only when all are stored, and never lowered: losing this race to a later generation is as good.
    let raised = rows.claim(Table::Cluster, key(), Some(before.bytes()), taken.bytes()).await;
    raised.map_err(|e| BirthError::Store(e.to_string()))?;
    Ok(taken)
}

async fn take(rows: &dyn Rows, shards: u16, secret: [u8; 32]) -> Result<Cluster, BirthError> {
    let mut known = read(rows).await?;
    loop {
        let next = match &known {
            None => Cluster { generation: 1, fenced_below: 1, shards, secret },
            Some(stored) if stored.shards != shards => {
                return Err(BirthError::Shards { stored: stored.shards, wanted: shards });
            }
            Some(stored) => Cluster { generation: stored.generation + 1, ..stored.clone() },
        };
        let expected = known.as_ref().map(|stored| stored.bytes());
        match rows.claim(Table::Cluster, key(), expected, next.bytes()).await {
            Ok(Claim::Won) => return Ok(next),
            Ok(Claim::Lost(found)) => known = found.map(|bytes| Cluster::read(&bytes)).transpose()?,
            // It may have been taken: read again and take another number; skipped ones are fenced, too.
            Err(WriteError::Unknown(_)) => known = read(rows).await?,
            Err(refused @ WriteError::Refused(_)) => return Err(BirthError::Store(refused.to_string())),
        }
    }
}

async fn read(rows: &dyn Rows) -> Result<Option<Cluster>, BirthError> {
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
    Ok(page.rows.first().map(|row| Cluster::read(&row.value)).transpose()?)
}

fn key() -> (Bytes, Bytes) {
    (Bytes::from_static(b"cluster"), Bytes::new())
}

#[cfg(test)]
mod tests;
