//! Rules 7, 14 and 20: an owner's first write in a session and epoch. Its content is decided once and never computed
//! again; the caller repeats it, same bytes, until it is stored.

use bytes::Bytes;

use super::adopt::Adopted;
use super::cut::Cut;
use super::row::Stored;
use super::{Epoch, keys};
use crate::store::rows::{Mutation, Table};
use crate::words::{JournalId, Seq};

/// The timestamp of rows that have one content for ever: any constant, equal in every repeat.
pub const CONSTANT: i64 = 1;

/// The take of a journal that others have written before.
#[must_use]
pub fn take(id: &JournalId, mine: Epoch, adopted: &Adopted) -> Vec<Mutation> {
    let cut = Cut { chain: adopted.chain.clone(), watermark: adopted.watermark };
    let tail = adopted.rows.iter().filter(|(_, seq, _)| *seq > adopted.watermark);
    let mut writes = vec![put_cut(id, mine, &cut)];
    writes.extend(tail.map(|(epoch, seq, stored)| put_event(id, *epoch, *seq, stored)));
    writes
}

/// The take of a journal that is born now: a cut with an empty chain, sent together with event 1.
#[must_use]
pub fn birth(id: &JournalId, mine: Epoch) -> Mutation {
    put_cut(id, mine, &Cut::default())
}

/// One event as a row.
#[must_use]
pub fn put_event(id: &JournalId, epoch: Epoch, seq: Seq, stored: &Stored) -> Mutation {
    Mutation::Put {
        table: Table::Journal,
        partition: keys::segment_partition(id, keys::segment(seq)),
        clustering: keys::event(epoch, seq),
        value: stored.value.clone(),
        timestamp: CONSTANT,
    }
}

fn put_cut(id: &JournalId, mine: Epoch, cut: &Cut) -> Mutation {
    Mutation::Put {
        table: Table::Heads,
        partition: Bytes::from(keys::journal(id)),
        clustering: keys::cut(mine),
        value: Bytes::from(cut.bytes()),
        timestamp: CONSTANT,
    }
}
