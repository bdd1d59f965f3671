//! The frames of the native API, as much of them as a client of a load run needs. Incoming ones borrow from the text
//! that they came in; outgoing ones are written without a tree in between. Never knows a connection.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A text that borrows from its frame unless an escape forbids it. (An `Option` of a plain `Cow` would always copy.)
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(in super::super) struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

/// Anything that a server sends on a socket; kinds that the run has no use for leave all fields empty.
#[derive(Debug, Default, Deserialize)]
pub(in super::super) struct Frame<'a> {
    #[serde(borrow)]
    pub ack: Option<Ack<'a>>,
    #[serde(borrow)]
    pub refused: Option<Refused<'a>>,
    #[serde(borrow)]
    pub event: Option<Event<'a>>,
    #[serde(borrow)]
    pub session: Option<Text<'a>>,
    #[serde(borrow)]
    pub offer: Option<Offer<'a>>,
    #[serde(borrow)]
    pub offer_ended: Option<OfferEnded<'a>>,
    /// The node is about to stop.
    pub resume: Option<IgnoredAny>,
}

/// A change was stored.
#[derive(Debug, Deserialize)]
pub(in super::super) struct Ack<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(default)]
    pub seq: u64,
    #[serde(borrow)]
    pub session: Option<Text<'a>>,
}

/// A change was refused.
#[derive(Debug, Deserialize)]
pub(in super::super) struct Refused<'a> {
    #[serde(borrow)]
    pub id: Option<Text<'a>>,
    #[serde(borrow)]
    pub session: Option<Text<'a>>,
    #[serde(borrow)]
    pub code: Option<Text<'a>>,
    #[serde(default)]
    pub status: u16,
    /// When to try again.
    #[serde(default)]
    pub retry_ms: u64,
}

impl Refused<'_> {
    /// Whether the same request may succeed later: the outcome is unknown, or the server is busy.
    pub fn is_passing(&self) -> bool {
        matches!(self.status, 429 | 502 | 503 | 504) || self.code() == "internal"
    }

    /// The code, for the history and for people.
    pub fn code(&self) -> &str {
        self.code.as_ref().map_or("none", |code| &code.0)
    }
}

/// An event of a session.
#[derive(Debug, Deserialize)]
pub(in super::super) struct Event<'a> {
    /// 0 in what is no event of the journal, such as typing on a stream.
    #[serde(default)]
    pub seq: u64,
    #[serde(default)]
    pub by: Option<u32>,
    #[serde(borrow, default, rename = "type")]
    pub kind: Text<'a>,
    #[serde(borrow)]
    pub id: Option<Text<'a>>,
    #[serde(borrow)]
    pub text: Option<Text<'a>>,
    /// A number in some types, an object in `joined`.
    #[serde(borrow)]
    party: Option<&'a RawValue>,
}

impl<'a> Event<'a> {
    /// Who joined, if this is a `joined`.
    pub fn joined(&self) -> Option<Joined<'a>> {
        if self.kind.0 != "joined" {
            return None;
        }
        self.party.and_then(|party| serde_json::from_str(party.get()).ok())
    }

    /// The text, empty if there is none.
    pub fn text(&self) -> &str {
        self.text.as_ref().map_or("", |text| &text.0)
    }
}

/// Who joined.
#[derive(Debug, Deserialize)]
pub(in super::super) struct Joined<'a> {
    #[serde(borrow)]
    pub role: Text<'a>,
    #[serde(borrow)]
    pub agent: Option<Text<'a>>,
}

/// A session is offered to an agent.
#[derive(Debug, Deserialize)]
pub(in super::super) struct Offer<'a> {
    #[serde(borrow)]
    pub reservation: Text<'a>,
    #[serde(borrow)]
    pub session: Text<'a>,
    #[serde(borrow)]
    pub nick: Option<Text<'a>>,
}

/// An offer is over.
#[derive(Debug, Deserialize)]
pub(in super::super) struct OfferEnded<'a> {
    #[serde(borrow)]
    pub reservation: Text<'a>,
    #[serde(borrow)]
    pub why: Option<Text<'a>>,
}

/// A transcript as JSON.
#[derive(Debug, Deserialize)]
pub(in super::super) struct Transcript<'a> {
    #[serde(borrow)]
    pub events: Vec<Event<'a>>,
}

/// A page of a long poll.
#[derive(Debug, Deserialize)]
pub(in super::super) struct Page<'a> {
    #[serde(borrow)]
    pub events: Vec<&'a RawValue>,
    pub next: u64,
}

/// A message to send, as frame (`op` and, for staff, `session` set) or as body of a request.
#[derive(Clone, Copy, Debug, Serialize)]
pub(in super::super) struct Say<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<&'a str>,
    pub id: &'a str,
    pub text: &'a str,
    pub after: u64,
}

/// The other things that a client asks for on a socket.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(in super::super) enum Op<'a> {
    Ping,
    Close { id: &'a str },
    State { id: &'a str, state: &'a str },
    Watch { session: &'a str, from: u64 },
    Unwatch { session: &'a str },
    Accept { id: &'a str, reservation: &'a str, session: &'a str },
    Decline { reservation: &'a str, session: &'a str },
    Conclude { session: &'a str, id: &'a str, disposition: &'a str },
}

/// The JSON of a frame or body.
pub(in super::super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts, numbers and constant names always have a JSON form")
}
