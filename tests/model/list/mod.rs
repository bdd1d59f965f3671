//! The list model: one session that sleeps and wakes under successive owners, its active rows and its wake-up. A new owner
//! reads both lists, in any order, while rows land; what it must find it must find (P6). Two designs: the active row as one
//! row that comes and goes, and rows at places behind a mark. Never models events: an ack is a look that was clean.

mod acting;
mod reading;
mod state;
mod tests;
mod trace;

use stateright::{Model, Property};

use state::{Kind, Need, State};

/// A rule that is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Break {
    /// An owner relies on the row of the owner before.
    RelyOnFormer,
    /// An ack does not wait for the active row.
    AckBeforeRow,
    /// Timestamps are made by clocks, and an older owner's is ahead.
    ClockStamps,
    /// k belongs to the session and restarts when it is unloaded.
    CounterPerSession,
    /// The last delete is sent before the last event is published.
    LastDeleteEarly,
    /// What a row or wake-up replaces is deleted when that is stored, without a look.
    DeleteWithoutLook,
    /// A mark passes rows that are on their way.
    MarkPassesOwn,
    /// A mark is written by an owner that has not read the list.
    MarkUnread,
    /// A mark passes rows that others have written.
    MarkPassesFound,
}

/// The list model.
#[derive(Clone, Debug)]
struct List {
    owners: u8,
    /// Most writes of one epoch.
    writes: usize,
    /// Rows lie at places of their own, behind a mark.
    places: bool,
    breaks: Vec<Break>,
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    /// All older owners' fences are stored.
    Fence(u8),
    /// The mark is read, and the reading of the rows begins.
    ReadMark { e: u8, mark: u8 },
    /// It ends: these rows were seen.
    ReadRows { e: u8, seen: u32 },
    /// The wake-up is read.
    ReadWake { e: u8, found: bool },
    /// An active row is sent.
    List(u8),
    /// A break: awake by another's row.
    Rely(u8),
    /// What is in flight is stored, and a look begins.
    Look(u8),
    /// It was clean; whether somebody was answered.
    Clean { e: u8, ack: bool },
    /// A wake-up is sent.
    Drowsy(u8),
    /// Something came: it stays awake.
    Cancel(u8),
    /// The wake-up is deleted, for the active row remembers.
    Forget(u8),
    /// The record is stored, then the rows are deleted.
    Close(u8),
    /// A mark is sent.
    Mark(u8),
}

impl List {
    fn has(&self, rule: Break) -> bool {
        self.breaks.contains(&rule)
    }
}

impl Model for List {
    type State = State;
    type Action = Act;

    fn init_states(&self) -> Vec<State> {
        vec![State::first()]
    }

    fn actions(&self, s: &State, out: &mut Vec<Act>) {
        for e in 0..self.owners {
            self.reading_acts(s, e, out);
            if !s.of(e).fenced || s.over {
                continue;
            }
            // What an owner writes matters to later ones that still read; an answer, to all later ones.
            if (e + 1..self.owners).any(|later| !s.of(later).has_read()) {
                self.acting_acts(s, e, out);
            } else if s.of(e).look {
                out.push(Act::Clean { e, ack: true });
            }
        }
    }

    fn next_state(&self, s: &State, act: Act) -> Option<State> {
        let mut next = s.clone();
        match act {
            Act::Fence(e) => {
                next.owner(e).fenced = true;
                next.fences |= (1 << e) - 1;
            }
            Act::ReadMark { e, mark } => self.read_mark(&mut next, e, mark),
            Act::ReadRows { e, seen } => self.read_rows(&mut next, e, seen),
            Act::ReadWake { e, found } => {
                let owner = next.owner(e);
                (owner.wake_read, owner.found_wake) = (true, found);
            }
            other => self.act(&mut next, other),
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("P6 found", found),
            Property::sometimes(
                "a session that was put to sleep is answered and found again",
                |list, s: &State| {
                    let (middle, last) = (s.of(list.owners - 2), s.of(list.owners - 1));
                    let slept = list.owners < 3 || middle.found_wake && !middle.found_active;
                    middle.need == Need::Awake && slept && last.found_active
                },
            ),
            Property::sometimes("a sleeper is found by its wake-up alone", |list, s: &State| {
                let (middle, last) = (s.of(list.owners - 2), s.of(list.owners - 1));
                middle.need == Need::Asleep && last.has_read() && last.found_wake && !last.found_active
            }),
        ]
    }
}

/// P6: who has read both lists knows of a session that an older owner has answered and that is not over.
fn found(list: &List, s: &State) -> bool {
    // Whoever is fenced is not the owner any more.
    let mut owners = (1..list.owners).filter(|e| s.of(*e).has_read() && s.fences & (1 << e) == 0);
    owners.all(|e| {
        let needs = (0..e).rev().map(|old| s.of(old).need).find(|need| *need != Need::Nothing);
        let owner = s.of(e);
        // Whoever has listed it itself has it in memory or has put it to sleep.
        let knows = s.all(Kind::List).any(|(of, _, _)| of == e);
        match needs {
            _ if s.over || owner.deposed || knows => true,
            None | Some(Need::Nothing) => true,
            Some(Need::Awake) => owner.found_active,
            Some(Need::Asleep) => owner.found_active || owner.found_wake,
        }
    })
}
