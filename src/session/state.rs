//! What a session remembers. Everything here comes from `apply` or from a checkpoint; nothing soft, no transcript.

use std::collections::{BTreeMap, VecDeque};

use crate::session::event::{AfterLeave, Birth, CloseWhy, Errand, Party};
use crate::words::{AgentId, Audience, PartyId, ReservationId, Role, Seq, SessionId, Time};

/// How far the interaction got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// No event yet.
    Unborn,
    /// The chat is open.
    Online,
    /// The chat is over; wrap-up and post-processing go on.
    Offline,
    /// Nothing will happen any more.
    Stopped,
}

/// The state of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub(crate) id: SessionId,
    pub(crate) seq: Seq,
    pub(crate) last_at: Time,
    pub(crate) phase: Phase,
    /// As born, without the userdata, which lives in `data`.
    pub(crate) birth: Option<Box<Birth>>,
    pub(crate) born_at: Time,
    pub(crate) next_party: u32,
    pub(crate) present: Vec<Present>,
    /// The latest stays that ended: they decide who may still read.
    pub(crate) past: VecDeque<Past>,
    pub(crate) customer_seen: bool,
    pub(crate) data: BTreeMap<String, String>,
    pub(crate) line: Line,
    pub(crate) flow: Option<FlowAt>,
    /// What the latest leaver asked for; only while the leave is the latest event.
    pub(crate) after_leave: AfterLeave,
    /// When somebody last said something, or the people changed.
    pub(crate) last_talk: Time,
    /// When an announced idle close happens.
    pub(crate) idle_closes: Option<Time>,
    pub(crate) closed: Option<Ended>,
    pub(crate) stopped: Option<(Time, Seq)>,
    pub(crate) tally: Tally,
}

/// A party that is here now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Present {
    pub(crate) party: Party,
    pub(crate) since: Time,
    pub(crate) away: Option<Time>,
    /// Read up to here.
    pub(crate) read: Seq,
}

/// A party that was here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Past {
    pub(crate) id: PartyId,
    pub(crate) role: Role,
    pub(crate) agent: Option<AgentId>,
    pub(crate) audience: Audience,
    /// The last event that a customer who left may read; `None` if the chat ended around them.
    pub(crate) until: Option<Seq>,
}

/// The routable side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// The place in line, kept after the wait so that nobody queues twice for one conversation.
    pub(crate) place: Option<Place>,
    pub(crate) waiting: bool,
    /// Since when it has been without an agent: what the longest wait counts from.
    pub(crate) wait_from: Time,
    /// The event that last changed what is sought.
    pub(crate) changed: Seq,
    pub(crate) prefer: Option<AgentId>,
    /// Who declined or let an offer lapse during this wait.
    pub(crate) avoid: Vec<AgentId>,
    pub(crate) offer: Option<Offer>,
    pub(crate) work: Option<Work>,
    pub(crate) outbox: Vec<Entry>,
    /// The latest reservations that ended here, oldest first: none of them is ever offered again.
    pub(crate) ended: VecDeque<ReservationId>,
}

/// A place in line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) queue: String,
    pub(crate) priority: i32,
    pub(crate) since: Time,
}

/// An agent was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) reservation: ReservationId,
    pub(crate) agent: AgentId,
    pub(crate) deadline: Time,
}

/// An agent accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Work {
    pub(crate) reservation: ReservationId,
    pub(crate) agent: AgentId,
}

/// Something that an agent's journal has not answered yet; one for each reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) reservation: ReservationId,
    pub(crate) agent: AgentId,
    pub(crate) errand: Errand,
    pub(crate) seq: Seq,
}

/// Where the flow stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FlowAt {
    pub(crate) step: String,
    pub(crate) begun: bool,
    /// Whether the flow has said something in this step.
    pub(crate) said: bool,
}

/// How the chat ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) at: Time,
    pub(crate) why: CloseWhy,
}

/// What the record's head counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) agents: Vec<AgentId>,
    pub(crate) disposition: Option<String>,
    pub(crate) messages: u64,
}

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordState {
    /// No agent has been assigned yet.
    New,
    /// An agent has been assigned.
    Open,
    /// The chat is over.
    Offline,
    /// The interaction is over.
    Closed,
}

/// The record's head: a projection of the state, from birth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Whose.
    pub id: SessionId,
    /// As of this event.
    pub seq: Seq,
    /// Where it stands.
    pub state: RecordState,
    /// The entry point.
    pub service: String,
    /// The part of the company.
    pub unit: String,
    /// The configuration it began with.
    pub config: u64,
    /// Attributes of the person.
    pub contact: BTreeMap<String, String>,
    /// The verified subject of a signed identity.
    pub identity: Option<String>,
    /// The agents so far, first first; the first 64.
    pub agents: Vec<AgentId>,
    /// When it began.
    pub started: Time,
    /// When the chat closed.
    pub ended: Option<Time>,
    /// The time of the latest event.
    pub last_at: Time,
    /// How it is filed.
    pub disposition: Option<String>,
    /// How many messages there are.
    pub messages: u64,
}

impl Session {
    /// A session to which nothing has happened yet.
    #[must_use]
    pub fn new(id: SessionId) -> Self {
        Self {
            id,
            seq: Seq(0),
            last_at: Time(0),
            phase: Phase::Unborn,
            birth: None,
            born_at: Time(0),
            next_party: 1,
            present: Vec::new(),
            past: VecDeque::new(),
            customer_seen: false,
            data: BTreeMap::new(),
            line: Line::default(),
            flow: None,
            after_leave: AfterLeave::Keep,
            last_talk: Time(0),
            idle_closes: None,
            closed: None,
            stopped: None,
            tally: Tally::default(),
        }
    }

    /// Which session.
    #[must_use]
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// The latest event.
    #[must_use]
    pub const fn seq(&self) -> Seq {
        self.seq
    }

    /// The time of the latest event.
    #[must_use]
    pub const fn last_at(&self) -> Time {
        self.last_at
    }

    /// How far the interaction got.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The version of the configuration that it lives by; 0 before birth.
    #[must_use]
    pub fn config(&self) -> u64 {
        self.birth.as_ref().map_or(0, |birth| birth.config)
    }

    /// The entry point; empty before birth.
    #[must_use]
    pub fn service(&self) -> &str {
        self.birth.as_ref().map_or("", |birth| &birth.service)
    }

    /// The part of the company; empty before birth.
    #[must_use]
    pub fn unit(&self) -> &str {
        self.birth.as_ref().map_or("", |birth| &birth.unit)
    }

    /// The queue that it waits in now, so that the worker can count the others there.
    #[must_use]
    pub fn queue(&self) -> Option<&str> {
        self.line.place.as_ref().filter(|_| self.line.waiting).map(|place| place.queue.as_str())
    }

    /// The agent whose work it is now, with the reservation.
    #[must_use]
    pub fn assigned(&self) -> Option<(&AgentId, ReservationId)> {
        self.line.work.as_ref().map(|work| (&work.agent, work.reservation))
    }

    /// The agent who is asked now, with the reservation and its deadline.
    #[must_use]
    pub fn offered(&self) -> Option<(&AgentId, ReservationId, Time)> {
        self.line.offer.as_ref().map(|offer| (&offer.agent, offer.reservation, offer.deadline))
    }

    /// Userdata as it stands.
    #[must_use]
    pub const fn data(&self) -> &BTreeMap<String, String> {
        &self.data
    }

    /// The parties that are here, and whether each is away.
    pub fn parties(&self) -> impl Iterator<Item = (&Party, bool)> {
        self.present.iter().map(|here| (&here.party, here.away.is_some()))
    }

    /// Who acted as a party, present or past: staff only.
    #[must_use]
    pub fn agent_of(&self, party: PartyId) -> Option<&AgentId> {
        let here = self.present.iter().find(|here| here.party.id == party).map(|here| &here.party.agent);
        let gone = || self.past.iter().find(|gone| gone.id == party).map(|gone| &gone.agent);
        here.or_else(gone).and_then(Option::as_ref)
    }

    /// The present party of an agent or supervisor.
    #[must_use]
    pub fn party_of(&self, agent: &AgentId) -> Option<PartyId> {
        self.present.iter().find(|here| here.party.agent.as_ref() == Some(agent)).map(|here| here.party.id)
    }

    /// The record's head.
    #[must_use]
    pub fn head(&self) -> Head {
        let birth = self.birth.as_deref();
        Head {
            id: self.id,
            seq: self.seq,
            state: match self.phase {
                Phase::Stopped => RecordState::Closed,
                Phase::Offline => RecordState::Offline,
                Phase::Online if !self.tally.agents.is_empty() => RecordState::Open,
                Phase::Online | Phase::Unborn => RecordState::New,
            },
            service: self.service().to_owned(),
            unit: self.unit().to_owned(),
            config: self.config(),
            contact: birth.map(|birth| birth.contact.clone()).unwrap_or_default(),
            identity: birth.and_then(|birth| birth.identity.clone()),
            agents: self.tally.agents.clone(),
            started: self.born_at,
            ended: self.closed.map(|closed| closed.at),
            last_at: self.last_at,
            disposition: self.tally.disposition.clone(),
            messages: self.tally.messages,
        }
    }

    pub(crate) fn find(&self, party: PartyId) -> Option<&Present> {
        self.present.iter().find(|here| here.party.id == party)
    }

    pub(crate) fn has_customer(&self) -> bool {
        self.present.iter().any(|here| here.party.role == Role::Customer)
    }

    /// Whether somebody who openly serves is here, `but` one party.
    pub(crate) fn served_but(&self, but: Option<PartyId>) -> bool {
        self.present.iter().any(|here| Some(here.party.id) != but && here.serves())
    }

    /// Whether the customer is still expected: somebody else created it and will invite them.
    pub(crate) const fn awaits_customer(&self) -> bool {
        matches!(self.phase, Phase::Online) && !self.customer_seen
    }

    /// Whether nobody who keeps a session alive is here.
    pub(crate) fn empty(&self) -> bool {
        !self.awaits_customer() && !self.has_customer() && !self.served_but(None)
    }
}

impl Present {
    /// Whether this is an agent or supervisor whom the customer sees: coaches and silent supervisors do not serve.
    pub(crate) fn serves(&self) -> bool {
        matches!(self.party.role, Role::Agent | Role::Supervisor) && self.party.audience == Audience::All
    }

    /// Whether this is a person, who can be absent.
    pub(crate) const fn is_person(&self) -> bool {
        matches!(self.party.role, Role::Customer | Role::Agent | Role::Supervisor)
    }
}
