//! The birth of a generation (protocol trace F8): each start of a single node, and each new Raft log, takes a number that
//! was never used, fences all that came before it, and only then reads or grants anything.

use bytes::Bytes;
use minicbor::{Decoder, Encoder};

use crate::store::journal::Unreadable;
use crate::store::rows::{Claim, Incarnation, Rows, Slice, Table, WriteError};

/// The version byte in front of the cluster's row.
const VERSION: u8 = 1;

/// The one row of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// The newest generation that was taken.
    pub generation: u32,
    /// Every generation below is fenced, whole.
    pub fenced_below: u32,
    /// Fixed at birth.
    pub shards: u16,
    /// What tokens are signed with; drawn at birth.
    pub secret: [u8; 32],
}

/// Why a node may not start on this store.
#[derive(Debug, thiserror::Error)]
pub enum BirthError {
    /// The store holds another number of shards.
    #[error("the store was born with {stored} shards, this node is configured for {wanted}: the number is fixed for the life of a cluster; set shards = {stored}")]
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
        let expected = known.as_ref().map(|stored| Bytes::from(stored.bytes()));
        match rows.claim(Table::Cluster, key(), expected, next.bytes().into()).await {
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
    let slice =
        Slice { table: Table::Cluster, partition, from, to: None, limit: 1, bytes: usize::MAX, reverse: false };
    let page = rows.read(slice).await.map_err(|e| BirthError::Store(e.to_string()))?;
    Ok(page.rows.first().map(|row| Cluster::read(&row.value)).transpose()?)
}

fn key() -> (Bytes, Bytes) {
    (Bytes::from_static(b"cluster"), Bytes::new())
}

impl Cluster {
    fn bytes(&self) -> Bytes {
        let mut out = vec![VERSION];
        Encoder::new(&mut out)
            .map(4)
            .and_then(|e| {
                e.u8(0)?.u32(self.generation)?.u8(1)?.u32(self.fenced_below)?.u8(2)?.u16(self.shards)?;
                e.u8(3)?.bytes(&self.secret)
            })
            .expect("a vector takes all bytes");
        out.into()
    }

    fn read(value: &[u8]) -> Result<Self, Unreadable> {
        match value.split_first() {
            Some((&VERSION, map)) => fields(map).map_err(|e| Unreadable::new("cluster row", e)),
            other => Err(Unreadable::new("cluster row", format!("version {:?}", other.map(|o| o.0)))),
        }
    }
}

fn fields(map: &[u8]) -> Result<Cluster, minicbor::decode::Error> {
    let mut from = Decoder::new(map);
    let mut read = Cluster { generation: 0, fenced_below: 0, shards: 0, secret: [0; 32] };
    for _ in 0..from.map()?.unwrap_or(0) {
        match from.u64()? {
            0 => read.generation = from.u32()?,
            1 => read.fenced_below = from.u32()?,
            2 => read.shards = from.u16()?,
            3 => {
                let bytes = from.bytes()?.try_into();
                read.secret = bytes.map_err(|_| minicbor::decode::Error::message("the secret is not 32 bytes"))?;
            }
            _ => from.skip()?,
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests;
