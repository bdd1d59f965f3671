//! The door of a node that owns every shard: each call goes to the worker of its shard and waits with a deadline.
//! Never keeps anything that matters.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};

use crate::agent::event::AgentAct;
use crate::center::Center;
use crate::limits;
use crate::runtime::oneshot;
use crate::session::input::Ask;
use crate::shard::config::versions;
use crate::shard::door::{
    AgentSummary, ApplyError, Door, DoorError, EventPage, Mailbox, Receipt, RecordPage, RecordQuery, Summary,
    Wait, Who,
};
use crate::shard::history::records;
use crate::shard::worker::Shared;
use crate::shard::worker::msg::{Query, Reply, ToAgent, ToDesk, ToSession};
use crate::words::{AgentId, MessageId, Seq, SessionId};

/// The door of this node.
pub struct LocalDoor {
    shared: Shared,
    secret: [u8; 32],
}

impl LocalDoor {
    /// A door to running workers.
    #[must_use]
    pub fn new(shared: Shared, secret: [u8; 32]) -> Self {
        Self { shared, secret }
    }

    /// Waits for an answer until the deadline; past it the outcome is unknown.
    fn answer<T: Send + 'static>(
        &self,
        from: oneshot::Receiver<Result<T, DoorError>>,
    ) -> Wait<Result<T, DoorError>> {
        let deadline = self.shared.runtime.sleep(Duration::from_millis(limits::DOOR_WAIT));
        Box::pin(async move {
            match select(from, deadline).await {
                Either::Left((Ok(result), _)) => result,
                // The worker ended, or took too long: what it was asked may be done all the same.
                Either::Left((Err(_), _)) | Either::Right(_) => Err(DoorError::Unknown),
            }
        })
    }

    fn query<T: Send + 'static>(
        &self,
        who: Who,
        session: SessionId,
        make: impl FnOnce(oneshot::Sender<Result<T, DoorError>>) -> Query,
    ) -> Wait<Result<T, DoorError>> {
        let (reply, from) = oneshot::channel();
        match self.shared.links.session(session, ToSession::Query(who, make(reply))) {
            Ok(()) => self.answer(from),
            Err(_) => busy(),
        }
    }

    fn to_agent<T: Send + 'static>(
        &self,
        agent: &AgentId,
        make: impl FnOnce(oneshot::Sender<Result<T, DoorError>>) -> ToAgent,
    ) -> Wait<Result<T, DoorError>> {
        let (reply, from) = oneshot::channel();
        match self.shared.links.agent(agent, make(reply)) {
            Ok(()) => self.answer(from),
            Err(_) => busy(),
        }
    }
}

fn busy<T: Send + 'static>() -> Wait<Result<T, DoorError>> {
    crate::metrics::shed("shard_queue");
    Box::pin(std::future::ready(Err(DoorError::Busy { retry_ms: limits::REPEAT_AFTER })))
}

impl Door for LocalDoor {
    fn center(&self) -> Arc<Center> {
        self.shared.centers.current()
    }

    fn ask(&self, who: Who, session: SessionId, ask: Ask) -> Wait<Result<Receipt, DoorError>> {
        let (reply, from) = oneshot::channel();
        match self.shared.links.session(session, ToSession::Ask(who, ask, Reply::Once(reply))) {
            Ok(()) => self.answer(from),
            Err(_) => busy(),
        }
    }

    fn submit(&self, who: Who, session: SessionId, ask: Ask, (mailbox, tag): (Mailbox, u64)) {
        let reply = Reply::Mail(mailbox, tag);
        if let Err(ToSession::Ask(_, _, reply)) =
            self.shared.links.session(session, ToSession::Ask(who, ask, reply))
        {
            crate::metrics::shed("shard_queue");
            reply.give(Err(DoorError::Busy { retry_ms: limits::REPEAT_AFTER }));
        }
    }

    fn attach(&self, who: Who, session: SessionId, from: Seq, to: Mailbox) -> Wait<Result<Seq, DoorError>> {
        self.query(who, session, |reply| Query::Attach { from, to, reply })
    }

    fn detach(&self, session: SessionId, to: &Mailbox) {
        // A full queue loses the news; the mailbox is found closed at the session's next wake-up.
        let _ = self.shared.links.session(session, ToSession::Detach(to.clone()));
    }

    fn page(
        &self,
        who: Who,
        session: SessionId,
        from: Seq,
        limit: usize,
    ) -> Wait<Result<EventPage, DoorError>> {
        self.query(who, session, |reply| Query::Page { from, limit, reply })
    }

    fn summary(&self, who: Who, session: SessionId) -> Wait<Result<Summary, DoorError>> {
        let summary = self.query(who, session, Query::Summary);
        let (reply, position) = oneshot::channel();
        let asked = self.shared.links.desk(ToDesk::Position(session, reply));
        Box::pin(async move {
            let mut summary = summary.await?;
            if asked {
                summary.position = position.await.ok().flatten();
            }
            Ok(summary)
        })
    }

    fn ask_agent(&self, agent: AgentId, id: MessageId, act: AgentAct) -> Wait<Result<Receipt, DoorError>> {
        self.to_agent(&agent, |reply| ToAgent::Ask(id, act, Reply::Once(reply)))
    }

    fn attach_agent(&self, agent: AgentId, device: String, to: Mailbox) -> Wait<Result<(), DoorError>> {
        self.to_agent(&agent, |reply| ToAgent::Attach(device, to, reply))
    }

    fn detach_agent(&self, agent: &AgentId, to: &Mailbox) {
        let _ = self.shared.links.agent(agent, ToAgent::Detach(to.clone()));
    }

    fn agent(&self, agent: AgentId) -> Wait<Result<AgentSummary, DoorError>> {
        self.to_agent(&agent, ToAgent::Summary)
    }

    fn records(&self, who: Who, query: RecordQuery) -> Wait<Result<RecordPage, DoorError>> {
        let (rows, now) = (self.shared.rows.clone(), self.shared.runtime.now());
        Box::pin(
            async move { records::list(&*rows, &who, &query, now).await.map_err(|_| DoorError::Unknown) },
        )
    }

    fn apply_center(&self, base: u64, text: String) -> Wait<Result<u64, ApplyError>> {
        let (rows, centers) = (self.shared.rows.clone(), self.shared.centers.clone());
        Box::pin(async move { versions::apply(&*rows, &centers, base, text).await })
    }

    fn center_text(&self, version: Option<u64>) -> Wait<Result<Option<(u64, String)>, DoorError>> {
        let (rows, current) = (self.shared.rows.clone(), self.shared.centers.current().version);
        let version = version.unwrap_or(current);
        Box::pin(async move {
            let text = versions::text(&*rows, version).await.map_err(|_| DoorError::Unknown)?;
            Ok(text.map(|text| (version, text)))
        })
    }

    fn queues(&self) -> std::collections::BTreeMap<String, crate::shard::desk::board::QueueNow> {
        self.shared.board.all()
    }

    fn secret(&self) -> [u8; 32] {
        self.secret
    }
}
