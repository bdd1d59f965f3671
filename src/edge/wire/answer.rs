//! Answers as JSON: receipts, pages, summaries, heads. Never more than a rendering.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};
use utoipa::ToSchema;

use super::event::{EventJson, PartyJson};
use super::time::Moment;
use super::words;
use crate::session::event::Event;
use crate::session::{Head, Phase};
use crate::shard::door::{EventPage, Receipt, Summary};
use crate::words::{MessageId, Role, SessionId, Time};

/// What a write came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Written<'a> {
    /// The id, the caller's or one that was drawn.
    pub id: &'a str,
    /// The session, on sockets that serve many.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub session: Option<Shown<SessionId>>,
    /// Position of its first event.
    pub seq: u64,
    /// That event's time.
    #[schema(value_type = String)]
    pub at: Moment,
    /// Whether it had been accepted before.
    pub repeated: bool,
    /// The party that a join made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<u32>,
}

impl<'a> Written<'a> {
    /// A receipt as clients see it.
    #[must_use]
    pub fn new(id: &'a MessageId, session: Option<SessionId>, receipt: &Receipt) -> Self {
        Self {
            id: &id.0,
            session: session.map(Shown),
            seq: receipt.seq.0,
            at: Moment(receipt.at),
            repeated: receipt.repeated,
            party: receipt.party.map(|party| party.0),
        }
    }
}

/// A value that is written as its text.
#[derive(Clone, Copy, Debug)]
pub struct Shown<T>(pub T);

impl<T: std::fmt::Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// What a create or join came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Entered {
    /// The session's id.
    pub session: String,
    /// The customer's party.
    pub party: u32,
    /// The customer's token for this session.
    pub token: String,
    /// Position of the create's or join's first event.
    pub seq: u64,
    /// When the token expires.
    #[schema(value_type = String)]
    pub expires_at: Moment,
    /// Whether the same create or join had been accepted before.
    pub repeated: bool,
}

/// An invitation for a customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Invited {
    /// The session's id.
    pub session: String,
    /// What the customer joins with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invitation: Option<String>,
    /// When the invitation expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub expires_at: Option<Moment>,
    /// Whether the same create had been accepted before.
    pub repeated: bool,
}

/// Events for one kind of reader.
#[derive(Debug)]
pub struct EventsJson<'a> {
    /// The events.
    pub events: &'a [Arc<Event>],
    /// Whether the reader is staff or an integration.
    pub staff: bool,
}

impl Serialize for EventsJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.events.len()))?;
        for event in self.events {
            list.serialize_element(&EventJson { event, staff: self.staff })?;
        }
        list.end()
    }
}

/// A page of events.
#[derive(Debug, Serialize)]
pub struct PageJson<'a> {
    events: EventsJson<'a>,
    next: u64,
    more: bool,
    state: &'static str,
}

impl<'a> PageJson<'a> {
    /// A page as clients see it.
    #[must_use]
    pub fn new(page: &'a EventPage, staff: bool) -> Self {
        Self {
            events: EventsJson { events: &page.events, staff },
            next: page.next.0,
            more: page.more,
            state: words::phase(page.phase),
        }
    }
}

/// How a session stands, as clients see it.
#[must_use]
pub fn summary(session: SessionId, summary: &Summary, staff: bool) -> serde_json::Value {
    let parties: Vec<_> = summary
        .parties
        .iter()
        .map(|party| serde_json::to_value(PartyJson { party, staff }).unwrap_or_default())
        .collect();
    let served = summary.parties.iter().any(|party| party.role == Role::Agent);
    let queue = match (summary.position, served) {
        (Some(position), _) => serde_json::json!({"state": "waiting", "position": position}),
        (None, true) => serde_json::json!({"state": "served"}),
        (None, false) => serde_json::json!({"state": "none"}),
    };
    let mut out = serde_json::json!({
        "session": session.to_string(),
        "state": words::phase(words::session_state(summary.head.state)),
        "seq": summary.seq.0,
        "service": summary.head.service,
        "parties": parties,
        "queue": queue,
    });
    if staff {
        out["head"] = serde_json::to_value(HeadJson::new(session, &summary.head)).unwrap_or_default();
    }
    out
}

/// A record's head.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeadJson<'a> {
    /// The session's id.
    pub session: String,
    /// `new`, `open`, `offline` or `closed`.
    pub state: &'static str,
    /// The named entry point.
    pub service: &'a str,
    /// The part of the company.
    pub unit: &'a str,
    /// The person's attributes.
    pub contact: &'a BTreeMap<String, String>,
    /// The verified subject of a signed identity.
    pub identity: Option<&'a str>,
    /// Agents so far.
    pub agents: Vec<&'a str>,
    /// When it was created.
    #[schema(value_type = String)]
    pub started: Moment,
    /// When the chat closed.
    #[schema(value_type = Option<String>)]
    pub ended: Option<Moment>,
    /// Time of the last event.
    #[schema(value_type = String)]
    pub last_activity: Moment,
    /// How it was filed.
    pub disposition: Option<&'a str>,
    /// Messages so far.
    pub messages: u64,
}

impl<'a> HeadJson<'a> {
    /// A head as staff see it.
    #[must_use]
    pub fn new(session: SessionId, head: &'a Head) -> Self {
        Self {
            session: session.to_string(),
            state: words::record_state(head.state),
            service: &head.service,
            unit: &head.unit,
            contact: &head.contact,
            identity: head.identity.as_deref(),
            agents: head.agents.iter().map(|agent| agent.0.as_str()).collect(),
            started: Moment(head.started),
            ended: head.ended.map(Moment),
            last_activity: Moment(head.last_at),
            disposition: head.disposition.as_deref(),
            messages: head.messages,
        }
    }
}

/// The state word after some events, beginning with the one before them.
#[must_use]
pub fn phase_after(before: Phase, events: &[Arc<Event>]) -> Phase {
    use crate::session::event::What;
    events.iter().fold(before, |phase, event| match event.what {
        What::Closed { .. } => phase.max(Phase::Offline),
        What::Stopped { .. } => Phase::Stopped,
        _ => phase,
    })
}

/// A sign-in's answer.
#[derive(Serialize, ToSchema)]
pub struct SignedIn {
    /// The token.
    pub token: String,
    /// The agent's sign-in name.
    pub agent: String,
    /// Shown to customers.
    pub nick: String,
    /// The device's name.
    pub device: String,
    /// `agent`, `supervisor`, `admin`.
    pub roles: Vec<&'static str>,
    /// When the token expires.
    #[schema(value_type = String)]
    pub expires_at: Moment,
}

/// A moment as clients see it.
#[must_use]
pub const fn moment(time: Time) -> Moment {
    Moment(time)
}
