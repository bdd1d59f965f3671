//! The journal model: owners of successive epochs, three replicas, rows that land on any of them at any time or never.
//! What the store holds is in [`state`], how an owner reads in [`reading`], what it makes of it in [`adoption`], what it does
//! then in [`acting`], the end of a session in [`ending`]. Never models a clock.

mod acting;
mod adoption;
mod births;
mod bounds;
mod breaks;
mod config;
mod ending;
mod properties;
mod reading;
mod state;
mod trace;

use stateright::{Model, Property};

use config::{Break, Journal};
use state::State;

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The fences of all whom its map shows as deposed are stored (rule 4).
    Fence(u8),
    /// One replica answers a read of one table; before it does, `land` arrives there.
    Read { e: u8, on: u8, land: u64 },
    /// The quorum read of the record.
    Record { e: u8, seen: bool },
    /// A break: opened as new without reading.
    Create(u8),
    /// A client sends a message; `after` is what it knew at the first time.
    Send { e: u8, msg: u8, after: u8 },
    /// Everything up to `upto` is stored, on the quorums that `pick` says, and a look begins.
    Look { e: u8, upto: u8, pick: u32 },
    /// The look was clean. `pick` only where the stores end after the look.
    Clean { e: u8, pick: u32 },
    /// The owner ends its worker and gives the shard away.
    Release(u8),
    /// Unloaded and loaded again in one epoch.
    Reload(u8),
    /// The machine fails: no more sends, everything else goes on.
    Quarantine(u8),
    /// A break: the worker forgets its window and goes on in its epoch.
    Restart(u8),
    /// A checkpoint of what is published is sent.
    Save(u8),
    /// The record is sent.
    Seal(u8),
    /// The record is stored, and the last delete of the active row sent.
    Unlist(u8),
    /// One more partition of the journal is deleted, all before it being deleted at quorum.
    Delete { e: u8, part: u8, pick: u32 },
    /// The tombstones are purged; late rows come back.
    Purge,
    /// A break: a fence is gone.
    Vanish(u8),
    /// The next generation's number is taken.
    Take(u8),
    /// All its fences of earlier generations are stored.
    Zero(u8),
    /// It raises `fenced_below`.
    Raise(u8),
    /// A break: a replica loses all it had.
    Forget(u8),
}

impl Model for Journal {
    type State = State;
    type Action = Act;

    fn init_states(&self) -> Vec<State> {
        vec![self.first()]
    }

    fn actions(&self, s: &State, out: &mut Vec<Act>) {
        self.birth_acts(s, out);
        for e in 0..self.owners {
            if s.waits(e) && self.is_born(s, e) {
                self.reading_acts(s, e, out);
            } else if !s.waits(e) && !self.must_wait(s, e) && self.acts_still(s, e) {
                self.open_acts(s, e, out);
                self.ending_acts(s, e, out);
            }
            if self.handover && self.may_release(s, e) {
                out.push(Act::Release(e));
            }
            if self.has(Break::FencesVanish) && s.fences & (1 << e) != 0 {
                out.push(Act::Vanish(e));
            }
        }
        if self.has(Break::ReplicaForgets) && !s.forgot {
            out.extend((0..3).map(Act::Forget));
        }
        if self.purge && !s.purged && s.sent & state::TOMBS != 0 {
            out.push(Act::Purge);
        }
    }

    fn next_state(&self, s: &State, act: Act) -> Option<State> {
        let mut next = s.clone();
        self.step(&mut next, act);
        if !self.has(Break::ReplicaForgets) {
            next.settle(self);
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(self)
    }
}

impl Journal {
    fn step(&self, s: &mut State, act: Act) {
        match act {
            Act::Fence(e) => self.fence(s, e),
            Act::Read { e, on, land } => self.read(s, e, on, land),
            Act::Record { e, seen } => self.read_record(s, e, seen),
            Act::Create(e) => self.create(s, e),
            Act::Send { e, msg, after } => self.send(s, e, msg, after),
            Act::Look { e, upto, pick } => self.look(s, e, upto, pick),
            Act::Clean { e, pick } => self.clean(s, e, pick),
            Act::Release(e) => {
                s.released |= 1 << e;
                s.granted = s.granted.max(e);
                if !self.goes_on_after_release() {
                    s.owner(e).look = state::NONE;
                }
            }
            Act::Reload(e) => self.reload(s, e),
            Act::Restart(e) => self.restart(s, e),
            Act::Quarantine(e) => s.owner(e).quarantined = true,
            Act::Save(e) => self.save(s, e),
            Act::Seal(e) => {
                s.record = s.record.max(1);
                s.writers |= 1 << e;
            }
            Act::Unlist(e) => self.unlist(s, e),
            Act::Delete { e, part, pick } => self.delete(s, e, part, pick),
            Act::Purge => {
                s.purged = true;
                s.sent &= !state::TOMBS;
                s.on.iter_mut().for_each(|on| *on &= !state::TOMBS);
            }
            Act::Take(_) | Act::Zero(_) | Act::Raise(_) => self.birth(s, act),
            Act::Vanish(e) => s.fences &= !(1 << e),
            Act::Forget(r) => {
                s.forgot = true;
                s.on[usize::from(r)] = 0;
            }
        }
    }
}
