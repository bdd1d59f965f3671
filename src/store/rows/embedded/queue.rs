//! A bounded queue between any number of askers and the store's own threads. It never blocks an asker and knows no rows.

use std::collections::VecDeque;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use crate::store::rows::Refused;

/// What one entry, or one take, or the whole queue weighs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Weight {
    pub(super) ops: usize,
    pub(super) bytes: usize,
}

impl Weight {
    fn plus(self, other: Self) -> Self {
        Self { ops: self.ops + other.ops, bytes: self.bytes + other.bytes }
    }

    fn within(self, bound: Self) -> bool {
        self.ops <= bound.ops && self.bytes <= bound.bytes
    }
}

/// What waits, in the order in which it came in.
#[derive(Debug)]
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
    bound: Weight,
}

#[derive(Debug)]
struct State<T> {
    entries: VecDeque<(T, Weight)>,
    weight: Weight,
    waiters: usize,
    closed: bool,
}

/// What a thread found when it asked for work.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken<T> {
    /// Entries, at least one.
    Some(Vec<T>),
    /// Nothing came within the time.
    Nothing,
    /// The queue is closed and empty.
    Closed,
}

impl<T> Queue<T> {
    pub(super) fn new(bound: Weight) -> Self {
        let state = State { entries: VecDeque::new(), weight: Weight::default(), waiters: 0, closed: false };
        Self { state: Mutex::new(state), filled: Condvar::new(), bound }
    }

    /// Adds an entry. An entry that is larger than the bound is taken by an empty queue.
    pub(super) fn push(&self, entry: T, weight: Weight) -> Result<(), Refused> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(Refused::Closing);
        }
        let after = state.weight.plus(weight);
        if !state.entries.is_empty() && !after.within(self.bound) {
            return Err(Refused::Busy);
        }
        state.entries.push_back((entry, weight));
        state.weight = after;
        let wake = state.waiters > 0;
        drop(state);
        if wake {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Takes what waits, up to `most` but at least one entry; waits up to `patience` (`None`: for ever) if there is none.
    pub(super) fn take(&self, most: Weight, patience: Option<Duration>) -> Taken<T> {
        let mut state = self.state.lock();
        if state.entries.is_empty() && !state.closed {
            state.waiters += 1;
            match patience {
                None => self.filled.wait(&mut state),
                Some(time) => {
                    self.filled.wait_for(&mut state, time);
                }
            }
            state.waiters -= 1;
        }
        let mut taken = Vec::new();
        let mut weight = Weight::default();
        while let Some((_, next)) = state.entries.front() {
            let after = weight.plus(*next);
            if !taken.is_empty() && !after.within(most) {
                break;
            }
            weight = after;
            taken.extend(state.entries.pop_front().map(|(entry, _)| entry));
        }
        state.weight.ops -= weight.ops;
        state.weight.bytes -= weight.bytes;
        match (taken.is_empty(), state.closed) {
            (false, _) => Taken::Some(taken),
            (true, true) => Taken::Closed,
            (true, false) => Taken::Nothing,
        }
    }

    /// Takes out every entry that `which` says, wherever it stands.
    pub(super) fn extract(&self, which: impl Fn(&T) -> bool) -> Vec<T> {
        let mut state = self.state.lock();
        let mut out = Vec::new();
        for (entry, weight) in std::mem::take(&mut state.entries) {
            if which(&entry) {
                state.weight.ops -= weight.ops;
                state.weight.bytes -= weight.bytes;
                out.push(entry);
            } else {
                state.entries.push_back((entry, weight));
            }
        }
        out
    }

    /// Takes no more entries; what waits is still handed out.
    pub(super) fn close(&self) {
        self.state.lock().closed = true;
        self.filled.notify_all();
    }

    pub(super) fn depth(&self) -> usize {
        self.state.lock().weight.ops
    }
}
