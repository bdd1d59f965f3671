//! What a check keeps of a history: numbers instead of texts. Never judges.

use std::collections::{BTreeMap, HashMap};

use crate::tools::history::{Digest, Micros, Side};

/// Index into [`Run::messages`].
pub(super) type MessageIndex = u32;

/// Number of the type `message`.
pub(super) const MESSAGE: u32 = 0;

/// How an attempt was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// Not at all.
    None,
    /// Stored at this seq.
    Ack(u64),
    /// For good.
    Refused,
    /// For now, or the outcome is unknown.
    Again,
}

/// One attempt to send a message.
#[derive(Debug)]
pub(super) struct Attempt {
    pub message: MessageIndex,
    pub number: u32,
    pub connection: u32,
    pub reply: Reply,
    pub replied_at: Micros,
}

/// A message that somebody typed.
#[derive(Debug)]
pub(super) struct Message {
    pub actor: u32,
    pub session: u32,
    pub id: Box<str>,
    pub digest: Digest,
    pub intended: Micros,
    pub begun: Micros,
    /// Sent again because nobody knew what had become of it.
    pub retried: bool,
    /// Seq of the first acknowledgement, and when it came.
    pub acked: Option<(u64, Micros)>,
    pub refused: bool,
    /// When the other side first saw it live.
    pub shown: Option<Micros>,
}

/// An event as somebody got it, live or read back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub seq: u64,
    pub at: Micros,
    pub connection: u32,
    pub content: Content,
}

/// What must be the same wherever an event is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Content {
    /// Number of the type in this check; that of messages is [`MESSAGE`].
    pub kind: u32,
    pub by: u32,
    pub message: Named,
    pub digest: Digest,
}

/// The message that an event names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// None.
    None,
    /// By an id that nobody in this history typed; its number in this check.
    Foreign(u32),
    /// One of the history's.
    Typed(MessageIndex),
}

/// The send steps of one actor in one session, in the order in which they happened.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Index of the attempt that began.
    Begun(u32),
    /// Index of the attempt that was answered.
    Answered(u32),
}

/// A transcript read back by one actor.
#[derive(Debug, Default)]
pub(super) struct View {
    pub events: Vec<Seen>,
    /// Events that the reader counted; `None` while it was not read back whole.
    pub whole: Option<u64>,
    /// Place of each seq in `events`.
    pub places: HashMap<u64, u32>,
}

/// What one actor did and saw in one session.
#[derive(Debug, Default)]
pub(super) struct Presence {
    pub steps: Vec<Step>,
    pub live: Vec<Seen>,
    /// Connection and the seq it was to begin after.
    pub listens: Vec<(u32, u64)>,
    pub view: View,
}

/// A session of the run: its id at the server and who was there, in the order of appearance.
#[derive(Debug, Default)]
pub(super) struct Session {
    pub id: Box<str>,
    pub present: Vec<(u32, Presence)>,
}

/// A whole run.
#[derive(Debug, Default)]
pub(super) struct Run {
    pub actors: HashMap<u32, (Box<str>, Side)>,
    pub sessions: HashMap<u32, Session>,
    pub messages: Vec<Message>,
    pub attempts: Vec<Attempt>,
    /// Refusals, for now or for good, by their code.
    pub refusals: BTreeMap<Box<str>, u64>,
}

impl Run {
    /// Name of an actor, for findings.
    pub fn name(&self, actor: u32) -> &str {
        self.actors.get(&actor).map_or("somebody", |(name, _)| name)
    }

    /// Side of an actor.
    pub fn side(&self, actor: u32) -> Option<Side> {
        self.actors.get(&actor).map(|&(_, side)| side)
    }

    /// Where a message stands, for findings; without its text.
    pub fn place(&self, message: &Message) -> String {
        let session = self.sessions.get(&message.session).map_or("?", |s| &s.id);
        format!("session {session} message {} of {}", message.id, self.name(message.actor))
    }
}
