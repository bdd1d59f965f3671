//! The nouns that every room shares: identities, time, audience. Never holds behaviour of a machine and never touches IO.

use std::fmt;

/// Milliseconds since 1970-01-01T00:00:00Z, by the clock of whoever owned the shard at that moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

impl Time {
    /// This moment moved later by `millis`; saturates at the end of time.
    #[must_use]
    pub const fn plus(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this moment, zero if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Position in a journal: 1, 2, 3 … without a gap; 0 means "before the first".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub u64);

impl Seq {
    /// The position after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A conversation: a UUIDv7, or the first 128 bits of SHA-256(service, caller, creation key).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub [u8; 16]);

impl SessionId {
    /// Reads the form that clients see, 36 characters of a UUID; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 36 {
            return None;
        }
        uuid::Uuid::try_parse(text).ok().map(|id| Self(id.into_bytes()))
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        uuid::Uuid::from_bytes(self.0).hyphenated().fmt(f)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The sign-in name of an agent or supervisor, 1 to 64 characters of `a-z 0-9 . _ - @`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgentId(pub String);

/// A participant for one stay: counts up from 1 within its session and is never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartyId(pub u32);

/// The id that a sender gives a changing input, 1 to 64 visible ASCII characters; repeated with every repeat.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub String);

/// One promise of an agent's capacity to one session, drawn by the matchmaker; 128 random bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReservationId(pub u128);

impl fmt::Display for ReservationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for ReservationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl ReservationId {
    /// Reads the form that clients see, 32 hexadecimal digits; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        u128::from_str_radix(text, 16).ok().map(Self)
    }
}

/// Who may see an event or a party. Promise P7 rests on this and on nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// Everyone in the session.
    All,
    /// Agents and supervisors (coaching, consult); flow, bots and system too.
    Staff,
    /// Supervisors only.
    Supervisors,
    /// One party and its sender: a direct message.
    Only(PartyId),
    /// No reader: bookkeeping between journals. Kept in the journal, absent from every view.
    Nobody,
}

/// What a party is in the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The person who is served.
    Customer,
    /// A person who serves.
    Agent,
    /// A person who watches, coaches or takes over.
    Supervisor,
    /// A program that talks.
    Bot,
    /// The workflow of the service.
    Flow,
    /// Holdfast itself, or an integration that acts on the session.
    System,
}

/// What a journal belongs to. Its shard is a stable hash of kind and key, see [`crate::shard::place`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JournalId {
    /// A conversation.
    Session(SessionId),
    /// An agent, and which of their sign-ins, counted from 1: a finished one is a record of its own.
    Agent(AgentId, u32),
}
