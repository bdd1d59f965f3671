//! The log ahead of the database: what a group of writes changed, made durable with one write and one sync.
//! It knows no tables: its changes are keys and values of the database as they were applied.
//!
//! Why it is there: a durable commit of redb writes every page that it touched, and, so that a start after a kill is quick, the
//! whole state of its allocator, with two syncs. With hundreds of commits a second that is most of the work. So a commit of
//! redb becomes durable only once per lap of the log (a *checkpoint*); in between redb commits without durability, after the log's sync.
//!
//! A record: `length, base, number, hash, payload`, padded to a page, so that no write touches the page of an earlier record.
//! Numbers grow by one for ever. `base` is the number of the checkpoint that the lap stands on: after a checkpoint the log
//! begins again at its start, and what lies behind its end, of earlier laps, has another base. A record that was torn by a
//! power cut fails its hash; it is the last one, since a record is written only when the one before it is synced.

use std::io;

use redb::StorageBackend;
use xxhash_rust::xxh3::Xxh3;

/// Bytes before the payload: length (4), hash (8), base (8), number (8), padding (4).
const HEAD: usize = 32;
/// Records begin at multiples of this.
const PAGE: usize = 4096;

/// The log, open for appending.
#[derive(Debug)]
pub(in super::super) struct Wal {
    backend: Box<dyn StorageBackend>,
    size: u64,
    /// Where the next record goes.
    at: u64,
    base: u64,
    /// Number of the next record or checkpoint.
    next: u64,
    buffer: Vec<u8>,
}

impl Wal {
    /// Opens the log of a database that holds everything up to `applied`.
    pub(in super::super) fn open(backend: Box<dyn StorageBackend>, applied: u64) -> io::Result<Self> {
        // As for the database: what a killed process left in the page cache is made durable before it is read and shown.
        backend.sync_data()?;
        let size = backend.len()?;
        Ok(Self { backend, size, at: 0, base: applied, next: applied + 1, buffer: Vec::new() })
    }

    /// Hands out the payloads of this lap in order; afterwards the log stands behind the last one.
    pub(in super::super) fn replay<E: From<io::Error>>(
        &mut self,
        mut each: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<u64, E> {
        let mut count = 0;
        while let Some(payload) = self.read_record()? {
            each(&payload)?;
            self.at += padded(payload.len());
            self.next += 1;
            count += 1;
        }
        Ok(count)
    }

    /// Whether a payload still fits into this lap; if not, the database takes it with a checkpoint.
    pub(in super::super) fn fits(&self, payload: usize) -> bool {
        self.at + padded(payload) <= self.size && u32::try_from(payload).is_ok()
    }

    /// Writes a record and syncs: when this answers, the payload is durable.
    pub(in super::super) fn append(&mut self, payload: &[u8]) -> io::Result<()> {
        let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
        let hash = hash(self.base, self.next, payload);
        self.buffer.clear();
        self.buffer.extend_from_slice(&length.to_le_bytes());
        for word in [hash, self.base, self.next] {
            self.buffer.extend_from_slice(&word.to_le_bytes());
        }
        self.buffer.resize(HEAD, 0);
        self.buffer.extend_from_slice(payload);
        self.buffer.resize(self.buffer.len().next_multiple_of(PAGE), 0);
        self.backend.write(self.at, &self.buffer)?;
        self.backend.sync_data()?;
        self.at += self.buffer.len() as u64;
        self.next += 1;
        Ok(())
    }

    /// The number that a checkpoint made now puts into the database.
    pub(in super::super) fn checkpoint_number(&self) -> u64 {
        self.next
    }

    /// Begins the next lap; call it when the checkpoint is durable, not before.
    pub(in super::super) fn begin_lap(&mut self) {
        self.base = self.next;
        self.next += 1;
        self.at = 0;
    }

    fn read_record(&self) -> io::Result<Option<Vec<u8>>> {
        if self.at + padded(0) > self.size {
            return Ok(None);
        }
        let mut head = [0; HEAD];
        self.backend.read(self.at, &mut head)?;
        let word =
            |i: usize| u64::from_le_bytes(head[i..i + 8].try_into().expect("eight of thirty-two bytes"));
        let length = u32::from_le_bytes(head[..4].try_into().expect("four of thirty-two bytes")) as usize;
        if (word(12), word(20)) != (self.base, self.next) || self.at + padded(length) > self.size {
            return Ok(None);
        }
        let mut payload = vec![0; length];
        self.backend.read(self.at + HEAD as u64, &mut payload)?;
        Ok((hash(self.base, self.next, &payload) == word(4)).then_some(payload))
    }
}

fn padded(payload: usize) -> u64 {
    ((HEAD + payload).next_multiple_of(PAGE)) as u64
}

fn hash(base: u64, number: u64, payload: &[u8]) -> u64 {
    let mut hash = Xxh3::with_seed(base ^ number.rotate_left(32));
    hash.update(&base.to_le_bytes());
    hash.update(&number.to_le_bytes());
    hash.update(&(payload.len() as u64).to_le_bytes());
    hash.update(payload);
    hash.digest()
}

/// A change as it is written into a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Change<'a> {
    /// The key has this value.
    Insert(&'a [u8], &'a [u8]),
    /// The key is gone.
    Remove(&'a [u8]),
}

/// Adds a change to a payload.
pub(in super::super) fn push(payload: &mut Vec<u8>, change: Change<'_>) {
    let mut part = |bytes: &[u8]| {
        payload.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        payload.extend_from_slice(bytes);
    };
    match change {
        Change::Insert(key, value) => {
            part(key);
            part(value);
        }
        Change::Remove(key) => {
            part(key);
            payload.extend_from_slice(&u64::MAX.to_le_bytes());
        }
    }
}

/// Takes the next change off a payload; `None` at its end, or where it makes no sense.
pub(in super::super) fn pop<'a>(payload: &mut &'a [u8]) -> Option<Change<'a>> {
    let key = part(payload)??;
    Some(part(payload)?.map_or(Change::Remove(key), |value| Change::Insert(key, value)))
}

/// A length and its bytes; the inner `None` stands for a removal.
fn part<'a>(payload: &mut &'a [u8]) -> Option<Option<&'a [u8]>> {
    let (length, rest) = payload.split_first_chunk::<8>()?;
    let length = u64::from_le_bytes(*length);
    *payload = rest;
    if length == u64::MAX {
        return Some(None);
    }
    let (bytes, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *payload = rest;
    Some(Some(bytes))
}
