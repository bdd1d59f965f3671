//! What a decision rests on and what comes of it. Never decides.

use crate::center::{Center, Queue, Service};
use crate::session::event::{By, Event, What};
use crate::session::input::ToldAgent;
use crate::words::{Audience, MessageId, PartyId, Seq, Time};

/// What the session lives by, and the little it must know of the world; put together by the worker for each decision.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// Its service, in the version it began with.
    pub service: &'a Service,
    /// The service's queue.
    pub queue: &'a Queue,
    /// Whether it is within the opening hours.
    pub open: bool,
    /// Whether somebody is signed in for the queue, as far as routing knows.
    pub staffed: bool,
    /// How many others wait in the queue.
    pub waiting: u32,
    /// The contact center as it is now, and not as it was at birth: agents, their roles and the queues that one can send
    /// on to are looked up here, and they come and go during a session's life.
    pub center: &'a Center,
}

/// An event before the worker gives it its place and time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Who causes it.
    pub by: By,
    /// Who may see it.
    pub audience: Audience,
    /// The asker's id, on the first draft of an [`crate::session::input::Ask`].
    pub id: Option<MessageId>,
    /// What happens.
    pub what: What,
}

impl Draft {
    /// The event at its place and time: `at` is the later of the owner's clock and the session's latest event.
    #[must_use]
    pub fn at(self, seq: Seq, at: Time) -> Event {
        Event { seq, at, by: self.by, audience: self.audience, id: self.id, what: self.what }
    }
}

/// Something that is shown and forgotten: it has no `seq` and is never stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ephemeral {
    /// Whose.
    pub party: PartyId,
    /// Who may see it; the sender need not.
    pub audience: Audience,
    /// Typing began or ended.
    pub on: bool,
    /// The text so far; only for readers who [`crate::session::Reader::may_preview`].
    pub preview: Option<String>,
}

/// What the caller gets besides the `seq` and time of the first event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Receipt {
    /// Nothing.
    #[default]
    None,
    /// A party to speak as.
    Joined {
        /// Which.
        party: PartyId,
    },
}

/// What an input makes happen.
///
/// An ask that would change nothing (leaving or closing twice, setting the data that is there, reading up to where one
/// has read) succeeds without drafts: nothing is stored, its id is not remembered, the answer names the session's
/// present `seq`. Repeating it is judged anew, which is harmless because such asks describe a state and not a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// The events, in order.
    pub drafts: Vec<Draft>,
    /// What is shown and forgotten.
    pub ephemeral: Vec<Ephemeral>,
    /// The answer to an agent's journal, to be given when all of the session up to here is published.
    pub told: Option<ToldAgent>,
    /// What the caller gets.
    pub receipt: Receipt,
}
