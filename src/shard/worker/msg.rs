//! Everything that can reach a shard's worker, as one closed list. Never says what comes of it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::agent::AgentRefusal;
use crate::agent::event::{AgentAct, AgentInput};
use crate::runtime::oneshot;
use crate::session::input::{Ask, FromAgent, ToldAgent};
use crate::shard::door::{AgentSummary, DoorError, EventPage, Mailbox, Receipt, Summary, Who};
use crate::words::{AgentId, MessageId, ReservationId, Seq, SessionId};

/// Where the result of a change goes.
#[derive(Debug)]
pub enum Reply {
    /// To a caller who waits.
    Once(oneshot::Sender<Result<Receipt, DoorError>>),
    /// To a connection, under its own number.
    Mail(Mailbox, u64),
    /// To somebody who hears also that no result will come from here.
    Waiter(Waiter),
    /// To nobody: the worker asked itself.
    Nobody,
}

impl Reply {
    /// Gives the result; a caller who is gone gets nothing.
    pub fn give(self, result: Result<Receipt, DoorError>) {
        match self {
            Self::Once(to) => drop(to.send(result)),
            Self::Mail(to, tag) => {
                to.put(crate::shard::door::Delivery::Answer { tag, result });
            }
            Self::Waiter(waiter) => waiter.give(result),
            Self::Nobody => {}
        }
    }
}

/// Who waits for results, each under a number.
pub trait Awaits: Send + Sync + 'static {
    /// The result.
    fn answered(&self, tag: u64, result: Result<Receipt, DoorError>);

    /// The worker has ended and gives no result. What was asked may be stored all the same: the next owner is asked again,
    /// under the same id.
    fn lost(&self, tag: u64);
}

/// One result that is waited for. When it goes without having been given, it is lost.
pub struct Waiter {
    to: Option<Arc<dyn Awaits>>,
    tag: u64,
}

impl Waiter {
    /// Waits under a number.
    #[must_use]
    pub fn new(to: Arc<dyn Awaits>, tag: u64) -> Self {
        Self { to: Some(to), tag }
    }

    /// Nobody waits any more, and nothing is lost.
    pub fn forget(mut self) {
        self.to = None;
    }

    fn give(mut self, result: Result<Receipt, DoorError>) {
        if let Some(to) = self.to.take() {
            to.answered(self.tag, result);
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if let Some(to) = self.to.take() {
            to.lost(self.tag);
        }
    }
}

impl fmt::Debug for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiter").field("tag", &self.tag).finish_non_exhaustive()
    }
}

/// A question about a session that changes nothing, or an attachment.
#[derive(Debug)]
pub enum Query {
    /// Stream from here on.
    Attach {
        /// Above this seq.
        from: Seq,
        /// To whom.
        to: Mailbox,
        /// Answered with the published seq.
        reply: oneshot::Sender<Result<Seq, DoorError>>,
    },
    /// Events of the past.
    Page {
        /// Above this seq.
        from: Seq,
        /// At most this many.
        limit: usize,
        /// The answer.
        reply: oneshot::Sender<Result<EventPage, DoorError>>,
    },
    /// How it stands.
    Summary(oneshot::Sender<Result<Summary, DoorError>>),
}

impl Query {
    /// Answers that there is no result.
    pub fn refuse(self, error: DoorError) {
        match self {
            Self::Attach { reply, .. } => drop(reply.send(Err(error))),
            Self::Page { reply, .. } => drop(reply.send(Err(error))),
            Self::Summary(reply) => drop(reply.send(Err(error))),
        }
    }
}

/// Something for a worker.
#[derive(Debug)]
pub enum Msg {
    /// Something for a session.
    Session(SessionId, ToSession),
    /// Something for an agent's journal.
    Agent(AgentId, ToAgent),
    /// Shards have changed their owners: what was said to others may have been said to nobody, and is said again.
    Moved,
    /// Say when the journals of the active list have been read.
    Recovered(oneshot::Sender<()>),
    /// End, when nothing is in flight any more or so much time has passed. Nothing new is decided.
    Stop(oneshot::Sender<()>, Duration),
}

/// Something for a session.
#[derive(Debug)]
pub enum ToSession {
    /// A change.
    Ask(Who, Ask, Reply),
    /// A question.
    Query(Who, Query),
    /// An agent's journal speaks; the answer goes back to it.
    Agent(AgentId, FromAgent),
    /// A connection is gone.
    Detach(Mailbox),
}

/// Something for an agent's journal.
#[derive(Debug)]
pub enum ToAgent {
    /// A change.
    Ask(MessageId, AgentAct, Reply),
    /// A session's errand; the answer goes back to it.
    Errand(SessionId, AgentInput),
    /// The matchmaker proposes; the answer goes back to it.
    Reserve(ReservationId, AgentInput),
    /// A session's answer.
    Told(ReservationId, ToldAgent),
    /// How they stand.
    Summary(oneshot::Sender<Result<AgentSummary, DoorError>>),
    /// Stream from here on; the device counts as connected.
    Attach(String, Mailbox, oneshot::Sender<Result<(), DoorError>>),
    /// A connection is gone.
    Detach(Mailbox),
}

/// What the matchmaker hears.
#[derive(Debug)]
pub enum ToDesk {
    /// A session seeks an agent.
    Seek(SessionId, crate::routing::Seek),
    /// A session seeks nobody any more.
    Unseek(SessionId),
    /// An agent is signed in.
    Announce(AgentId, Vec<String>, u32, crate::words::Time),
    /// An agent is not signed in any more.
    Gone(AgentId),
    /// An agent's journal answered a proposal.
    Answered(ReservationId, Result<(), AgentRefusal>),
    /// A session's place in line.
    Position(SessionId, oneshot::Sender<Option<u32>>),
}
