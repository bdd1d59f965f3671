//! The one row of the cluster as bytes. Never decides who may take a generation.

use bytes::Bytes;
use minicbor::Encoder;
use minicbor::decode::Error;

use crate::store::journal::{Unreadable, walk};

/// The version byte in front of the row.
const VERSION: u8 = 1;

/// Partition and clustering key of the row.
pub const KEY: (&[u8], &[u8]) = (b"cluster", b"");

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
    /// Data centre and number of replicas that quorums were made of so far, `dc1:3`; `None` on a store without replicas.
    pub replication: Option<String>,
}

impl Cluster {
    /// The stored form.
    #[must_use]
    pub fn bytes(&self) -> Bytes {
        let mut out = vec![VERSION];
        Encoder::new(&mut out)
            .map(4 + u64::from(self.replication.is_some()))
            .and_then(|e| {
                e.u8(0)?.u32(self.generation)?.u8(1)?.u32(self.fenced_below)?.u8(2)?.u16(self.shards)?;
                e.u8(3)?.bytes(&self.secret)?;
                match &self.replication {
                    Some(replication) => e.u8(4)?.str(replication),
                    None => Ok(e),
                }
            })
            .expect("a vector takes all bytes");
        out.into()
    }

    /// Reads the stored form; keys that this release does not know are passed over.
    ///
    /// # Errors
    /// When the value is of a newer version or damaged.
    pub fn read(value: &[u8]) -> Result<Self, Unreadable> {
        let mut read = Self { generation: 0, fenced_below: 0, shards: 0, secret: [0; 32], replication: None };
        walk(("cluster row", VERSION), value, 0..4, |key, from| {
            match key {
                0 => read.generation = from.u32()?,
                1 => read.fenced_below = from.u32()?,
                2 => read.shards = from.u16()?,
                3 => {
                    let bytes = from.bytes()?.try_into();
                    read.secret = bytes.map_err(|_| Error::message("the secret is not 32 bytes"))?;
                }
                4 => read.replication = Some(from.str()?.to_owned()),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(read)
    }
}
