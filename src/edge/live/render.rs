//! Frames for WebSocket clients, rendered into one buffer that is reused. Never decides what is sent.

use axum::extract::ws::{Message, Utf8Bytes};
use bytes::{BufMut, BytesMut};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::edge::refusals::Problem;
use crate::edge::wire::answer::{Shown, Written};
use crate::edge::wire::event::EventJson;
use crate::words::SessionId;

/// Frames that wait for the next flush.
#[derive(Debug, Default)]
pub struct Out {
    buffer: BytesMut,
    /// The frames.
    pub frames: Vec<Message>,
}

/// Most frames are smaller, bytes.
const FRAME_BYTES: usize = 512;

impl Out {
    /// Adds a text frame.
    pub fn push(&mut self, frame: &impl Serialize) {
        // In one piece: growing a buffer write by write would copy most frames several times.
        self.buffer.reserve(FRAME_BYTES);
        if serde_json::to_writer((&mut self.buffer).writer(), frame).is_err() {
            self.buffer.clear();
            return;
        }
        let bytes = self.buffer.split().freeze();
        if let Ok(text) = Utf8Bytes::try_from(bytes) {
            self.frames.push(Message::Text(text));
        }
    }

    /// Gives memory back once everything is written: most sockets are idle most of the time.
    pub fn rest(&mut self) {
        if self.buffer.capacity() > 0 {
            self.buffer = BytesMut::new();
        }
        if self.frames.capacity() > 8 {
            self.frames = Vec::new();
        }
    }
}

/// `{"ack":{…}}`.
#[derive(Debug, Serialize)]
pub struct Ack<'a> {
    /// The receipt.
    pub ack: Written<'a>,
}

/// `{"resume":{"within_ms":…}}`: the node is about to stop.
#[derive(Debug, Serialize)]
pub struct ResumeFrame {
    /// How.
    pub resume: Resume,
}

/// How a client goes elsewhere.
#[derive(Debug, Serialize)]
pub struct Resume {
    /// How long this socket is still served, milliseconds.
    pub within_ms: u64,
}

/// `{"event":{…},"session":…}`.
#[derive(Debug, Serialize)]
pub struct EventFrame<'a> {
    /// The event.
    pub event: EventJson<'a>,
    /// On sockets that serve many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Shown<SessionId>>,
}

/// `{"refused":{"id":…,"session":…,…}}`.
#[derive(Debug, Serialize)]
pub struct RefusedFrame<'a> {
    /// What and why.
    pub refused: Refused<'a>,
}

/// A refusal of one request.
#[derive(Debug)]
pub struct Refused<'a> {
    /// The request's id, when it had one.
    pub id: Option<&'a str>,
    /// On sockets that serve many.
    pub session: Option<SessionId>,
    /// Why.
    pub problem: &'a Problem,
}

impl Serialize for Refused<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(id) = self.id {
            map.serialize_entry("id", id)?;
        }
        if let Some(session) = self.session {
            map.serialize_entry("session", &Shown(session))?;
        }
        self.problem.fields(&mut map)?;
        map.end()
    }
}

/// `{"typing":{…},"session":…}`.
#[derive(Debug, Serialize)]
pub struct TypingFrame<'a> {
    /// Who types.
    pub typing: Typing<'a>,
    /// On sockets that serve many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Shown<SessionId>>,
}

/// Somebody types.
#[derive(Debug, Serialize)]
pub struct Typing<'a> {
    /// Who.
    pub party: u32,
    /// Began or ended.
    pub on: bool,
    /// The text so far, for staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview: Option<&'a str>,
}
