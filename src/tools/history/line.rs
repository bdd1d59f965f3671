//! The lines of a history. Field names are short because a run writes millions of them; each is explained here.
//! Never decides whether what it holds is right.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The version of the format that this build writes, and the newest that it reads.
pub const VERSION: u32 = 1;

/// Microseconds since the run began.
pub type Micros = u64;

/// One line of a history after the header; the name of the variant is the only key of the outer object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line<'a> {
    /// The first line.
    Header(#[serde(borrow)] Header<'a>),
    /// Somebody who acts in the run.
    Actor(#[serde(borrow)] Actor<'a>),
    /// A session that was created.
    Session(#[serde(borrow)] Session<'a>),
    /// One attempt to send a message.
    Send(#[serde(borrow)] Send<'a>),
    /// The answer to one attempt.
    Answer(#[serde(borrow)] Answer<'a>),
    /// A reader begins to listen to a session on a connection.
    Listen(Listen),
    /// An event delivered live.
    Event(#[serde(borrow)] Event<'a>),
    /// An event of a transcript read back; `c` and `t` of it are 0.
    Kept(#[serde(borrow)] Event<'a>),
    /// A transcript was read back whole: its events are the `kept` lines of this actor and session.
    Transcript(Transcript),
}

/// The first line of a history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header<'a> {
    /// Version of the format, [`VERSION`].
    pub version: u32,
    /// The program that wrote it.
    #[serde(borrow)]
    pub tool: Cow<'a, str>,
    /// When the run began, milliseconds since 1970 UTC.
    pub began_unix_ms: u64,
}

/// Which side of a conversation somebody is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The person who is served.
    Customer,
    /// The person who serves.
    Agent,
}

/// Somebody who acts in the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor<'a> {
    /// Number of the actor in this history.
    pub a: u32,
    /// For people who read findings.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// The actor's side.
    pub side: Side,
}

/// A session that was created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session<'a> {
    /// Number of the session in this history.
    pub s: u32,
    /// Its id at the server.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
}

/// One attempt to send a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Send<'a> {
    /// Actor.
    pub a: u32,
    /// Session.
    pub s: u32,
    /// Client message id, one per message and session.
    #[serde(borrow)]
    pub m: Cow<'a, str>,
    /// Attempt, from 1.
    pub n: u32,
    /// WebSocket that carried it, numbered within the run; 0 for a request of its own.
    pub c: u32,
    /// When it was meant to begin.
    pub i: Micros,
    /// When it began.
    pub b: Micros,
    /// Digest of the text.
    pub h: Digest,
    /// The text; absent in repeats, which send the same.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub x: Option<Cow<'a, str>>,
}

/// What an attempt was answered with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome<'a> {
    /// Stored at this seq.
    Ack(u64),
    /// Refused for good, with this code.
    Refused(#[serde(borrow)] Cow<'a, str>),
    /// Refused for now or of unknown outcome, with this code: the sender repeats it.
    Again(#[serde(borrow)] Cow<'a, str>),
}

/// The answer to one attempt. An attempt without one was never answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer<'a> {
    /// Actor.
    pub a: u32,
    /// Session.
    pub s: u32,
    /// Client message id.
    #[serde(borrow)]
    pub m: Cow<'a, str>,
    /// Attempt.
    pub n: u32,
    /// When it was answered.
    pub e: Micros,
    /// With what.
    #[serde(borrow)]
    pub r: Outcome<'a>,
}

/// A reader begins to listen to a session on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listen {
    /// Actor.
    pub a: u32,
    /// Session.
    pub s: u32,
    /// Connection, numbered within the run.
    pub c: u32,
    /// Events after this seq were asked for.
    pub from: u64,
    /// When it was told that the connection stands; 0 in histories of older builds.
    #[serde(default)]
    pub b: Micros,
}

/// An event as a reader got it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event<'a> {
    /// Actor.
    pub a: u32,
    /// Session.
    pub s: u32,
    /// Connection.
    pub c: u32,
    /// Seq.
    pub q: u64,
    /// When it arrived.
    pub t: Micros,
    /// Type, such as `message`.
    #[serde(borrow)]
    pub y: Cow<'a, str>,
    /// Party that caused it; 0 for the system.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub by: u32,
    /// Client message id, if it has one.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub m: Option<Cow<'a, str>>,
    /// Digest of the text, of the empty text if it has none.
    pub h: Digest,
    /// The text, unless the run keeps digests only.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub x: Option<Cow<'a, str>>,
}

/// A transcript was read back whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transcript {
    /// Actor whose view it is.
    pub a: u32,
    /// Session.
    pub s: u32,
    /// Number of its events, so that a cut-off file is noticed.
    pub count: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// The XXH3-128 of a text's bytes, written as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub u128);

/// The digest of a text.
#[must_use]
pub fn digest(text: &str) -> Digest {
    Digest(xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0_u8; 32];
        for (at, slot) in text.iter_mut().enumerate() {
            *slot = DIGITS[(self.0 >> (124 - 4 * at) & 15) as usize];
        }
        out.serialize_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Hex;
        impl Visitor<'_> for Hex {
            type Value = Digest;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("32 hexadecimal digits")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Digest, E> {
                u128::from_str_radix(text, 16).map(Digest).map_err(E::custom)
            }
        }
        input.deserialize_str(Hex)
    }
}
