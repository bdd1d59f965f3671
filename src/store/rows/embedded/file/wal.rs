//! The log ahead of the database: what a group of writes changed, made durable with one write and one sync.
//! It knows no tables: its changes are keys and values of the database as they were decided.
//!
//! Why it is there: a durable commit of redb writes every page that it touched and, so that a start after a kill is quick, the
//! whole state of its allocator, with two syncs. Done for each group of writes, that is most of the work of the store, and
//! hundreds of scattered writes for a disk. So redb makes a durable commit only once per *lap*.
//!
//! The file has two halves and a lap lies in one of them: odd laps in the second, even ones in the first. While the changes of
//! lap n go into the database, lap n + 1 is written; lap n + 2, which overwrites n, begins only when the database holds n for
//! certain. So after a cut at most the two laps that follow the database's last one matter.
//!
//! A record: `length, hash, lap, index, payload`, padded to a page, so that no write touches the page of an earlier record.
//! A lap number is used once, so what lies behind a lap's end has another number or fails its hash. A record that was torn
//! by a power cut is the last one, since a record is written only when the one before it is synced.

use std::io;

use bytes::Bytes;
use redb::StorageBackend;
use xxhash_rust::xxh3::Xxh3;

use super::super::memory::Changes;

/// Bytes before the payload: length (4), hash (8), lap (8), index (8), padding (4).
const HEAD: usize = 32;
/// Records begin at multiples of this.
const PAGE: usize = 4096;
/// A length that stands for a row that is gone.
const GONE: u32 = u32::MAX;

/// The log, open for appending.
#[derive(Debug)]
pub(in super::super) struct Wal {
    backend: Box<dyn StorageBackend>,
    half: u64,
    lap: u64,
    index: u64,
    /// Where in the half the next record goes.
    at: u64,
    buffer: Vec<u8>,
}

impl Wal {
    /// Opens the log; it stands at the beginning of `lap`.
    pub(in super::super) fn open(backend: Box<dyn StorageBackend>, lap: u64) -> io::Result<Self> {
        // As for the database: what a killed process left in the page cache is made durable before it is read and shown.
        backend.sync_data()?;
        let half = backend.len()? / 2 / PAGE as u64 * PAGE as u64;
        Ok(Self { backend, half, lap, index: 0, at: 0, buffer: Vec::new() })
    }

    /// Reads the lap from its beginning, as far as it goes, into `changes`.
    pub(in super::super) fn replay(&mut self, changes: &mut Changes) -> io::Result<()> {
        while let Some(payload) = self.read_record()? {
            let mut rest = &payload[..];
            while !rest.is_empty() {
                let (key, change) = pop(&mut rest).ok_or(io::ErrorKind::InvalidData)?;
                changes.insert(key, change);
            }
            self.at += padded(payload.len());
            self.index += 1;
        }
        Ok(())
    }

    /// Whether changes fit into a lap, and into what is left of this one.
    pub(in super::super) fn fits(&self, changes: &Changes) -> Fit {
        let size = padded(changes.iter().map(|(key, change)| size(key, change.as_ref())).sum());
        match () {
            () if self.at + size <= self.half => Fit::Here,
            () if size <= self.half => Fit::NextLap,
            () => Fit::Never,
        }
    }

    /// Writes a record and syncs: when this answers, the changes are durable. A failed append is done again as it was.
    pub(in super::super) fn append(&mut self, changes: &Changes) -> io::Result<()> {
        self.buffer.clear();
        self.buffer.resize(HEAD, 0);
        for (key, change) in changes {
            push(&mut self.buffer, key, change.as_ref());
        }
        let payload = &self.buffer[HEAD..];
        let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
        let hash = hash(self.lap, self.index, payload);
        self.buffer[..4].copy_from_slice(&length.to_le_bytes());
        for (i, word) in [hash, self.lap, self.index].into_iter().enumerate() {
            self.buffer[4 + i * 8..12 + i * 8].copy_from_slice(&word.to_le_bytes());
        }
        self.buffer.resize(self.buffer.len().next_multiple_of(PAGE), 0);
        self.backend.write(self.position(), &self.buffer)?;
        self.backend.sync_data()?;
        self.at += self.buffer.len() as u64;
        self.index += 1;
        Ok(())
    }

    /// The lap that is being written.
    pub(in super::super) fn lap(&self) -> u64 {
        self.lap
    }

    /// Begins the next lap. The caller knows that the database holds the lap that lies there.
    pub(in super::super) fn begin_lap(&mut self) {
        self.lap += 1;
        self.index = 0;
        self.at = 0;
    }

    fn position(&self) -> u64 {
        (self.lap % 2) * self.half + self.at
    }

    fn read_record(&self) -> io::Result<Option<Vec<u8>>> {
        if self.at + padded(0) > self.half {
            return Ok(None);
        }
        let mut head = [0; HEAD];
        self.backend.read(self.position(), &mut head)?;
        let word =
            |i: usize| u64::from_le_bytes(head[i..i + 8].try_into().expect("eight of thirty-two bytes"));
        let length = u32::from_le_bytes(head[..4].try_into().expect("four of thirty-two bytes")) as usize;
        if (word(12), word(20)) != (self.lap, self.index) || self.at + padded(length) > self.half {
            return Ok(None);
        }
        let mut payload = vec![0; length];
        self.backend.read(self.position() + HEAD as u64, &mut payload)?;
        Ok((hash(self.lap, self.index, &payload) == word(4)).then_some(payload))
    }
}

/// Where changes can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Fit {
    /// Into this lap.
    Here,
    /// Into the next one.
    NextLap,
    /// They are larger than a lap: the database takes them.
    Never,
}

fn padded(payload: usize) -> u64 {
    ((HEAD + payload).next_multiple_of(PAGE)) as u64
}

fn hash(lap: u64, index: u64, payload: &[u8]) -> u64 {
    let mut hash = Xxh3::with_seed(lap ^ index.rotate_left(32));
    hash.update(&lap.to_le_bytes());
    hash.update(&index.to_le_bytes());
    hash.update(&(payload.len() as u64).to_le_bytes());
    hash.update(payload);
    hash.digest()
}

fn size(key: &Bytes, change: Option<&Bytes>) -> usize {
    8 + key.len() + change.map_or(0, Bytes::len)
}

/// Lengths of key and value (or that it is gone), key, value. A batch is far smaller than 4 GiB, so lengths have 4 bytes.
fn push(out: &mut Vec<u8>, key: &Bytes, change: Option<&Bytes>) {
    let length = |bytes: &Bytes| u32::try_from(bytes.len()).expect("a batch is smaller than the queue");
    out.extend_from_slice(&length(key).to_le_bytes());
    out.extend_from_slice(&change.map_or(GONE, length).to_le_bytes());
    out.extend_from_slice(key);
    out.extend_from_slice(change.map_or(&[], |value| &value[..]));
}

fn pop(rest: &mut &[u8]) -> Option<(Bytes, Option<Bytes>)> {
    let key = number(rest)?;
    let value = number(rest)?;
    let key = bytes(rest, key)?;
    let value = if value == GONE { None } else { Some(bytes(rest, value)?) };
    Some((key, value))
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    let (number, behind) = rest.split_first_chunk::<4>()?;
    *rest = behind;
    Some(u32::from_le_bytes(*number))
}

fn bytes(rest: &mut &[u8], length: u32) -> Option<Bytes> {
    let (bytes, behind) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *rest = behind;
    Some(Bytes::copy_from_slice(bytes))
}
