//! What has happened, as a hash of everything and as the latest lines. Never grows without bound.

use std::collections::VecDeque;

/// Lines that are kept.
const KEPT: usize = 400;

/// The trace of a run.
pub(super) struct Trace {
    hash: u64,
    turns: u64,
    lines: VecDeque<String>,
}

impl Default for Trace {
    fn default() -> Self {
        Self { hash: 0xcbf2_9ce4_8422_2325, turns: 0, lines: VecDeque::new() }
    }
}

impl Trace {
    /// A task runs.
    pub(super) fn turn(&mut self, now: u64, task: u64) {
        self.turns += 1;
        self.mix(&now.to_le_bytes());
        self.mix(&task.to_le_bytes());
    }

    /// Something worth a line has happened.
    pub(super) fn line(&mut self, now: u64, what: &str) {
        self.mix(what.as_bytes());
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(format!("{:>10.3} s  {what}", now as f64 / 1e9));
    }

    pub(super) fn hash(&self) -> (u64, u64) {
        (self.hash, self.turns)
    }

    pub(super) fn notes(&self) -> Vec<String> {
        self.lines.iter().cloned().collect()
    }

    /// FNV-1a.
    fn mix(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.hash = (self.hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
