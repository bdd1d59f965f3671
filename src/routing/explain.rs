//! Why a session was given this agent and who was next, for people who ask afterwards. Bounded: the last
//! [`limits::EXPLAINED_MAX`] decisions. Never takes part in a decision.

use std::collections::{BTreeMap, VecDeque};

use crate::limits;
use crate::words::{AgentId, SessionId, Time};

/// Why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Explanation {
    /// An agent was proposed.
    Proposed {
        /// When.
        at: Time,
        /// From which queue.
        queue: String,
        /// Who.
        chosen: AgentId,
        /// Who would have been asked without them.
        next: Option<AgentId>,
        /// Who had been idle for longer and was not asked, at most [`limits::PASSED_MAX`].
        passed: Vec<(AgentId, Passed)>,
        /// How many of the queue's agents were signed in, busy ones included.
        signed_in: u32,
    },
    /// Nobody has been proposed since it registered.
    Waiting(Waits),
}

/// Why an agent was not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed {
    /// They just declined or did not answer.
    Avoided,
    /// The session prefers another, who was free.
    NotPreferred,
}

/// What a session waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waits {
    /// The agent it prefers.
    ForPreferred(AgentId),
    /// Anybody at all.
    NobodySignedIn,
    /// Free capacity.
    AllBusy {
        /// How many are signed in.
        signed_in: u32,
    },
    /// Only those are free who just declined; they are asked again in a moment.
    AfterDecline,
    /// Somebody is free: the next call of `matches` will tell, unless others are first.
    NextCall,
}

/// The last decisions.
#[derive(Clone, Debug, Default)]
pub(super) struct Explained {
    by_session: BTreeMap<SessionId, (u64, Explanation)>,
    order: VecDeque<(u64, SessionId)>,
    count: u64,
}

impl Explained {
    pub(super) fn put(&mut self, session: SessionId, why: Explanation) {
        self.count += 1;
        self.by_session.insert(session, (self.count, why));
        self.order.push_back((self.count, session));
        if self.order.len() <= limits::EXPLAINED_MAX {
            return;
        }
        let Some((number, oldest)) = self.order.pop_front() else { return };
        // A newer decision about the same session stays.
        if self.by_session.get(&oldest).is_some_and(|(known, _)| *known == number) {
            self.by_session.remove(&oldest);
        }
    }

    pub(super) fn get(&self, session: SessionId) -> Option<Explanation> {
        self.by_session.get(&session).map(|(_, why)| why.clone())
    }
}
