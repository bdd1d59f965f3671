//! An agent's own feed on a socket: offers, their ends, state. The view is the summary at attaching plus the events after
//! it; it is rendered, never acted on.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::agent::event::{AgentEvent, AgentWhat, Held, Stage};
use crate::edge::wire::time::Moment;
use crate::shard::door::{AgentSummary, Summary};
use crate::words::{AgentId, ReservationId, Seq, SessionId};

/// The agent's side of a staff socket.
#[derive(Debug)]
pub struct AgentSide {
    /// Who.
    pub agent: AgentId,
    /// On which device.
    pub device: String,
    /// How the agent stands; `None` until the summary is here.
    view: Option<AgentSummary>,
    /// What the agent held when the feed was lost; the client was told of it.
    told: BTreeMap<ReservationId, Held>,
    early: Vec<Arc<AgentEvent>>,
}

/// What follows from an agent's event, beside a frame that tells the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Follows {
    /// Show an offer: its session must be looked up.
    Offer(ReservationId, SessionId),
    /// An offer is over.
    OfferEnded(ReservationId, &'static str),
    /// The agent serves this session now.
    Watch(SessionId),
    /// This device was signed out.
    SignedOut,
    /// The state changed.
    State,
}

impl AgentSide {
    /// An agent on a device, before anything is known.
    #[must_use]
    pub const fn new(agent: AgentId, device: String) -> Self {
        Self { agent, device, view: None, told: BTreeMap::new(), early: Vec::new() }
    }

    /// What comes next waits for a summary that is asked for anew.
    pub fn again(&mut self) {
        if let Some(view) = self.view.take() {
            self.told = view.held;
        }
    }

    /// The summary is here: what it holds, then what came in between.
    pub fn arrived(&mut self, summary: AgentSummary) -> Vec<Follows> {
        let mut follows = vec![Follows::State];
        let told = std::mem::take(&mut self.told);
        for (reservation, held) in &told {
            if held.stage == Stage::Offered && !summary.held.contains_key(reservation) {
                follows.push(Follows::OfferEnded(*reservation, "withdrawn"));
            }
        }
        let is_news = |(reservation, held): &(&ReservationId, &Held)| {
            told.get(*reservation).is_none_or(|known| known.stage != held.stage)
        };
        for (reservation, held) in summary.held.iter().filter(is_news) {
            match held.stage {
                Stage::Engaged => follows.push(Follows::Watch(held.session)),
                Stage::Offered => follows.push(Follows::Offer(*reservation, held.session)),
                Stage::Reserved => {}
            }
        }
        self.view = Some(summary);
        for event in std::mem::take(&mut self.early) {
            follows.extend(self.event(&event));
        }
        follows
    }

    /// Applies an event of the agent's journal.
    pub fn event(&mut self, event: &Arc<AgentEvent>) -> Vec<Follows> {
        let Some(view) = &mut self.view else {
            self.early.push(Arc::clone(event));
            return Vec::new();
        };
        let opens = matches!(event.what, AgentWhat::Opened { .. });
        if event.seq <= view.seq && !opens {
            return Vec::new();
        }
        view.seq = event.seq;
        apply(view, event, &self.device)
    }

    /// A reservation that is held now.
    #[must_use]
    pub fn held(&self, reservation: ReservationId) -> Option<&Held> {
        self.view.as_ref()?.held.get(&reservation)
    }

    /// `{"agent":{…}}`.
    #[must_use]
    pub fn state_frame(&self) -> serde_json::Value {
        let blank = AgentSummary::default();
        serde_json::json!({ "agent": state(self.view.as_ref().unwrap_or(&blank)) })
    }
}

fn apply(view: &mut AgentSummary, event: &AgentEvent, device: &str) -> Vec<Follows> {
    match &event.what {
        AgentWhat::Opened { held, .. } | AgentWhat::Ended { held } => view.held.clone_from(held),
        AgentWhat::SignedIn { device, capacity, .. } => {
            view.capacity = *capacity;
            if !view.devices.contains(device) {
                view.devices.push(device.clone());
            }
        }
        AgentWhat::SignedOut { device: gone, .. } => {
            view.devices.retain(|known| known != gone);
            if view.devices.is_empty() {
                view.ready = false;
            }
            if gone == device {
                return vec![Follows::SignedOut];
            }
        }
        AgentWhat::State { ready, reason } => {
            view.ready = *ready;
            view.reason.clone_from(reason);
        }
        AgentWhat::Reserved { reservation, session, queue, deadline } => {
            let held =
                Held { session: *session, queue: queue.clone(), deadline: *deadline, stage: Stage::Reserved };
            view.held.insert(*reservation, held);
        }
        AgentWhat::Offered { reservation } => {
            return stage(view, *reservation, Stage::Offered)
                .map(|session| vec![Follows::Offer(*reservation, session), Follows::State])
                .unwrap_or_default();
        }
        AgentWhat::Engaged { reservation } => {
            return stage(view, *reservation, Stage::Engaged)
                .map(|session| {
                    vec![
                        Follows::OfferEnded(*reservation, "accepted"),
                        Follows::Watch(session),
                        Follows::State,
                    ]
                })
                .unwrap_or_default();
        }
        AgentWhat::Released { reservation, .. } => return released(view, *reservation, event),
    }
    vec![Follows::State]
}

fn stage(view: &mut AgentSummary, reservation: ReservationId, stage: Stage) -> Option<SessionId> {
    let held = view.held.get_mut(&reservation)?;
    held.stage = stage;
    Some(held.session)
}

fn released(view: &mut AgentSummary, reservation: ReservationId, event: &AgentEvent) -> Vec<Follows> {
    match view.held.remove(&reservation) {
        Some(held) if held.stage == Stage::Offered => {
            let why = if event.at >= held.deadline { "timed_out" } else { "withdrawn" };
            vec![Follows::OfferEnded(reservation, why), Follows::State]
        }
        _ => vec![Follows::State],
    }
}

/// How an agent stands, as clients see it.
#[must_use]
pub fn state(view: &AgentSummary) -> serde_json::Value {
    let word = match (view.devices.is_empty(), view.ready) {
        (true, _) => "signed_out",
        (false, true) => "ready",
        (false, false) => "not_ready",
    };
    serde_json::json!({
        "state": word,
        "reason": view.reason,
        "capacity": view.capacity,
        "busy": view.held.len(),
        "seq": view.seq.0,
    })
}

/// An offer as clients see it; without a summary only what the agent's own journal knows.
#[must_use]
pub fn offer(reservation: ReservationId, held: &Held, summary: Option<&Summary>) -> serde_json::Value {
    let customer = summary
        .and_then(|summary| summary.parties.iter().find(|party| party.role == crate::words::Role::Customer));
    serde_json::json!({
        "reservation": reservation.to_string(),
        "session": held.session.to_string(),
        "queue": held.queue,
        "service": summary.map(|summary| summary.head.service.as_str()),
        "nick": customer.map(|party| party.nick.as_str()),
        "deadline": Moment(held.deadline),
    })
}

/// All offers and engaged sessions of an agent.
#[must_use]
pub fn held_sessions(held: &BTreeMap<ReservationId, Held>) -> (Vec<ReservationId>, Vec<SessionId>) {
    let offers = held.iter().filter(|(_, held)| held.stage == Stage::Offered).map(|(id, _)| *id).collect();
    let engaged =
        held.values().filter(|held| held.stage == Stage::Engaged).map(|held| held.session).collect();
    (offers, engaged)
}

/// Where an agent's feed is, for pollers.
#[must_use]
pub const fn seq(view: &AgentSummary) -> Seq {
    view.seq
}
