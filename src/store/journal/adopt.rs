//! Rules 5 and 6: what a new owner makes of the rows that it read. Pure; the reads themselves, and that they begin after
//! the fences are stored and end with the record, are the worker's part.

use std::collections::BTreeMap;

use super::checkpoint::Checkpoint;
use super::cut::{Chain, Cut};
use super::row::Stored;
use super::{Epoch, Unreadable};
use crate::words::Seq;

/// All that was read of one journal, from the checkpoint on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// Every cut that was there.
    pub cuts: BTreeMap<Epoch, Cut>,
    /// The checkpoint, if one was there.
    pub checkpoint: Option<Checkpoint>,
    /// Rows above the checkpoint, of whatever epoch.
    pub rows: BTreeMap<(Epoch, Seq), Stored>,
    /// Why something that is there is missing above: it could not be read. Nothing may be built on such a reading.
    pub damage: Option<String>,
}

impl Read {
    /// Keeps what could be read, and notes the first thing that could not.
    pub fn note<T>(&mut self, found: Result<T, Unreadable>) -> Option<T> {
        found.map_err(|error| self.damage.get_or_insert_with(|| error.to_string()).clone()).ok()
    }
}

/// What an owner goes on from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adopted {
    /// The chain of the whole prefix, the highest epoch's own rows included.
    pub chain: Chain,
    /// The prefix above the checkpoint, in order; whole decisions only.
    pub rows: Vec<(Epoch, Seq, Stored)>,
    /// The prefix's last seq.
    pub last: Seq,
    /// At or below this everything is final, whoever reads it.
    pub watermark: Seq,
    /// Whether this epoch's own cut was there: then the session goes on under it and makes no second take.
    pub taken: bool,
}

/// What the rows mean for the owner of `mine`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No visible cut: the journal is empty, whatever other rows are there.
    Empty,
    /// The journal so far.
    Adopted(Adopted),
    /// A later epoch has been here: this owner is deposed.
    Deposed,
    /// A row says that more was published than the prefix holds: the store has forgotten something (protocol §2).
    Damaged {
        /// The prefix's end.
        last: Seq,
        /// What was published once.
        promised: Seq,
    },
}

/// Rule 6.
#[must_use]
pub fn adopt(read: &Read, mine: Epoch) -> Verdict {
    if newer(read, mine) {
        return Verdict::Deposed;
    }
    let Some((&highest, cut)) = read.cuts.last_key_value() else {
        return Verdict::Empty;
    };
    let base = read.checkpoint.as_ref().map_or(Seq(0), |c| c.seq);
    let mut rows = follow(read, cut, base);
    let mut last = rows.last().map_or(base, |(_, seq, _)| *seq);
    if last >= cut.last() {
        while let Some(stored) = read.rows.get(&(highest, last.next())) {
            last = last.next();
            rows.push((highest, last, stored.clone()));
        }
    }
    let finals = read.rows.values().map(|row| row.last_final).max().unwrap_or_default();
    let watermark = finals.max(base).max(cut.watermark);
    if watermark > last {
        return Verdict::Damaged { last, promised: watermark };
    }
    let taken = highest == mine;
    if !taken {
        // Own rows are never given up: one key has one content (trace F7).
        last = drop_torn(&mut rows, watermark).max(base);
    }
    let chain = chain_of(read, &rows);
    debug_assert!(base == Seq(0) || epoch_of(&chain, base).is_some());
    Verdict::Adopted(Adopted { chain, rows, last, watermark, taken })
}

/// A decision is adopted whole or not at all: drops a last one whose end is missing, and gives the last seq that stays. It was
/// never published, since only whole decisions are; what was published stays whatever the rows say.
fn drop_torn(rows: &mut Vec<(Epoch, Seq, Stored)>, watermark: Seq) -> Seq {
    while rows.last().is_some_and(|(_, seq, stored)| stored.more > 0 && *seq > watermark) {
        rows.pop();
    }
    rows.last().map_or(Seq(0), |(_, seq, _)| *seq)
}

/// Whether anything that was read is of an epoch above mine.
fn newer(read: &Read, mine: Epoch) -> bool {
    read.cuts.keys().any(|epoch| *epoch > mine)
        || read.rows.keys().any(|(epoch, _)| *epoch > mine)
        || read.checkpoint.as_ref().is_some_and(|c| c.writer > mine)
}

/// The rows that the cut's chain names, from the checkpoint to the first hole.
fn follow(read: &Read, cut: &Cut, base: Seq) -> Vec<(Epoch, Seq, Stored)> {
    let mut rows = Vec::new();
    let mut at = base;
    for &(epoch, last) in &cut.chain {
        while at < last {
            let Some(stored) = read.rows.get(&(epoch, at.next())) else {
                return rows;
            };
            at = at.next();
            rows.push((epoch, at, stored.clone()));
        }
    }
    rows
}

/// The chain up to the prefix's end: the checkpoint's below it, the rows' own epochs above.
fn chain_of(read: &Read, rows: &[(Epoch, Seq, Stored)]) -> Chain {
    let mut chain = read.checkpoint.as_ref().map(|c| c.chain.clone()).unwrap_or_default();
    for &(epoch, seq, _) in rows {
        extend(&mut chain, epoch, seq);
    }
    chain
}

/// Notes that the journal's next event `seq` is of `epoch`.
pub fn extend(chain: &mut Chain, epoch: Epoch, seq: Seq) {
    match chain.last_mut() {
        Some((last_epoch, last)) if *last_epoch == epoch => *last = seq,
        _ => chain.push((epoch, seq)),
    }
}

/// The epoch whose row holds `seq`, by a chain.
#[must_use]
pub fn epoch_of(chain: &Chain, seq: Seq) -> Option<Epoch> {
    chain.iter().find(|(_, last)| seq <= *last).map(|(epoch, _)| *epoch)
}
