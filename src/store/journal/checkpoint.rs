//! Rule 19: the machine's state at a *published* seq, with chain and message ids, in one value. True whoever wrote it and
//! whenever it lands. Never interprets the state.

use bytes::Bytes;
use minicbor::Encoder;

use super::cut::{Chain, chain, numbers};
use super::{Epoch, Unreadable, keys, walk};
use crate::store::rows::{Mutation, Table};
use crate::words::{JournalId, Seq};

/// The version byte in front of every checkpoint.
const VERSION: u8 = 1;

/// A place to open a session from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The published seq whose state this is.
    pub seq: Seq,
    /// Who wrote it; above mine means that I am deposed.
    pub writer: Epoch,
    /// Which epoch's rows the seqs up to here are.
    pub chain: Chain,
    /// Hashes of the last message ids, oldest first.
    pub ids: Vec<u64>,
    /// The machine's state.
    pub state: Vec<u8>,
}

impl Checkpoint {
    /// The write, with its seq as timestamp: the newest published one wins without clocks.
    #[must_use]
    pub fn put(&self, id: &JournalId) -> Mutation {
        Mutation::Put {
            table: Table::Heads,
            partition: Bytes::from(keys::journal(id)),
            clustering: Bytes::new(),
            value: Bytes::from(self.bytes()),
            timestamp: i64::try_from(self.seq.0).unwrap_or(i64::MAX),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.state.len() + 8 * self.ids.len() + 64);
        out.push(VERSION);
        let ids: Vec<u8> = self.ids.iter().flat_map(|hash| hash.to_be_bytes()).collect();
        Encoder::new(&mut out)
            .map(5)
            .and_then(|e| {
                e.u8(0)?.u64(self.seq.0)?.u8(1)?.u64(self.writer.0)?.u8(2)?.encode(numbers(&self.chain))?;
                e.u8(3)?.bytes(&ids)?.u8(4)?.bytes(&self.state)
            })
            .expect("a vector takes all bytes");
        out
    }

    /// Reads the stored form; keys that this release does not know are passed over.
    ///
    /// # Errors
    /// When the value is of a newer version or damaged.
    pub fn read(value: &[u8]) -> Result<Self, Unreadable> {
        let (seq, writer, ids, state) = (Seq(0), Epoch(0), Vec::new(), Vec::new());
        let mut read = Self { seq, writer, chain: Vec::new(), ids, state };
        let mut whole = true;
        walk(("checkpoint", VERSION), value, 0..5, |key, from| {
            match key {
                0 => read.seq = Seq(from.u64()?),
                1 => read.writer = Epoch(from.u64()?),
                2 => whole &= chain(&from.decode::<Vec<u64>>()?).map(|chain| read.chain = chain).is_some(),
                3 => {
                    let ids = from.bytes()?.chunks_exact(8);
                    whole &= ids.remainder().is_empty();
                    read.ids = ids.map(keys::number).collect();
                }
                4 => read.state = from.bytes()?.to_vec(),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        if whole { Ok(read) } else { Err(Unreadable::new("checkpoint", "a list in it is cut off")) }
    }
}
