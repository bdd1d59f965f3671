//! What an input makes happen in an agent's day. Here is the one place where capacity is promised (P9): a reservation is
//! made only while fewer than `capacity` are held. Never changes the state and never repeats a promise.

use std::collections::BTreeMap;

use super::day::{AgentDay, Past};
use super::event::{AgentAct, AgentEvent, AgentInput, AgentWhat, Held, ReleaseWhy, Stage};
use super::refusal::AgentRefusal;
use super::soft::AgentSoft;
use crate::limits;
use crate::session::event::Errand;
use crate::session::input::{FromAgent, ToldAgent};
use crate::words::{MessageId, ReservationId, Seq, SessionId, Time};

/// What an input makes happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentDecision {
    /// Events to append, in order; the worker gives seq and time.
    pub drafts: Vec<AgentDraft>,
    /// What the caller gets once the drafts are published; without drafts, once everything before is.
    pub receipt: AgentReceipt,
}

/// An event that has no place yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentDraft {
    /// The input's id, on its first event only.
    pub id: Option<MessageId>,
    /// What happens.
    pub what: AgentWhat,
}

/// What the caller gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentReceipt {
    /// Done, or done before.
    Done,
    /// To the matchmaker: the reservation is held.
    Reserved,
    /// To the session whose errand this was.
    Answer(FromAgent),
}

type Decided = Result<(Vec<AgentWhat>, AgentReceipt), AgentRefusal>;

impl AgentDay {
    /// What a new day begins with: what the day before still held.
    #[must_use]
    pub fn open_event(&self, held: BTreeMap<ReservationId, Held>) -> AgentWhat {
        AgentWhat::Opened { agent: self.all.agent.clone(), held }
    }

    /// How the day after this one begins, when this one has ended: its opening, then the sign-ins and the state of the
    /// devices that are still signed in.
    #[must_use]
    pub fn next_day(&self) -> Vec<AgentWhat> {
        let mut what = vec![self.open_event(self.all.ended.clone().unwrap_or_default())];
        let again = |(device, with): (&String, &super::day::Device)| AgentWhat::SignedIn {
            device: device.clone(),
            capacity: with.capacity,
            queues: with.queues.clone(),
        };
        // The latest sign-in decides about capacity and queues, so it comes last again.
        let mut devices: Vec<_> = self.all.devices.iter().collect();
        devices.sort_by_key(|(_, with)| with.since);
        what.extend(devices.into_iter().map(again));
        if !self.all.devices.is_empty() && (self.all.ready || self.all.reason.is_some()) {
            what.push(AgentWhat::State { ready: self.all.ready, reason: self.all.reason.clone() });
        }
        what
    }

    /// What `input` makes happen at `now`; a clock that is behind the last event counts as the time of that event.
    ///
    /// A day that has not begun answers errands only (nothing is held in it, so the caller begins it first if the day before
    /// held anything); a day that has ended answers nothing but `Clock`.
    ///
    /// # Errors
    /// The refusal that the caller is shown; nothing happens.
    pub fn decide(
        &self,
        soft: &mut AgentSoft,
        input: &AgentInput,
        now: Time,
    ) -> Result<AgentDecision, AgentRefusal> {
        let now = now.max(self.last_at());
        let id = match input {
            AgentInput::Ask { id, .. } => Some(id.clone()),
            AgentInput::Reserve { .. }
            | AgentInput::Errand { .. }
            | AgentInput::Told { .. }
            | AgentInput::Clock => None,
        };
        let (mut what, receipt) = self.answer(soft, input, now)?;
        self.end_if_over(&mut what, now);
        let mut id = id;
        let drafts = what.into_iter().map(|what| AgentDraft { id: id.take(), what }).collect();
        Ok(AgentDecision { drafts, receipt })
    }

    fn answer(&self, soft: &mut AgentSoft, input: &AgentInput, now: Time) -> Decided {
        if self.all.ended.is_some() && *input != AgentInput::Clock {
            return Err(AgentRefusal::Ended);
        }
        match input {
            AgentInput::Errand { reservation, errand } => Ok(self.errand(*reservation, *errand)),
            AgentInput::Clock => Ok((self.clock(soft, now), AgentReceipt::Done)),
            AgentInput::Ask { .. } | AgentInput::Reserve { .. } | AgentInput::Told { .. }
                if self.all.seq == Seq(0) =>
            {
                Err(AgentRefusal::NotOpen)
            }
            AgentInput::Ask { act, .. } => self.ask(soft, act, now),
            AgentInput::Reserve { reservation, session, queue, deadline } => {
                let held = Held {
                    session: *session,
                    queue: queue.clone(),
                    deadline: *deadline,
                    stage: Stage::Reserved,
                };
                self.reserve(*reservation, held, now)
            }
            AgentInput::Told { reservation, answer } => {
                Ok((self.told(*reservation, *answer), AgentReceipt::Done))
            }
        }
    }

    fn ask(&self, soft: &mut AgentSoft, act: &AgentAct, now: Time) -> Decided {
        let what = match act {
            AgentAct::SignIn { device, capacity, queues } => {
                check_name("device", device)?;
                self.check_sign_in(device, *capacity, queues)?;
                soft.seen(device, now);
                let known = self.all.devices.get(device);
                let same = known.is_some_and(|with| {
                    (with.capacity, &with.queues) == (*capacity, queues)
                        && (self.all.capacity, &self.all.queues) == (*capacity, queues)
                });
                let (device, queues) = (device.clone(), queues.clone());
                (!same).then_some(AgentWhat::SignedIn { device, capacity: *capacity, queues })
            }
            AgentAct::SignOut { device } => {
                let known = self.all.devices.contains_key(device);
                known.then(|| AgentWhat::SignedOut { device: device.clone(), absent: false })
            }
            AgentAct::State { ready, reason } => {
                if let Some(reason) = reason {
                    check_name("reason", reason)?;
                }
                if self.all.devices.is_empty() {
                    return Err(AgentRefusal::NotSignedIn);
                }
                let same = (self.all.ready, &self.all.reason) == (*ready, reason);
                (!same).then(|| AgentWhat::State { ready: *ready, reason: reason.clone() })
            }
        };
        Ok((what.into_iter().collect(), AgentReceipt::Done))
    }

    fn check_sign_in(&self, device: &str, capacity: u32, queues: &[String]) -> Result<(), AgentRefusal> {
        if capacity > limits::AGENT_CAPACITY_MAX {
            return Err(AgentRefusal::Malformed { field: "capacity", wants: "0 to 1000" });
        }
        if queues.len() > limits::AGENT_QUEUES_MAX {
            return Err(AgentRefusal::Malformed { field: "queues", wants: "at most 256" });
        }
        let limit = limits::AGENT_DEVICES_MAX;
        if self.all.devices.len() >= limit && !self.all.devices.contains_key(device) {
            return Err(AgentRefusal::TooManyDevices { limit });
        }
        Ok(())
    }

    /// A promise is made once: a known id is answered as before, whatever else has changed since.
    fn reserve(&self, id: ReservationId, new: Held, now: Time) -> Decided {
        if let Some(known) = self.all.held.get(&id) {
            let same = known.held.session == new.session;
            return if same { Ok((Vec::new(), AgentReceipt::Reserved)) } else { Err(AgentRefusal::Conflict) };
        }
        if self.past(id).is_some() {
            return Err(AgentRefusal::Over);
        }
        if new.deadline <= now || new.deadline.since(now) > limits::OFFER_TIMEOUT_MAX {
            return Err(AgentRefusal::BadDeadline);
        }
        if self.all.devices.is_empty() {
            return Err(AgentRefusal::NotSignedIn);
        }
        if !self.all.ready {
            return Err(AgentRefusal::NotReady);
        }
        if self.free() == 0 {
            return Err(AgentRefusal::AtCapacity);
        }
        if self.asked_already(new.session) {
            return Err(AgentRefusal::Conflict);
        }
        let Held { session, queue, deadline, .. } = new;
        Ok((vec![AgentWhat::Reserved { reservation: id, session, queue, deadline }], AgentReceipt::Reserved))
    }

    /// Two matchmakers, one of them deposed, may propose the same session; one offer at a time is enough.
    fn asked_already(&self, session: SessionId) -> bool {
        self.all
            .held
            .values()
            .any(|known| known.held.session == session && known.held.stage != Stage::Engaged)
    }

    /// The table of this room's documentation, lower half.
    fn errand(&self, id: ReservationId, errand: Errand) -> (Vec<AgentWhat>, AgentReceipt) {
        let done = AgentReceipt::Answer(FromAgent::Done { reservation: id, errand });
        let stage = self.all.held.get(&id).map(|known| known.held.stage);
        let engage = || vec![AgentWhat::Engaged { reservation: id }];
        let release = || vec![AgentWhat::Released { reservation: id, why: ReleaseWhy::Session }];
        match (errand, stage, self.past(id)) {
            (Errand::Engage, Some(Stage::Engaged), _) => (Vec::new(), done),
            (Errand::Engage, Some(Stage::Reserved | Stage::Offered), _) => (engage(), done),
            (Errand::Engage, None, Some(Past::Denied(_))) if self.free() > 0 => (engage(), done),
            (Errand::Engage, None, Some(_) | None) => {
                let agent = self.all.agent.clone();
                (Vec::new(), AgentReceipt::Answer(FromAgent::GaveUp { reservation: id, agent }))
            }
            (Errand::Release, Some(_), _) | (Errand::Release, None, Some(Past::Denied(_))) => {
                (release(), done)
            }
            (Errand::Release, None, Some(Past::Over) | None) => (Vec::new(), done),
        }
    }

    /// The table of this room's documentation, upper half. `Noted` frees nothing: whoever gives a reservation back sends the
    /// errand for it.
    fn told(&self, id: ReservationId, answer: ToldAgent) -> Vec<AgentWhat> {
        let Some(known) = self.all.held.get(&id) else { return Vec::new() };
        match (answer, known.held.stage) {
            (ToldAgent::Held, Stage::Reserved) => vec![AgentWhat::Offered { reservation: id }],
            (ToldAgent::Denied, Stage::Reserved | Stage::Offered) | (ToldAgent::NotHeld, _) => {
                vec![AgentWhat::Released { reservation: id, why: ReleaseWhy::Denied }]
            }
            (ToldAgent::Held, Stage::Offered | Stage::Engaged)
            | (ToldAgent::Denied, Stage::Engaged)
            | (ToldAgent::Noted, _) => Vec::new(),
        }
    }

    fn clock(&self, soft: &mut AgentSoft, now: Time) -> Vec<AgentWhat> {
        soft.tidy(self);
        if !self.is_open() {
            return Vec::new();
        }
        let devices = self.all.devices.keys();
        let absent = devices.filter(|device| soft.absent_at(device).is_some_and(|at| at <= now));
        absent.map(|device| AgentWhat::SignedOut { device: device.clone(), absent: true }).collect()
    }

    /// The day ends with the event that leaves nobody signed in and nothing held, and after 24 h in any case. One that was
    /// opened for a sign-in that never came ends too, but not at once.
    fn end_if_over(&self, what: &mut Vec<AgentWhat>, now: Time) {
        if !self.is_open() {
            return;
        }
        let due = self.ends_at() <= now;
        let frees =
            |what: &AgentWhat| matches!(what, AgentWhat::SignedOut { .. } | AgentWhat::Released { .. });
        let fills = |what: &AgentWhat| matches!(what, AgentWhat::SignedIn { .. });
        if what.iter().any(fills) || !(due || what.iter().any(frees)) {
            return;
        }
        let after = self.after(what, now);
        let empty = after.all.devices.is_empty() && after.all.held.is_empty();
        if due || empty {
            let held = after.all.held.into_iter().map(|(id, known)| (id, known.held)).collect();
            what.push(AgentWhat::Ended { held });
        }
    }

    fn after(&self, what: &[AgentWhat], now: Time) -> Self {
        let mut day = self.clone();
        for what in what {
            let event = AgentEvent { seq: day.seq().next(), at: now, id: None, what: what.clone() };
            day.apply(&event);
        }
        day
    }

    fn past(&self, id: ReservationId) -> Option<&Past> {
        self.all.past.iter().rev().find(|(past, _)| *past == id).map(|(_, past)| past)
    }
}

fn check_name(field: &'static str, text: &str) -> Result<(), AgentRefusal> {
    let length = text.chars().count();
    if length == 0 || length > limits::AGENT_NAME_MAX || text.chars().any(char::is_control) {
        return Err(AgentRefusal::Malformed {
            field,
            wants: "1 to 64 characters, none of them a control character",
        });
    }
    Ok(())
}
