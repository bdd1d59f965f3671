//! P10: replay is truth. The record's events, replayed, give the state that the owner sealed it with.

use bytes::Bytes;
use holdfast::session::Session as Machine;
use holdfast::session::event::Event;
use holdfast::store::codec;
use holdfast::store::journal::keys;
use holdfast::store::journal::record::{Proof, part_key, read_part};
use holdfast::store::rows::Table;
use holdfast::words::{JournalId, Seq, SessionId};

use crate::store::Store;

/// The bytes of each event of a record.
type Parts = Vec<(Seq, Vec<u8>)>;

/// The parts of a journal's record: its proof and its events' bytes.
pub(super) fn parts(store: &Store, id: &JournalId) -> Result<(Proof, Parts), String> {
    let rows: Vec<(Bytes, Bytes)> = store.all(Table::Records, &keys::journal(id).into());
    let (first, rest) = rows.split_first().ok_or("there is no record")?;
    if first.0 != part_key(0) {
        return Err("the record has no proof".into());
    }
    let proof = Proof::read(&first.1).map_err(|error| error.to_string())?;
    let mut events = Vec::new();
    for (_, part) in rest {
        events.extend(read_part(part).map_err(|error| error.to_string())?);
    }
    Ok((proof, events))
}

/// Every event of a session's record, of all visibilities.
pub(super) fn record(store: &Store, id: SessionId) -> Result<Vec<Event>, String> {
    let (_, events) = parts(store, &JournalId::Session(id))?;
    let read =
        |(seq, body): (Seq, Vec<u8>)| codec::decode_event(seq, &body).map_err(|error| error.to_string());
    events.into_iter().map(read).collect()
}

/// A replay of the record gives the very state that was sealed.
pub(super) fn audit(store: &Store, id: SessionId, record: &[Event]) -> Vec<String> {
    let mut machine = Machine::new(id);
    record.iter().for_each(|event| machine.apply(event));
    let sealed = parts(store, &JournalId::Session(id)).and_then(|(proof, _)| {
        codec::decode_session(&proof.state).map_err(|error| format!("its state cannot be read: {error}"))
    });
    match sealed {
        Ok(sealed) if sealed == machine => Vec::new(),
        Ok(_) => vec!["P10: a replay gives another state than the owner sealed".into()],
        Err(why) => vec![format!("P10: {why}")],
    }
}
