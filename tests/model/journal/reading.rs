//! Rules 4 and 5: fences, then the reads, each a quorum of two replicas that answer at different moments. Whatever may land
//! on a replica by then lands there or not: both are tried. Never judges what was read.

use super::Act;
use super::config::{Break, Journal, Order};
use super::state::{NONE, Phase, SLOTS, State, TOMBS, cut_item, items, point_item};

impl Journal {
    /// What an owner that has not adopted can do next.
    pub fn reading_acts(&self, s: &State, e: u8, out: &mut Vec<Act>) {
        let owner = s.of(e);
        let early = self.has(Break::EarlyRead);
        if !owner.fenced && (owner.step == 0 || early && owner.step <= 2) {
            out.push(Act::Fence(e));
        }
        if !(owner.fenced || early && owner.step < 2) {
            return;
        }
        if self.has(Break::CreateUnread) && owner.step == 0 && !self.surely_listed(s) {
            out.push(Act::Create(e));
        }
        let first = self.has(Break::RecordReadFirst) && owner.step == 0 && !owner.missed;
        if self.life && (owner.step == 4 || first) {
            self.record_acts(s, e, out);
        } else if owner.step < 4 {
            self.read_acts(s, e, out);
        }
    }

    fn record_acts(&self, s: &State, e: u8, out: &mut Vec<Act>) {
        if s.record < 2 {
            out.push(Act::Record { e, seen: false });
        }
        if s.record > 0 {
            out.push(Act::Record { e, seen: true });
        }
    }

    fn table(&self, step: u8) -> u64 {
        items(usize::from(step / 2) ^ usize::from(self.order == Order::JournalFirst))
    }

    fn read_acts(&self, s: &State, e: u8, out: &mut Vec<Act>) {
        let owner = s.of(e);
        let table = self.table(owner.step);
        for on in (0..3).filter(|on| owner.step.is_multiple_of(2) || *on != owner.first) {
            // Replicas that nothing tells apart need not all be tried.
            let twin = |r: u8| {
                s.on[usize::from(r)] == s.on[usize::from(on)]
                    && s.owners.iter().all(|other| other.first != r && other.first != on)
            };
            if (0..on).any(twin) {
                continue;
            }
            // What a later owner wrote would only end this one, which it may do at any time.
            let pending = s.sent & table & !s.on[usize::from(on)] & !owner.seen & self.older(e);
            let mut land = pending;
            loop {
                out.push(Act::Read { e, on, land });
                if land == 0 {
                    break;
                }
                land = (land - 1) & pending;
            }
        }
    }

    /// Items of owners up to this one, and tombstones.
    fn older(&self, e: u8) -> u64 {
        if self.is_reader(e) || self.has(Break::NewerPointUsed) {
            return u64::MAX;
        }
        let points = (0..=e).flat_map(|of| (1..=SLOTS as u8).map(move |seq| 1 << point_item(of, seq)));
        let rows = (1_u64 << (u32::from(e + 1) * SLOTS as u32)) - 1;
        TOMBS | rows | points.sum::<u64>() | (0..=e).map(|of| 1 << cut_item(of)).sum::<u64>()
    }

    /// Rule 4.
    pub fn fence(&self, s: &mut State, e: u8) {
        let deposed: u8 =
            (0..e).filter(|i| s.released & (1 << i) == 0 && self.on_the_map(e, *i)).map(|i| 1 << i).sum();
        let last = if self.has(Break::FenceLastOnly) { 1 << (e - 1) } else { 0xff };
        s.fences |= deposed & last;
        if self.handover {
            s.granted = s.granted.max(e);
        }
        s.owner(e).fenced = true;
    }

    /// One replica answers.
    pub fn read(&self, s: &mut State, e: u8, on: u8, land: u64) {
        let table = self.table(s.of(e).step);
        s.on[usize::from(on)] |= land;
        let answer = s.on[usize::from(on)] & table;
        let owner = s.owner(e);
        owner.seen |= answer;
        owner.step += 1;
        if owner.step % 2 == 1 {
            owner.first = on;
            return;
        }
        let (first, seen) = (std::mem::replace(&mut owner.first, NONE), owner.seen & table);
        let ended = owner.step == 4;
        if self.repair {
            s.on[usize::from(first)] |= seen;
            s.on[usize::from(on)] |= seen;
        }
        let unrecorded = !self.life || self.has(Break::NoRecordRead) || self.has(Break::RecordReadFirst);
        if ended && (unrecorded || self.is_reader(e)) {
            self.adopt_now(s, e);
        }
    }

    /// The record's read: one row, so that it sees what was stored when it began, and perhaps what was sent.
    pub fn read_record(&self, s: &mut State, e: u8, seen: bool) {
        if seen {
            if self.repair {
                s.record = 2;
            }
            let owner = s.owner(e);
            (owner.phase, owner.seen, owner.step) = (Phase::Over, 0, 0);
        } else if s.of(e).step == 4 {
            self.adopt_now(s, e);
        } else {
            s.owner(e).missed = true;
        }
    }

    /// A break: as if nothing had been read.
    pub fn create(&self, s: &mut State, e: u8) {
        self.empty(s, e);
    }
}
