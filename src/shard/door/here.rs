//! Calls to the workers of this node. An answer, or that none will come because the shard is not here (any more): then the
//! call may have been heard all the same. Never waits for another node and never repeats.

use std::sync::Arc;

use crate::agent::event::AgentAct;
use crate::limits;
use crate::runtime::oneshot;
use crate::session::input::Ask;
use crate::shard::door::{AgentSummary, DoorError, EventPage, Mailbox, Receipt, Summary, Wait, Who};
use crate::shard::links::{Links, Unsent};
use crate::shard::worker::msg::{Awaits, Query, Reply, ToAgent, ToDesk, ToSession, Waiter};
use crate::words::{AgentId, MessageId, Seq, SessionId};

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missed {
    /// The owner says so.
    Door(DoorError),
    /// There is no owner here, or it ended before it answered: ask the next one, under the same id.
    Gone,
}

/// The result of a call.
pub type Called<T> = Wait<Result<T, Missed>>;

/// The workers of this node.
#[derive(Clone)]
pub struct Here {
    links: Links,
}

impl Here {
    /// By way of these links.
    #[must_use]
    pub fn new(links: Links) -> Self {
        Self { links }
    }

    /// Asks for a change.
    pub fn ask(&self, who: Who, session: SessionId, ask: Ask) -> Called<Receipt> {
        self.session(session, |reply| ToSession::Ask(who, ask, Reply::Once(reply)))
    }

    /// Asks for a change; the answer, or that it is lost, comes to `to` under `tag`.
    ///
    /// # Errors
    /// When it was certainly not heard; then nothing comes.
    pub fn submit(
        &self,
        (who, session): (Who, SessionId),
        ask: Ask,
        (to, tag): (Arc<dyn Awaits>, u64),
    ) -> Result<(), Missed> {
        let reply = Reply::Waiter(Waiter::new(to, tag));
        let (missed, unsent) = match self.links.session(session, ToSession::Ask(who, ask, reply)) {
            Ok(()) => return Ok(()),
            Err(Unsent::Full(unsent)) => {
                crate::metrics::shed("shard_queue");
                (Missed::Door(busy()), unsent)
            }
            Err(Unsent::NotHere(unsent)) => (Missed::Gone, unsent),
        };
        if let ToSession::Ask(_, _, Reply::Waiter(waiter)) = unsent {
            waiter.forget();
        }
        Err(missed)
    }

    /// Attaches a connection.
    pub fn attach(&self, who: Who, session: SessionId, from: Seq, to: Mailbox) -> Called<Seq> {
        self.session(session, |reply| ToSession::Query(who, Query::Attach { from, to, reply }))
    }

    /// Ends what an attachment began. A full queue loses the news; the mailbox is found closed later.
    pub fn detach(&self, session: SessionId, to: &Mailbox) {
        let _ = self.links.session(session, ToSession::Detach(to.clone()));
    }

    /// A page of events.
    pub fn page(&self, who: Who, session: SessionId, from: Seq, limit: usize) -> Called<EventPage> {
        self.session(session, |reply| ToSession::Query(who, Query::Page { from, limit, reply }))
    }

    /// How a session stands, without its place in line.
    pub fn summary(&self, who: Who, session: SessionId) -> Called<Summary> {
        self.session(session, |reply| ToSession::Query(who, Query::Summary(reply)))
    }

    /// Asks an agent's journal for a change.
    pub fn ask_agent(&self, agent: &AgentId, id: MessageId, act: AgentAct) -> Called<Receipt> {
        self.to_agent(agent, |reply| ToAgent::Ask(id, act, Reply::Once(reply)))
    }

    /// Attaches an agent's device.
    pub fn attach_agent(&self, agent: &AgentId, device: String, to: Mailbox) -> Called<()> {
        self.to_agent(agent, |reply| ToAgent::Attach(device, to, reply))
    }

    /// Ends what an attachment began.
    pub fn detach_agent(&self, agent: &AgentId, to: &Mailbox) {
        let _ = self.links.agent(agent, ToAgent::Detach(to.clone()));
    }

    /// How an agent stands.
    pub fn agent(&self, agent: &AgentId) -> Called<AgentSummary> {
        self.to_agent(agent, ToAgent::Summary)
    }

    /// A session's place in line, if the matchmaker is here.
    pub fn position(&self, session: SessionId) -> Called<Option<u32>> {
        let (reply, answer) = oneshot::channel();
        let sent = self.links.desk(ToDesk::Position(session, reply)).map_err(|unsent| match unsent {
            Unsent::Full(_) => Missed::Door(busy()),
            Unsent::NotHere(_) => Missed::Gone,
        });
        Box::pin(async move {
            sent?;
            answer.await.map_err(|_| Missed::Gone)
        })
    }

    /// Ends when the worker of a shard has read the journals of its active list.
    pub fn recovered(&self, shard: u16) -> Called<()> {
        let asked = self.links.recovered(shard).map_err(|unsent| match unsent {
            Unsent::Full(()) => Missed::Door(busy()),
            Unsent::NotHere(()) => Missed::Gone,
        });
        Box::pin(async move { asked?.await.map_err(|_| Missed::Gone) })
    }

    fn session<T: Send + 'static>(
        &self,
        session: SessionId,
        make: impl FnOnce(oneshot::Sender<Result<T, DoorError>>) -> ToSession,
    ) -> Called<T> {
        let (reply, answer) = oneshot::channel();
        answered(self.links.session(session, make(reply)), answer)
    }

    fn to_agent<T: Send + 'static>(
        &self,
        agent: &AgentId,
        make: impl FnOnce(oneshot::Sender<Result<T, DoorError>>) -> ToAgent,
    ) -> Called<T> {
        let (reply, answer) = oneshot::channel();
        answered(self.links.agent(agent, make(reply)), answer)
    }
}

fn answered<T: Send + 'static, M>(
    sent: Result<(), Unsent<M>>,
    answer: oneshot::Receiver<Result<T, DoorError>>,
) -> Called<T> {
    match sent {
        Ok(()) => Box::pin(async move {
            match answer.await {
                Ok(result) => result.map_err(Missed::Door),
                Err(_) => Err(Missed::Gone),
            }
        }),
        Err(Unsent::Full(_)) => {
            crate::metrics::shed("shard_queue");
            Box::pin(std::future::ready(Err(Missed::Door(busy()))))
        }
        Err(Unsent::NotHere(_)) => Box::pin(std::future::ready(Err(Missed::Gone))),
    }
}

fn busy() -> DoorError {
    DoorError::Busy { retry_ms: limits::REPEAT_AFTER }
}
