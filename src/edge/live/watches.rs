//! Which sessions a connection streams, and how far it is in each. Never fetches by itself.

use std::collections::BTreeMap;

use crate::limits::WATCHES;
use crate::words::{Seq, SessionId};

/// How one session is streamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    /// The client has everything up to here.
    pub last: Seq,
    /// Whether the stream is not attached yet, so that answers could overtake older events.
    pub catching: bool,
    /// Attaches that failed in a row.
    pub tries: u8,
    /// Whether it ends after the last page: the session is over.
    pub ending: bool,
}

/// All sessions of a connection.
#[derive(Debug, Default)]
pub struct Watches(BTreeMap<SessionId, Watch>);

impl Watches {
    /// Begins a watch; `false` when it is there already or there are too many.
    pub fn begin(&mut self, session: SessionId, from: Seq) -> bool {
        if self.0.contains_key(&session) || self.is_full() {
            return false;
        }
        self.0.insert(session, Watch { last: from, catching: true, tries: 0, ending: false });
        true
    }

    /// Whether no more can be watched.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.0.len() >= WATCHES
    }

    /// Whether a session is watched.
    #[must_use]
    pub fn holds(&self, session: SessionId) -> bool {
        self.0.contains_key(&session)
    }

    /// One watch.
    pub fn get(&mut self, session: SessionId) -> Option<&mut Watch> {
        self.0.get_mut(&session)
    }

    /// Whether a session is still catching up.
    #[must_use]
    pub fn catching(&self, session: SessionId) -> bool {
        self.0.get(&session).is_some_and(|watch| watch.catching)
    }

    /// Counts an event; `false` when the client has it or does not watch.
    pub fn passes(&mut self, session: SessionId, seq: Seq) -> bool {
        match self.0.get_mut(&session) {
            Some(watch) if seq > watch.last => {
                watch.last = seq;
                true
            }
            _ => false,
        }
    }

    /// Ends a watch.
    pub fn end(&mut self, session: SessionId) -> bool {
        self.0.remove(&session).is_some()
    }

    /// All watched sessions.
    pub fn sessions(&self) -> impl Iterator<Item = SessionId> + '_ {
        self.0.keys().copied()
    }
}
