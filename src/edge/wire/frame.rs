//! A frame from a WebSocket client: one flat, borrowed shape for every `op`, because the hot path should neither buffer
//! nor copy. Never interprets it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

type Text<'a> = Option<Word<'a>>;

/// A string that is borrowed from the frame unless it has escapes. (Serde borrows no `Cow` inside an `Option`.)
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Word<'a>(#[serde(borrow)] pub Cow<'a, str>);

impl Word<'_> {
    /// Its own copy.
    #[must_use]
    pub fn into_owned(self) -> String {
        self.0.into_owned()
    }
}

impl std::ops::Deref for Word<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// What a frame asks for.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// A text.
    Send,
    /// A notice.
    Notice,
    /// Typing.
    Typing,
    /// Userdata.
    Data,
    /// End one's stay.
    Leave,
    /// End the chat.
    Close,
    /// Are you there?
    Ping,
    /// Staff: stream a session here.
    Watch,
    /// Staff: end that.
    Unwatch,
    /// Staff: take an offer.
    Accept,
    /// Staff: turn an offer down.
    Decline,
    /// Staff: finish one's work.
    Conclude,
    /// Staff: send on.
    Transfer,
    /// Staff: write a note.
    Note,
    /// Staff: file it.
    Disposition,
    /// Staff: enter a session.
    Join,
    /// Staff: ready or not.
    State,
}

/// One frame.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of the bodies in `bodies.rs`")]
pub struct Frame<'a> {
    pub op: Op,
    #[serde(borrow)]
    pub id: Text<'a>,
    pub session: Text<'a>,
    pub text: Text<'a>,
    pub after: Option<u64>,
    pub to: Option<u32>,
    pub audience: Text<'a>,
    pub kind: Text<'a>,
    pub url: Text<'a>,
    pub name: Text<'a>,
    pub data: Text<'a>,
    pub file: Text<'a>,
    pub bytes: Option<u64>,
    pub mime: Text<'a>,
    pub nick: Text<'a>,
    pub seq: Option<u64>,
    pub on: Option<bool>,
    pub preview: Text<'a>,
    pub set: Option<BTreeMap<String, String>>,
    pub remove: Option<Vec<String>>,
    pub then: Text<'a>,
    pub from: Option<u64>,
    pub reservation: Text<'a>,
    pub disposition: Text<'a>,
    pub note: Text<'a>,
    pub agent: Text<'a>,
    pub queue: Text<'a>,
    pub code: Text<'a>,
    pub r#as: Text<'a>,
    pub state: Text<'a>,
    pub reason: Text<'a>,
}
