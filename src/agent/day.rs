//! The state of an agent's working day, and how an event changes it. `apply` is total over every event ever written and is
//! all that a replay uses. Never decides whether something may happen.

use std::collections::{BTreeMap, VecDeque};

use super::event::{AgentEvent, AgentWhat, Held, ReleaseWhy, Stage};
use crate::limits;
use crate::words::{AgentId, ReservationId, Seq, Time};

/// An agent's working day. Everything in it comes from events or a checkpoint; what may be forgotten is in `AgentSoft`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentDay {
    pub(super) all: SavedAgentDay,
}

/// The same as plain data: what a checkpoint holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedAgentDay {
    /// Who.
    pub agent: AgentId,
    /// Which of their days, counted from 1.
    pub run: u32,
    /// The last event applied.
    pub seq: Seq,
    /// When that happened.
    pub last_at: Time,
    /// When the day began.
    pub opened_at: Time,
    /// Signed-in devices by name.
    pub devices: BTreeMap<String, Device>,
    /// Whether offers may come.
    pub ready: bool,
    /// The agent's reason for being ready or not.
    pub reason: Option<String>,
    /// How many interactions at once, by the latest sign-in.
    pub capacity: u32,
    /// The queues served, by the latest sign-in.
    pub queues: Vec<String>,
    /// Since when the agent has had nothing new to do; the longest idle is asked first.
    pub idle_since: Time,
    /// Reservations that take capacity.
    pub held: BTreeMap<ReservationId, Reservation>,
    /// Reservations that took capacity lately, oldest first, at most `limits::AGENT_PAST_MAX`.
    pub past: VecDeque<(ReservationId, Past)>,
    /// The day is over, and these go on in the next.
    pub ended: Option<BTreeMap<ReservationId, Held>>,
}

/// A signed-in device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Since when.
    pub since: Time,
    /// What it signed in with.
    pub capacity: u32,
    /// What it signed in with.
    pub queues: Vec<String>,
}

/// A reservation and the event that brought it where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// What is promised, and how far it got.
    pub held: Held,
    /// The event that its present stage rests on.
    pub by: Seq,
}

/// A reservation that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Past {
    /// The session gave it back: for good.
    Over,
    /// The session denied it. If a copy of the question reached it later, it may still come to engage it.
    Denied(Held),
}

impl AgentDay {
    /// A day in which nothing has happened yet.
    #[must_use]
    pub const fn new(agent: AgentId, run: u32) -> Self {
        Self {
            all: SavedAgentDay {
                agent,
                run,
                seq: Seq(0),
                last_at: Time(0),
                opened_at: Time(0),
                devices: BTreeMap::new(),
                ready: false,
                reason: None,
                capacity: 0,
                queues: Vec::new(),
                idle_since: Time(0),
                held: BTreeMap::new(),
                past: VecDeque::new(),
                ended: None,
            },
        }
    }

    /// The checkpoint of this state.
    #[must_use]
    pub fn save(&self) -> SavedAgentDay {
        self.all.clone()
    }

    /// The same without a copy.
    #[must_use]
    pub const fn saved(&self) -> &SavedAgentDay {
        &self.all
    }

    /// The state of a checkpoint.
    #[must_use]
    pub const fn open(saved: SavedAgentDay) -> Self {
        Self { all: saved }
    }

    /// The last event applied.
    #[must_use]
    pub const fn seq(&self) -> Seq {
        self.all.seq
    }

    /// When that happened.
    #[must_use]
    pub const fn last_at(&self) -> Time {
        self.all.last_at
    }

    /// Whose day.
    #[must_use]
    pub const fn agent(&self) -> &AgentId {
        &self.all.agent
    }

    /// Which of their days, counted from 1.
    #[must_use]
    pub const fn run(&self) -> u32 {
        self.all.run
    }

    /// Whether the day is over, and the reservations that go on in the next.
    #[must_use]
    pub const fn ended(&self) -> Option<&BTreeMap<ReservationId, Held>> {
        self.all.ended.as_ref()
    }

    /// Whether the day has begun and is not over.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.all.seq.0 > 0 && self.all.ended.is_none()
    }

    /// Signed-in devices by name.
    #[must_use]
    pub const fn signed_in(&self) -> &BTreeMap<String, Device> {
        &self.all.devices
    }

    /// Whether offers may come, and the agent's reason.
    #[must_use]
    pub fn state(&self) -> (bool, Option<&str>) {
        (self.all.ready, self.all.reason.as_deref())
    }

    /// How many interactions at once.
    #[must_use]
    pub const fn capacity(&self) -> u32 {
        self.all.capacity
    }

    /// The queues served.
    #[must_use]
    pub fn queues(&self) -> &[String] {
        &self.all.queues
    }

    /// Reservations that take capacity now.
    #[must_use]
    pub const fn held(&self) -> &BTreeMap<ReservationId, Reservation> {
        &self.all.held
    }

    /// Capacity that is not promised to anybody; 0 while nobody is signed in.
    #[must_use]
    pub fn free(&self) -> u32 {
        if self.all.devices.is_empty() || !self.is_open() {
            return 0;
        }
        let taken = u32::try_from(self.all.held.len()).unwrap_or(u32::MAX);
        self.all.capacity.saturating_sub(taken)
    }

    /// Makes an event so. Never refuses and never panics, whatever it is given.
    pub fn apply(&mut self, event: &AgentEvent) {
        let day = &mut self.all;
        day.seq = event.seq;
        day.last_at = day.last_at.max(event.at);
        match &event.what {
            AgentWhat::Opened { agent, held } => day.begin(agent, held, event),
            AgentWhat::SignedIn { device, capacity, queues } => {
                day.sign_in(device, Device { since: event.at, capacity: *capacity, queues: queues.clone() });
            }
            AgentWhat::SignedOut { device, .. } => day.sign_out(device),
            AgentWhat::State { ready, reason } => {
                if *ready && !day.ready {
                    day.idle_since = event.at;
                }
                day.ready = *ready;
                day.reason.clone_from(reason);
            }
            AgentWhat::Reserved { reservation, session, queue, deadline } => {
                let (session, queue, deadline) = (*session, queue.clone(), *deadline);
                let held = Held { session, queue, deadline, stage: Stage::Reserved };
                day.held.insert(*reservation, Reservation { held, by: event.seq });
            }
            AgentWhat::Offered { reservation } => day.advance(*reservation, Stage::Offered),
            AgentWhat::Engaged { reservation } => day.advance(*reservation, Stage::Engaged),
            AgentWhat::Released { reservation, why } => day.release(*reservation, *why),
            AgentWhat::Ended { held } => day.ended = Some(held.clone()),
        }
    }
}

impl SavedAgentDay {
    fn begin(&mut self, agent: &AgentId, held: &BTreeMap<ReservationId, Held>, event: &AgentEvent) {
        self.agent = agent.clone();
        self.opened_at = event.at;
        self.idle_since = event.at;
        let carry =
            |(id, held): (&ReservationId, &Held)| (*id, Reservation { held: held.clone(), by: event.seq });
        self.held = held.iter().map(carry).collect();
    }

    fn sign_in(&mut self, device: &str, with: Device) {
        if self.devices.is_empty() {
            self.idle_since = with.since;
        }
        self.capacity = with.capacity;
        self.queues.clone_from(&with.queues);
        self.devices.insert(device.to_owned(), with);
    }

    /// Nobody is ready who is not there.
    fn sign_out(&mut self, device: &str) {
        self.devices.remove(device);
        if self.devices.is_empty() {
            self.ready = false;
            self.reason = None;
        }
    }

    fn advance(&mut self, id: ReservationId, stage: Stage) {
        if let Some(found) = self.held.get_mut(&id) {
            found.held.stage = stage;
            found.by = self.seq;
        } else if let Some(at) = self.past.iter().position(|(past, _)| *past == id) {
            // Denied once and engaged all the same: the session's later word wins.
            if let Some((_, Past::Denied(held))) = self.past.remove(at) {
                self.held.insert(id, Reservation { held: Held { stage, ..held }, by: self.seq });
            }
        }
    }

    fn release(&mut self, id: ReservationId, why: ReleaseWhy) {
        let held = self.held.remove(&id).map(|found| found.held);
        if held.as_ref().is_some_and(|held| held.stage == Stage::Engaged) {
            self.idle_since = self.last_at;
        }
        let past = match (why, held) {
            (ReleaseWhy::Denied, Some(held)) => Past::Denied(held),
            (ReleaseWhy::Denied, None) | (ReleaseWhy::Session, _) => Past::Over,
        };
        if let Some(known) = self.past.iter_mut().find(|(known, _)| *known == id) {
            known.1 = past;
            return;
        }
        self.past.push_back((id, past));
        if self.past.len() > limits::AGENT_PAST_MAX {
            self.past.pop_front();
        }
    }
}
