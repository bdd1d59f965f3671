//! What the state wants from others now. Level-triggered: read again after every change and after every takeover, so
//! that nothing has to be remembered about what was already asked. Never performs anything.

use crate::session::event::Errand;
use crate::session::{Phase, Session};
use crate::words::{AgentId, ReservationId, Seq, Time};

/// Something wanted, and the event that must be published before anybody is asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Waits until this event is published.
    pub after: Seq,
    /// What.
    pub what: Want,
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// An agent.
    Seek {
        /// From which queue.
        queue: String,
        /// Larger is served first.
        priority: i32,
        /// Earlier is served first.
        since: Time,
        /// To be asked first, if free.
        prefer: Option<AgentId>,
        /// Who just declined or did not answer. To be asked last; not a ban, or a lone agent would never be asked again.
        avoid: Vec<AgentId>,
    },
    /// An answer from an agent's journal, [`crate::session::input::FromAgent::Done`].
    Errand {
        /// Whose journal.
        agent: AgentId,
        /// About which reservation.
        reservation: ReservationId,
        /// What.
        errand: Errand,
    },
    /// The record sealed.
    Seal,
}

impl Session {
    /// All that the state wants now.
    #[must_use]
    pub fn effects(&self) -> Vec<Effect> {
        if let Some((_, after)) = self.stopped {
            return vec![Effect { after, what: Want::Seal }];
        }
        let errands = self.line.outbox.iter().map(|entry| Effect {
            after: entry.seq,
            what: Want::Errand {
                agent: entry.agent.clone(),
                reservation: entry.reservation,
                errand: entry.errand,
            },
        });
        errands.chain(self.seek()).collect()
    }

    fn seek(&self) -> Option<Effect> {
        let line = &self.line;
        let place = line.place.as_ref()?;
        if self.phase != Phase::Online || !line.waiting || line.offer.is_some() {
            return None;
        }
        let what = Want::Seek {
            queue: place.queue.clone(),
            priority: place.priority,
            since: place.since,
            prefer: line.prefer.clone(),
            avoid: line.avoid.clone(),
        };
        Some(Effect { after: line.changed, what })
    }
}
