//! When to hold requests back: the store has given nothing but time-outs and "too few alive" for a while. A state machine
//! that is told the time; it asks nobody and sends nothing.

use crate::limits;

/// Closed while the store answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Circuit {
    open: bool,
    /// Faults since the last answer.
    faults: u32,
    /// When the first of them was, milliseconds.
    since: u64,
    /// When the last answer or change was, milliseconds.
    heard: u64,
}

impl Circuit {
    pub(in super::super) fn is_open(&self) -> bool {
        self.open
    }

    /// Milliseconds since the last answer.
    pub(in super::super) fn silent(&self, now: u64) -> u64 {
        now.saturating_sub(self.heard)
    }

    /// An answer: whatever was sent to get it, a quorum is there. True when that closes the circuit.
    pub(in super::super) fn answered(&mut self, now: u64) -> bool {
        let closes = self.open;
        *self = Self { open: false, faults: 0, since: 0, heard: now };
        closes
    }

    /// A fault that a missing quorum would make. True when it opens the circuit: one of many, over a time in which nothing
    /// else came. A single dead or paused node makes many at once, but never alone for long.
    pub(in super::super) fn failed(&mut self, now: u64) -> bool {
        if self.faults == 0 {
            self.since = now;
        }
        self.faults = self.faults.saturating_add(1);
        let opens = !self.open
            && self.faults >= limits::CASSANDRA_CIRCUIT_FAULTS
            && now.saturating_sub(self.since) >= limits::CASSANDRA_CIRCUIT_MS;
        self.open |= opens;
        opens
    }
}
