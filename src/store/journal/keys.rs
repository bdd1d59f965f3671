//! Partition and clustering keys of the journal's tables, as bytes whose order is the order of what they mean.
//! Never holds a value.

use bytes::Bytes;

use super::lists::Place;
use super::{Epoch, Unreadable};
use crate::limits;
use crate::words::{AgentId, JournalId, Seq, SessionId, Time};

/// Events of one segment share a partition. No partition grows past 100 MB, however large the events are; and a long journal's
/// opening reads from its checkpoint on, one segment or two.
pub const SEGMENT: u64 = 1024;

const _: () = assert!(SEGMENT * limits::EVENT_BYTES as u64 <= 100_000_000, "a segment fits a partition");

/// The segment in which a seq lies.
#[must_use]
pub const fn segment(seq: Seq) -> u32 {
    (seq.0 / SEGMENT) as u32
}

/// The key of a whole journal: `s` and 16 bytes, or `a`, run and the agent's name.
#[must_use]
pub fn journal(id: &JournalId) -> Vec<u8> {
    match id {
        JournalId::Session(SessionId(bytes)) => [b"s", &bytes[..]].concat(),
        JournalId::Agent(AgentId(name), run) => [b"a", &run.to_be_bytes()[..], name.as_bytes()].concat(),
    }
}

/// Reads what [`journal`] wrote.
///
/// # Errors
/// When the bytes are not such a key.
pub fn parse_journal(key: &[u8]) -> Result<JournalId, Unreadable> {
    let bad = || Unreadable::new("journal key", "not a session or agent");
    match key {
        [b's', id @ ..] => Ok(JournalId::Session(SessionId(id.try_into().map_err(|_| bad())?))),
        [b'a', rest @ ..] if rest.len() > 4 => {
            let (run, name) = rest.split_at(4);
            let name = std::str::from_utf8(name).map_err(|_| bad())?;
            let run = u32::from_be_bytes(run.try_into().map_err(|_| bad())?);
            Ok(JournalId::Agent(AgentId(name.to_owned()), run))
        }
        _ => Err(bad()),
    }
}

/// Partition of one segment of a journal.
#[must_use]
pub fn segment_partition(id: &JournalId, segment: u32) -> Bytes {
    let mut key = journal(id);
    key.extend_from_slice(&segment.to_be_bytes());
    key.into()
}

/// Clustering key of an event.
#[must_use]
pub fn event(epoch: Epoch, seq: Seq) -> Bytes {
    [epoch.0.to_be_bytes(), seq.0.to_be_bytes()].concat().into()
}

/// Reads what [`event`] wrote.
///
/// # Errors
/// When the bytes are not such a key.
pub fn parse_event(key: &[u8]) -> Result<(Epoch, Seq), Unreadable> {
    match key.split_at_checked(8) {
        Some((epoch, seq)) if seq.len() == 8 => Ok((Epoch(number(epoch)), Seq(number(seq)))),
        _ => Err(Unreadable::new("event key", "not 16 bytes")),
    }
}

/// Clustering key of a cut; the checkpoint's is empty and sorts before every cut.
#[must_use]
pub fn cut(epoch: Epoch) -> Bytes {
    epoch.0.to_be_bytes().to_vec().into()
}

/// Partition of a shard's lists.
#[must_use]
pub fn shard(shard: u16) -> Bytes {
    shard.to_be_bytes().to_vec().into()
}

/// The beginning of the clustering key of everything at a place.
#[must_use]
pub fn place(place: Place) -> Bytes {
    [&place.epoch.0.to_be_bytes()[..], &place.k.to_be_bytes()].concat().into()
}

/// Reads what [`place`] wrote.
///
/// # Errors
/// When the bytes are not such a key.
pub fn parse_place(key: &[u8]) -> Result<Place, Unreadable> {
    let bad = || Unreadable::new("place", "not 12 bytes");
    let (epoch, k) = key.split_at_checked(8).ok_or_else(bad)?;
    let k = u32::from_be_bytes(k.try_into().map_err(|_| bad())?);
    Ok(Place { epoch: Epoch(number(epoch)), k })
}

/// Clustering key of an active row; the mark's is empty and sorts before all.
#[must_use]
pub fn active(at: Place, id: &JournalId) -> Bytes {
    [&place(at)[..], &journal(id)].concat().into()
}

/// Reads what [`active`] wrote.
///
/// # Errors
/// When the bytes are not such a key.
pub fn parse_active(key: &[u8]) -> Result<(Place, JournalId), Unreadable> {
    let (place, id) = key.split_at_checked(12).ok_or_else(|| Unreadable::new("active row", "too short"))?;
    Ok((parse_place(place)?, parse_journal(id)?))
}

/// Clustering key of a wake-up; the mark's is empty and sorts before all.
#[must_use]
pub fn wakeup(due: Time, id: &JournalId) -> Bytes {
    [&due.0.to_be_bytes()[..], &journal(id)].concat().into()
}

/// Reads what [`wakeup`] wrote.
///
/// # Errors
/// When the bytes are not such a key.
pub fn parse_wakeup(key: &[u8]) -> Result<(Time, JournalId), Unreadable> {
    let (due, id) = key.split_at_checked(8).ok_or_else(|| Unreadable::new("wake-up key", "too short"))?;
    Ok((Time(number(due)), parse_journal(id)?))
}

/// The time in front of a wake-up's key, or of a part of one that names a place to read from.
#[must_use]
pub fn due_of(key: &Bytes) -> Time {
    Time(number(&key[..key.len().min(8)]))
}

/// Eight bytes, big endian.
#[must_use]
pub fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}
