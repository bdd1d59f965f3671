//! Everything that can have happened in a conversation, as one closed list. An event, once written, is read by every
//! later release: fields are added, never changed in meaning. Never decides whether it may happen.

use std::collections::BTreeMap;

use crate::words::{AgentId, Audience, MessageId, PartyId, ReservationId, Role, Seq, Time};

/// One entry of a session's journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Position, counted from 1 without a gap.
    pub seq: Seq,
    /// `max(owner's clock, last event's time)`.
    pub at: Time,
    /// Who caused it.
    pub by: By,
    /// Who may see it.
    pub audience: Audience,
    /// The id of the input that made it; on the input's first event only.
    pub id: Option<MessageId>,
    /// What happened.
    pub what: What,
}

/// Who caused an event or asks for something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// A party of this session.
    Party(PartyId),
    /// An agent or supervisor who acts without being in the session, such as one who concludes after the close.
    Staff(AgentId),
    /// A program with an API key, by the key's name.
    Integration(String),
    /// The session's own rules: timers, flow, routing.
    System,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Always event 1.
    Created(Birth),
    /// A party entered.
    Joined(Party),
    /// A party's stay ended.
    Left {
        /// Whose.
        party: PartyId,
        /// Why.
        reason: LeaveReason,
        /// What the leaver asked to happen next.
        then: AfterLeave,
    },
    /// A party was not seen for `absent_after`.
    Away(PartyId),
    /// An away party is seen again.
    Back(PartyId),
    /// A text.
    Message {
        /// 1 byte to 32 KiB of UTF-8.
        text: String,
    },
    /// Something that is shown or acted on but is not a text.
    Notice(Notice),
    /// Userdata changed.
    Data {
        /// Keys with their new values.
        set: BTreeMap<String, String>,
        /// Keys that are gone.
        removed: Vec<String>,
    },
    /// The flow entered a step or left one.
    Step {
        /// The step's name in the service's flow.
        step: String,
        /// How it stands.
        state: StepState,
    },
    /// The interaction waits in a queue.
    Queued {
        /// Which.
        queue: String,
        /// Larger is served first.
        priority: i32,
        /// Since when it waits; kept over a re-offer, so that a decline costs no place in line.
        since: Time,
    },
    /// An agent was asked. The agent's journal holds the reservation.
    Offered {
        /// The promise of capacity.
        reservation: ReservationId,
        /// Whom.
        agent: AgentId,
        /// From which queue.
        queue: String,
        /// When the offer expires.
        deadline: Time,
    },
    /// An offer ended without an assignment; the session is in its queue again unless it is closed.
    OfferEnded {
        /// Which.
        reservation: ReservationId,
        /// Why.
        why: OfferEnd,
    },
    /// The agent accepted.
    Assigned {
        /// The promise that is now used.
        reservation: ReservationId,
        /// Who.
        agent: AgentId,
    },
    /// The agent's work on the interaction is over.
    Concluded {
        /// The promise that is now free.
        reservation: ReservationId,
        /// Who.
        agent: AgentId,
        /// Why.
        why: ConcludeWhy,
    },
    /// Sent on to another agent or queue.
    Transferred(Target),
    /// How the interaction is filed.
    Disposition {
        /// A code of the service.
        code: String,
    },
    /// Staff's own words about the interaction.
    Note {
        /// 1 byte to 32 KiB of UTF-8.
        text: String,
    },
    /// Nobody said anything for `idle_alert_after`.
    IdleAlert {
        /// When the chat will be closed unless someone says something.
        closes_at: Time,
    },
    /// The chat is over; the interaction goes on, `offline`.
    Closed {
        /// Why.
        why: CloseWhy,
    },
    /// The interaction is over; the record is sealed.
    Stopped {
        /// Why.
        why: StopWhy,
    },
    /// Another journal has answered an outbox entry. Audience is always `Nobody`.
    Settled {
        /// The reservation the entry was about.
        reservation: ReservationId,
        /// Which entry.
        errand: Errand,
    },
}

/// How a session came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Birth {
    /// The named entry point.
    pub service: String,
    /// The part of the company it belongs to.
    pub unit: String,
    /// The configuration it lives by, for all its life.
    pub config: u64,
    /// Attributes of the person, kept on the record's head.
    pub contact: BTreeMap<String, String>,
    /// The verified subject of a signed identity.
    pub identity: Option<String>,
    /// Who created it: `Party(1)` is a customer who joins with event 2.
    pub creator: By,
    /// Initial userdata.
    pub data: BTreeMap<String, String>,
}

/// A participant for one stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Counts up from 1, never used again.
    pub id: PartyId,
    /// What it is.
    pub role: Role,
    /// What others see, up to 128 characters.
    pub nick: String,
    /// Agents and supervisors only.
    pub agent: Option<AgentId>,
    /// Who may see that it is here and what it does: `All`, `Staff` (coach) or `Supervisors` (silent).
    pub audience: Audience,
}

/// Why a party's stay ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaveReason {
    /// By its own wish.
    Own,
    /// Not seen for `leave_after`.
    Absent,
    /// Another party removed it.
    Removed,
    /// The chat closed.
    Closed,
    /// The session was idle for too long.
    Idle,
    /// Transferred away.
    Transferred,
}

/// What a leaver asks to happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterLeave {
    /// The session goes on.
    Keep,
    /// Close it if no agent is in it.
    CloseIfNoAgent,
    /// Close it.
    Close,
}

/// Something that is shown or acted on but is not a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A page to open.
    Url(String),
    /// For programs: a name and data, 32 KiB together.
    Custom {
        /// Up to 128 characters.
        name: String,
        /// Any text.
        data: String,
    },
    /// A file was shared.
    File {
        /// Its id in the file store.
        file: String,
        /// Its name.
        name: String,
        /// Its size in bytes.
        bytes: u64,
        /// Its media type.
        mime: String,
    },
    /// The sender's new nickname.
    Nick(String),
    /// The sender has read everything up to here.
    Read(Seq),
}

/// How a flow step stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepState {
    /// Entered.
    Begun,
    /// Left, with a result in the step's own words.
    Done(String),
}

/// Why an offer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferEnd {
    /// The agent said no.
    Declined,
    /// The deadline passed.
    TimedOut,
    /// The session no longer needs an agent.
    Withdrawn,
    /// The agent signed out or gave the reservation up.
    AgentGone,
}

/// Why an agent's work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConcludeWhy {
    /// The agent said so.
    Done,
    /// Sent on.
    Transferred,
    /// The agent left the session or was removed.
    Left,
    /// `wrap_up_max` or `post_max` ran out.
    TooLong,
}

/// Where a transfer goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// One agent; offered to them first, to their queue after the time-out.
    Agent(AgentId),
    /// A queue.
    Queue(String),
}

/// Why the chat ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseWhy {
    /// A party or integration closed it.
    Asked,
    /// A leaver's after-action.
    AfterLeave,
    /// Nobody who keeps a session alive is left.
    Empty,
    /// Waited for an agent longer than `longest_wait`.
    LongestWait,
    /// Idle past the alert's countdown.
    Idle,
    /// The flow ended it: closed hours, nobody signed in, queue full.
    Flow,
}

/// Why the interaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopWhy {
    /// Post-processing and wrap-up are done.
    Done,
    /// `post_max` ran out.
    TooLong,
}

/// What a session asks of an agent's journal, repeated until answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Errand {
    /// The offer was accepted: the reservation is in use.
    Engage,
    /// The reservation is free again.
    Release,
}
