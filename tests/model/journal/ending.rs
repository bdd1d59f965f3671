//! Rules 14 to 17: the active list as far as a life needs it, the record, and the removal of a journal, partition by
//! partition and in any order with that of the active row, by whoever knows that the record is stored. Rows with one key are sent, stored or neither; more cannot be told.

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
        if s.listed[1][usize::from(e)] == 0 {
            out.push(Act::Unlist(e));
        }
        let next = (0..3).find(|part| s.sent & (1 << tomb_item(*part)) == 0);
        if let Some(part) = next.filter(|_| !s.purged) {
            let picks = self.picks_of(s, s.sent & TOMBS);
            out.extend((0..picks).map(|pick| Act::Delete { e, part, pick }));
        }
    }

    /// The record is stored, by its writer or again by whoever found it; then the active row goes.
    pub fn unlist(&self, s: &mut State, e: u8) {
        self.store_record(s, e);
        s.listed[1][usize::from(e)] = 1;
    }

    fn store_record(&self, s: &mut State, e: u8) {
        let found = s.of(e).phase == Phase::Over && s.writers & (1 << e) == 0;
        if !(found && self.has(Break::FoundRecordTrusted)) {
            s.record = 2;
        }
    }

    /// The record is stored; then the next partition is deleted, once all before it are deleted at quorum.
    pub fn delete(&self, s: &mut State, e: u8, part: u8, pick: u32) {
        if !self.has(Break::EarlyDelete) {
            self.store_record(s, e);
        }
        self.store(s, s.sent & TOMBS, pick);
        s.sent |= 1 << tomb_item(part);
    }
}
