//! Everything that can reach a shard's worker, as one closed list. Never says what comes of it.

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
            Self::Nobody => {}
        }
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
    /// End, when nothing is in flight any more or the deadline of the one who stops passes.
    Stop(oneshot::Sender<()>),
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
