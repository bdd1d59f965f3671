//! The door of a node that owns every shard: each call goes to the worker of its shard and waits with a deadline.
//! Never keeps anything that matters.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};

use crate::agent::event::AgentAct;
use crate::center::Center;
use crate::limits;
use crate::runtime::Runtime;
use crate::session::input::Ask;
use crate::shard::desk::board::QueueNow;
use crate::shard::door::here::{Called, Here, Missed};
use crate::shard::door::{
    AgentSummary, ApplyError, Door, DoorError, EventPage, Mailbox, Receipt, RecordPage, RecordQuery,
    StaffDoor, Summary, Wait, Who,
};
use crate::shard::links::Unsent;
use crate::shard::site::Site;
use crate::shard::worker::msg::{Reply, ToSession};
use crate::words::{AgentId, MessageId, Seq, SessionId};

/// The door of this node.
pub struct LocalDoor {
    site: Site,
    here: Here,
}

impl LocalDoor {
    /// A door to running workers.
    #[must_use]
    pub fn new(site: Site) -> Self {
        let here = Here::new(site.links.clone());
        Self { site, here }
    }

    /// Waits for an answer until the deadline; past it the outcome is unknown.
    fn answer<T: Send + 'static>(&self, called: Called<T>) -> Wait<Result<T, DoorError>> {
        answer(&self.site.runtime, called)
    }
}

/// See [`LocalDoor`].
fn answer<T: Send + 'static>(runtime: &Arc<dyn Runtime>, called: Called<T>) -> Wait<Result<T, DoorError>> {
    let deadline = runtime.sleep(Duration::from_millis(limits::DOOR_WAIT));
    Box::pin(async move {
        match select(called, deadline).await {
            Either::Left((Ok(result), _)) => Ok(result),
            Either::Left((Err(Missed::Door(error)), _)) => Err(error),
            // The worker ended, or took too long: what it was asked may be done all the same.
            Either::Left((Err(Missed::Gone), _)) | Either::Right(_) => Err(DoorError::Unknown),
        }
    })
}

impl Door for LocalDoor {
    fn center(&self) -> Arc<Center> {
        self.site.centers.current()
    }

    fn ask(&self, who: Who, session: SessionId, ask: Ask) -> Wait<Result<Receipt, DoorError>> {
        self.answer(self.here.ask(who, session, ask))
    }

    fn submit(&self, who: Who, session: SessionId, ask: Ask, (mailbox, tag): (Mailbox, u64)) {
        let ask = ToSession::Ask(who, ask, Reply::Mail(mailbox, tag));
        match self.site.links.session(session, ask) {
            Ok(()) => {}
            Err(Unsent::Full(ToSession::Ask(_, _, reply))) => {
                crate::metrics::shed("shard_queue");
                reply.give(Err(DoorError::Busy { retry_ms: limits::REPEAT_AFTER }));
            }
            Err(Unsent::NotHere(ToSession::Ask(_, _, reply))) => reply.give(Err(DoorError::Closing)),
            Err(_) => unreachable!("the message that was sent comes back"),
        }
    }

    fn attach(&self, who: Who, session: SessionId, from: Seq, to: Mailbox) -> Wait<Result<Seq, DoorError>> {
        self.answer(self.here.attach(who, session, from, to))
    }

    fn detach(&self, session: SessionId, to: &Mailbox) {
        self.here.detach(session, to);
    }

    fn page(
        &self,
        who: Who,
        session: SessionId,
        from: Seq,
        limit: usize,
    ) -> Wait<Result<EventPage, DoorError>> {
        self.answer(self.here.page(who, session, from, limit))
    }

    fn summary(&self, who: Who, session: SessionId) -> Wait<Result<Summary, DoorError>> {
        let summary = self.answer(self.here.summary(who, session));
        let position = self.here.position(session);
        Box::pin(async move {
            let mut summary = summary.await?;
            summary.position = position.await.ok().flatten();
            Ok(summary)
        })
    }
}

impl StaffDoor for LocalDoor {
    fn ask_agent(&self, agent: AgentId, id: MessageId, act: AgentAct) -> Wait<Result<Receipt, DoorError>> {
        self.answer(self.here.ask_agent(&agent, id, act))
    }

    fn attach_agent(&self, agent: AgentId, device: String, to: Mailbox) -> Wait<Result<(), DoorError>> {
        self.answer(self.here.attach_agent(&agent, device, to))
    }

    fn detach_agent(&self, agent: &AgentId, to: &Mailbox) {
        self.here.detach_agent(agent, to);
    }

    fn agent(&self, agent: AgentId) -> Wait<Result<AgentSummary, DoorError>> {
        self.answer(self.here.agent(&agent))
    }

    fn records(&self, who: Who, query: RecordQuery) -> Wait<Result<RecordPage, DoorError>> {
        self.site.records(who, query)
    }

    fn apply_center(&self, base: u64, text: String) -> Wait<Result<u64, ApplyError>> {
        self.site.apply_center(base, text)
    }

    fn center_text(&self, version: Option<u64>) -> Wait<Result<Option<(u64, String)>, DoorError>> {
        self.site.center_text(version)
    }

    fn queues(&self) -> BTreeMap<String, QueueNow> {
        self.site.board.all()
    }

    fn secret(&self) -> [u8; 32] {
        self.site.secret
    }
}
