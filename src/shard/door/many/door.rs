//! The door's calls on a cluster, one by one: to the owner, wherever it is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::ground::Ground;
use super::lane::Of;
use super::lanes::Lanes;
use super::{Method, Owner};
use crate::agent::event::AgentAct;
use crate::center::Center;
use crate::limits;
use crate::session::input::{Act, Ask};
use crate::session::refusal::Refusal;
use crate::shard::desk::board::QueueNow;
use crate::shard::door::here::{Called, Missed};
use crate::shard::door::{
    AgentSummary, ApplyError, Delivery, Door, DoorError, EventPage, Mailbox, Receipt, RecordPage,
    RecordQuery, StaffDoor, Summary, Wait, Who,
};
use crate::shard::place;
use crate::shard::site::Site;
use crate::shard::wire::{Answer, Call, Why};
use crate::words::{AgentId, MessageId, Seq, SessionId};

/// What a process has behind its door, beside the ground: a node its [`Site`], an edge what it has heard.
pub trait Behind: Send + Sync + 'static {
    /// The configuration in force now, as far as the process may know it.
    fn center(&self) -> Arc<Center>;
}

impl Behind for Site {
    fn center(&self) -> Arc<Center> {
        self.centers.current()
    }
}

/// The door of a process in a cluster. Only that of a node, which has a [`Site`], is one for staff.
pub struct ManyDoor<B> {
    behind: B,
    ground: Ground,
    lanes: Arc<Lanes>,
}

impl<B: Behind> ManyDoor<B> {
    /// A door on a ground.
    #[must_use]
    pub fn on(ground: Ground, behind: B) -> Self {
        Self { lanes: Lanes::new(ground.clone()), ground, behind }
    }

    fn of_session(&self, session: SessionId) -> u16 {
        place::session(session, self.ground.links.count())
    }

    fn of_agent(&self, agent: &AgentId) -> u16 {
        place::agent(agent, self.ground.links.count())
    }
}

/// Asks another node.
fn asked<T: Send + 'static>(
    ground: &Ground,
    node: &str,
    call: &Call,
    take: impl FnOnce(Answer) -> Result<T, Why> + Send + 'static,
) -> Called<T> {
    let within = Duration::from_millis(limits::DOOR_WAIT);
    let answer = ground.peers.call(node, Method::Call, call.encode(), within);
    Box::pin(async move {
        let answer = answer.await.map_err(|_| Missed::Gone)?;
        let answer = Answer::decode(&answer).map_err(|_| Missed::Gone)?;
        take(answer).map_err(|why| match why {
            Why::Door(error) => Missed::Door(error),
            Why::Stale { seq } => Missed::Door(Refusal::Stale { known: seq }.into()),
            Why::NotOwner { .. } => Missed::Gone,
        })
    })
}

impl<B: Behind> Door for ManyDoor<B> {
    fn center(&self) -> Arc<Center> {
        self.behind.center()
    }

    fn ask(&self, who: Who, session: SessionId, ask: Ask) -> Wait<Result<Receipt, DoorError>> {
        self.ground.ask(self.of_session(session), move |ground, owner| match owner {
            Owner::There(node, _) => {
                let call = Call::Ask { who: who.clone(), session, ask: ask.clone(), known: Seq(0) };
                asked(ground, node, &call, Answer::into_receipt)
            }
            Owner::Here(_) | Owner::Nobody => ground.here.ask(who.clone(), session, ask.clone()),
        })
    }

    fn submit(&self, who: Who, session: SessionId, ask: Ask, (mailbox, tag): (Mailbox, u64)) {
        // Who types is told at once or never: it is not worth a place in the line.
        if matches!(ask.act, Act::Typing { .. }) {
            let typed = self.ask(who, session, ask);
            let sent = async move { mailbox.put(Delivery::Answer { tag, result: typed.await }) };
            self.ground.runtime.spawn(Box::pin(async move {
                sent.await;
            }));
            return;
        }
        self.lanes.get(&who, Of::Session(session), &mailbox).submit(ask, tag);
    }

    fn attach(&self, who: Who, session: SessionId, from: Seq, to: Mailbox) -> Wait<Result<Seq, DoorError>> {
        self.lanes.get(&who, Of::Session(session), &to).attach(from)
    }

    fn detach(&self, session: SessionId, to: &Mailbox) {
        if let Some(lane) = self.lanes.find(&Of::Session(session), to) {
            lane.detach();
        }
    }

    fn let_go(&self, session: SessionId, to: &Mailbox) {
        if let Some(lane) = self.lanes.find(&Of::Session(session), to) {
            lane.let_go();
        }
    }

    fn page(
        &self,
        who: Who,
        session: SessionId,
        from: Seq,
        limit: usize,
    ) -> Wait<Result<EventPage, DoorError>> {
        self.ground.ask(self.of_session(session), move |ground, owner| match owner {
            Owner::There(node, _) => {
                let call = Call::Page { who: who.clone(), session, from, limit, known: from };
                asked(ground, node, &call, Answer::into_page)
            }
            Owner::Here(_) | Owner::Nobody => ground.here.page(who.clone(), session, from, limit),
        })
    }

    fn summary(&self, who: Who, session: SessionId) -> Wait<Result<Summary, DoorError>> {
        let summary = self.ground.ask(self.of_session(session), move |ground, owner| match owner {
            Owner::There(node, _) => asked(
                ground,
                node,
                &Call::Summary { who: who.clone(), session, known: Seq(0) },
                Answer::into_summary,
            ),
            Owner::Here(_) | Owner::Nobody => ground.here.summary(who.clone(), session),
        });
        let desk = place::desk(self.ground.links.count());
        let position = match self.ground.owners.owner(desk) {
            Owner::There(node, _) => {
                asked(&self.ground, &node, &Call::Position { session }, Answer::into_position)
            }
            Owner::Here(_) | Owner::Nobody => self.ground.here.position(session),
        };
        Box::pin(async move {
            let mut summary = summary.await?;
            // The matchmaker may be moving; the place in line is a hint.
            summary.position = position.await.ok().flatten();
            Ok(summary)
        })
    }
}

impl StaffDoor for ManyDoor<Site> {
    fn ask_agent(&self, agent: AgentId, id: MessageId, act: AgentAct) -> Wait<Result<Receipt, DoorError>> {
        self.ground.ask(self.of_agent(&agent), move |ground, owner| match owner {
            Owner::There(node, _) => {
                let call = Call::AskAgent { agent: agent.clone(), id: id.clone(), act: act.clone() };
                asked(ground, node, &call, Answer::into_receipt)
            }
            Owner::Here(_) | Owner::Nobody => ground.here.ask_agent(&agent, id.clone(), act.clone()),
        })
    }

    fn attach_agent(&self, agent: AgentId, device: String, to: Mailbox) -> Wait<Result<(), DoorError>> {
        let who = Who { by: crate::session::event::By::System, roles: Vec::new(), units: Vec::new() };
        let attached = self.lanes.get(&who, Of::Agent(agent, device), &to).attach(Seq(0));
        Box::pin(async move { attached.await.map(drop) })
    }

    fn detach_agent(&self, agent: &AgentId, to: &Mailbox) {
        self.lanes.detach_agent(agent, to);
    }

    fn agent(&self, agent: AgentId) -> Wait<Result<AgentSummary, DoorError>> {
        self.ground.ask(self.of_agent(&agent), move |ground, owner| match owner {
            Owner::There(node, _) => {
                asked(ground, node, &Call::Agent { agent: agent.clone() }, Answer::into_agent)
            }
            Owner::Here(_) | Owner::Nobody => ground.here.agent(&agent),
        })
    }

    fn records(&self, who: Who, query: RecordQuery) -> Wait<Result<RecordPage, DoorError>> {
        self.behind.records(who, query)
    }

    fn apply_center(&self, base: u64, text: String) -> Wait<Result<u64, ApplyError>> {
        self.behind.apply_center(base, text)
    }

    fn center_text(&self, version: Option<u64>) -> Wait<Result<Option<(u64, String)>, DoorError>> {
        self.behind.center_text(version)
    }

    fn queues(&self) -> BTreeMap<String, QueueNow> {
        self.behind.board.all()
    }

    fn secret(&self) -> [u8; 32] {
        self.behind.secret
    }
}
