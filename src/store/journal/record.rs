//! Rule 16: the permanent record of a finished journal, in parts with deterministic borders; part 0 is written last and
//! is the only proof of a record. Also the index rows by which records are found. Never decides when to seal.

use bytes::Bytes;
use minicbor::{Decoder, Encoder};

use super::{Unreadable, keys, unwrapped, walk};
use crate::store::rows::{Mutation, Table};
use crate::words::{JournalId, Seq, Time};

/// A part is closed before it would pass this many bytes; a single larger event has a part of its own.
pub const PART_BYTES: usize = 1 << 20;

/// The version byte in front of every part.
const VERSION: u8 = 1;

/// The first part: proof that the record is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// How many parts with events follow.
    pub parts: u32,
    /// The last seq.
    pub last: Seq,
    /// What the machine leaves behind: the head of a session, the reservations an agent's next day begins with.
    pub state: Vec<u8>,
}

/// Builds the parts with events, one at a time, so that a record of any size needs the memory of one part.
#[derive(Debug, Default)]
pub struct Parts {
    events: Vec<(Seq, Bytes)>,
    bytes: usize,
    closed: u32,
}

impl Parts {
    /// Adds the next event; gives the part that it closed, if any.
    pub fn push(&mut self, id: &JournalId, seq: Seq, body: Bytes) -> Option<Mutation> {
        let grown = self.bytes + body.len() + 16;
        let full = (!self.events.is_empty() && grown > PART_BYTES).then(|| self.close(id)).flatten();
        self.bytes += body.len() + 16;
        self.events.push((seq, body));
        full
    }

    /// Closes the last part; `None` when it would be empty.
    pub fn close(&mut self, id: &JournalId) -> Option<Mutation> {
        if self.events.is_empty() {
            return None;
        }
        let mut value = Vec::with_capacity(self.bytes + 16);
        value.push(VERSION);
        let mut to = Encoder::new(&mut value);
        to.array(self.events.len() as u64 * 2).expect("a vector takes all bytes");
        for (seq, body) in self.events.drain(..) {
            to.u64(seq.0).and_then(|e| e.bytes(&body)).expect("a vector takes all bytes");
        }
        self.bytes = 0;
        self.closed += 1;
        Some(put(id, self.closed, value))
    }

    /// How many parts were closed.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.closed
    }
}

impl Proof {
    /// Part 0.
    #[must_use]
    pub fn put(&self, id: &JournalId) -> Mutation {
        let mut value = vec![VERSION];
        Encoder::new(&mut value)
            .map(3)
            .and_then(|e| e.u8(0)?.u32(self.parts)?.u8(1)?.u64(self.last.0)?.u8(2)?.bytes(&self.state))
            .expect("a vector takes all bytes");
        put(id, 0, value)
    }

    /// Reads part 0.
    ///
    /// # Errors
    /// When the value is of a newer version or damaged.
    pub fn read(value: &[u8]) -> Result<Self, Unreadable> {
        let mut proof = Self { parts: 0, last: Seq(0), state: Vec::new() };
        walk(("record", VERSION), value, 0..3, |key, from| {
            match key {
                0 => proof.parts = from.u32()?,
                1 => proof.last = Seq(from.u64()?),
                2 => proof.state = from.bytes()?.to_vec(),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(proof)
    }
}

/// Reads a part with events.
///
/// # Errors
/// When the value is of a newer version or damaged.
pub fn read_part(value: &[u8]) -> Result<Vec<(Seq, Vec<u8>)>, Unreadable> {
    let list = unwrapped(("record part", VERSION), value)?;
    let events = || -> Result<Vec<(Seq, Vec<u8>)>, minicbor::decode::Error> {
        let mut from = Decoder::new(list);
        let items = from.array()?.filter(|items| items % 2 == 0);
        let items = items.ok_or_else(|| minicbor::decode::Error::message("not a list of pairs"))?;
        (0..items / 2).map(|_| Ok((Seq(from.u64()?), from.bytes()?.to_vec()))).collect()
    };
    events().map_err(|e| Unreadable::new("record part", e))
}

/// Clustering key of a part.
#[must_use]
pub fn part_key(part: u32) -> Bytes {
    part.to_be_bytes().to_vec().into()
}

/// The last two writes of a life: every segment, then the heads. Only after the record is stored.
#[must_use]
pub fn delete_journal(id: &JournalId, last: Seq) -> (Vec<Mutation>, Mutation) {
    let segments = (0..=keys::segment(last)).map(|n| Mutation::DeletePartition {
        table: Table::Journal,
        partition: keys::segment_partition(id, n),
    });
    let heads = Mutation::DeletePartition { table: Table::Heads, partition: keys::journal(id).into() };
    (segments.collect(), heads)
}

/// The record's head, a projection: written for published events only, later epochs and seqs win.
#[must_use]
pub fn put_head(id: &JournalId, value: Vec<u8>, timestamp: i64) -> Mutation {
    Mutation::Put {
        table: Table::RecordHeads,
        partition: keys::journal(id).into(),
        clustering: Bytes::new(),
        value: value.into(),
        timestamp,
    }
}

/// A row by which a record is found, newest first within its month.
#[must_use]
pub fn index(name: &str, month: &str, started: Time, id: &JournalId, timestamp: i64) -> Mutation {
    Mutation::Put {
        table: Table::RecordIndex,
        partition: index_partition(name, month),
        clustering: index_key(started, id),
        value: Bytes::from_static(&[1]),
        timestamp,
    }
}

/// Partition of one index and month (`YYYY-MM`).
#[must_use]
pub fn index_partition(name: &str, month: &str) -> Bytes {
    format!("{name}\u{0}{month}").into_bytes().into()
}

/// Clustering key of an index row: newest first.
#[must_use]
pub fn index_key(started: Time, id: &JournalId) -> Bytes {
    [&(u64::MAX - started.0).to_be_bytes()[..], &keys::journal(id)].concat().into()
}

/// Reads what [`index_key`] wrote.
///
/// # Errors
/// When the bytes are not such a key.
pub fn parse_index_key(key: &[u8]) -> Result<(Time, JournalId), Unreadable> {
    let (inverted, id) = keys::parse_wakeup(key)?;
    Ok((Time(u64::MAX - inverted.0), id))
}

fn put(id: &JournalId, part: u32, value: Vec<u8>) -> Mutation {
    Mutation::Put {
        table: Table::Records,
        partition: keys::journal(id).into(),
        clustering: part_key(part),
        value: value.into(),
        timestamp: super::take::CONSTANT,
    }
}
