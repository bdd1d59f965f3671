//! Rules 14 to 17: the active list as far as a life needs it, the record, and the removal of a journal, partition by
//! partition, by whoever knows that the record is stored. Rows with one key are sent, stored or neither; more cannot be told.

use holdfast::store::journal::lists::stamp;

use super::Act;
use super::adoption::epoch;
use super::config::{Break, Journal, Kind};
use super::state::{Phase, State, TOMBS, tomb_item};

impl Journal {
    /// Whether every read of the active list that begins now finds the session.
    pub fn surely_listed(&self, s: &State) -> bool {
        let rows = |kind: usize, least: u8, k: u32| {
            (0..self.owners)
                .filter(move |e| s.listed[kind][usize::from(*e)] >= least)
                .map(move |e| stamp(epoch(e), k))
                .max()
        };
        match (rows(0, 2, 1), rows(1, 1, 2)) {
            (None, _) => false,
            (Some(listed), deleted) => deleted.is_none_or(|deleted| deleted < listed),
        }
    }

    /// Steps towards the end of the session.
    pub fn ending_acts(&self, s: &State, e: u8, out: &mut Vec<Act>) {
        if !self.life || self.is_reader(e) {
            return;
        }
        let owner = s.of(e);
        let closed = owner.list.get().iter().any(|item| self.kind(s.row(*item).msg) == Kind::Close);
        let published = owner.published == owner.list.len || self.has(Break::EarlyRecord);
        let wrote = s.writers & (1 << e) != 0;
        if owner.phase == Phase::Open && closed && published && !wrote {
            out.push(Act::Seal(e));
        }
        if !wrote && owner.phase != Phase::Over {
            return;
        }
        let unlisted = s.listed[1][usize::from(e)] > 0;
        if !unlisted {
            out.push(Act::Unlist(e));
        }
        let next = (0..3).find(|part| s.sent & (1 << tomb_item(*part)) == 0);
        let early = self.has(Break::EarlyDelete) && wrote;
        if let Some(part) = next.filter(|_| (unlisted || early) && !s.purged) {
            let picks = self.picks_of(s, s.sent & TOMBS);
            out.extend((0..picks).map(|pick| Act::Delete { e, part, pick }));
        }
    }

    /// The record is stored, by its writer or again by whoever found it; then the active row goes.
    pub fn unlist(&self, s: &mut State, e: u8) {
        let found = s.of(e).phase == Phase::Over && s.writers & (1 << e) == 0;
        if !(found && self.has(Break::FoundRecordTrusted)) {
            s.record = 2;
        }
        s.listed[1][usize::from(e)] = 1;
    }

    /// The next partition is deleted, once all before it are deleted at quorum, and the active row too.
    pub fn delete(&self, s: &mut State, e: u8, part: u8, pick: u32) {
        self.store(s, s.sent & TOMBS, pick);
        if !self.has(Break::EarlyDelete) {
            s.listed[1][usize::from(e)] = 2;
        }
        s.sent |= 1 << tomb_item(part);
    }
}
