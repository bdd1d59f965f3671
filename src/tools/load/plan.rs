//! What each side of a conversation says, and when it may. Never sends.

use std::borrow::Cow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::options::{Content, Pace};
use super::part::micros;
use crate::limits::LOAD_SLOT_LATE;
use crate::tools::corpus::{Conversation, Turn};
use crate::tools::history::{Micros, Side};

/// What both sides of one conversation say.
#[derive(Debug)]
pub(super) enum Script {
    /// A recorded conversation; by side, the places of its turns.
    Recorded { turns: Vec<Turn>, places: [Vec<u32>; 2] },
    /// The customer says texts of so many bytes without end; the agent says nothing.
    Synthetic { size: usize },
    /// Nobody says anything, until the run is over.
    Silent,
}

/// One turn of a side.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cue<'a> {
    /// Turns of the other side that must be seen first.
    pub needs: u32,
    /// When it was recorded, milliseconds after the beginning.
    pub at_ms: u64,
    /// The text.
    pub text: Cow<'a, str>,
}

impl Script {
    /// The script of conversation `number` of a run: a corpus is played again from its start when it ends.
    pub fn new(content: &Content, number: usize) -> Self {
        match content {
            Content::Corpus(conversations) => Self::recorded(&conversations[number % conversations.len()]),
            Content::Synthetic { talkers, .. } if number >= *talkers => Self::Silent,
            Content::Synthetic { size, .. } => Self::Synthetic { size: *size },
        }
    }

    fn recorded(conversation: &Conversation) -> Self {
        let mut places = [Vec::new(), Vec::new()];
        for (place, turn) in (0..).zip(&conversation.turns) {
            places[turn.side as usize].push(place);
        }
        Self::Recorded { turns: conversation.turns.clone(), places }
    }

    /// The `k`-th turn of a side, from 0; `None` after its last.
    pub fn cue(&self, side: Side, k: u32) -> Option<Cue<'_>> {
        match self {
            Self::Recorded { turns, places } => {
                let place = *places[side as usize].get(k as usize)?;
                let turn = &turns[place as usize];
                // Of the turns before it, k are of its own side.
                Some(Cue { needs: place - k, at_ms: turn.at_ms, text: Cow::Borrowed(&turn.text) })
            }
            Self::Synthetic { size } if side == Side::Customer => {
                let text = format!("{k:010} {:x<width$}", "", width = size.saturating_sub(11));
                Some(Cue { needs: 0, at_ms: 0, text: Cow::Owned(text) })
            }
            Self::Synthetic { .. } | Self::Silent => None,
        }
    }

    /// How many turns a side has; `None` while that is for the clock to say.
    pub fn total(&self, side: Side) -> Option<u32> {
        match self {
            Self::Recorded { places, .. } => u32::try_from(places[side as usize].len()).ok(),
            Self::Synthetic { .. } | Self::Silent => (side == Side::Agent).then_some(0),
        }
    }
}

/// When turns are due.
#[derive(Debug)]
pub(super) struct Pacer {
    pace: Pace,
    began: OnceLock<Micros>,
    slots: AtomicU64,
    /// Seats stay empty from now on: speakers are missing.
    emptying: AtomicBool,
}

impl Pacer {
    pub fn new(pace: Pace) -> Self {
        Self { pace, began: OnceLock::new(), slots: AtomicU64::new(0), emptying: AtomicBool::new(false) }
    }

    /// The intended start of a turn that has become possible `now`, in a conversation that began at `began`.
    ///
    /// Of an open loop each turn takes the next slot, also one that has passed: the wait is then part of its latency. A
    /// slot that nobody could take for [`LOAD_SLOT_LATE`] is let go, since then speakers are missing and not answers:
    /// turns wait for each other, and the last conversations of a run are few.
    pub fn intended(&self, cue: &Cue<'_>, began: Micros, now: Micros) -> Micros {
        match self.pace {
            Pace::Fast => now,
            Pace::Recorded(speed) => now.max(began + (cue.at_ms as f64 * 1e3 / speed) as Micros),
            Pace::Rate(rate) => self.slot(rate, now),
        }
    }

    /// The first seat stays empty: the loop is no longer open, and a slot that has passed is nobody's delay.
    pub fn seat_empty(&self) {
        self.emptying.store(true, Ordering::Relaxed);
    }

    fn slot(&self, rate: f64, now: Micros) -> Micros {
        let began = *self.began.get_or_init(|| now);
        let oldest = now.saturating_sub(micros(LOAD_SLOT_LATE));
        let first = (oldest.saturating_sub(began) as f64 * rate / 1e6).ceil() as u64;
        self.slots.fetch_max(first, Ordering::Relaxed);
        let slot = self.slots.fetch_add(1, Ordering::Relaxed);
        let slot = began + (slot as f64 * 1e6 / rate) as Micros;
        if self.emptying.load(Ordering::Relaxed) { slot.max(now) } else { slot }
    }
}
