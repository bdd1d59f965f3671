//! Everything that can have happened in an agent's working day, as one closed list, and everything that can be asked.
//! Never decides whether it may happen.

use std::collections::BTreeMap;

use crate::session::event::Errand;
use crate::session::input::ToldAgent;
use crate::words::{AgentId, MessageId, ReservationId, Seq, SessionId, Time};

/// One entry of an agent's journal. The journal runs from the first sign-in to the last sign-out, 24 h at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentEvent {
    /// Position, counted from 1 without a gap.
    pub seq: Seq,
    /// `max(owner's clock, last event's time)`.
    pub at: Time,
    /// The id of the input that made it; on the input's first event only.
    pub id: Option<MessageId>,
    /// What happened.
    pub what: AgentWhat,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentWhat {
    /// Always event 1: the journal begins, with the reservations that the one before still held.
    Opened {
        /// Who.
        agent: AgentId,
        /// Held from the journal before.
        held: BTreeMap<ReservationId, Held>,
    },
    /// A device signed in.
    SignedIn {
        /// The device's own name.
        device: String,
        /// How many interactions at once, from the configuration.
        capacity: u32,
        /// The queues served, from the configuration.
        queues: Vec<String>,
    },
    /// A device signed out or was not seen for too long.
    SignedOut {
        /// Which.
        device: String,
        /// Whether it simply vanished.
        absent: bool,
    },
    /// Ready for offers, or not.
    State {
        /// Whether offers may come.
        ready: bool,
        /// The agent's reason, up to 64 characters.
        reason: Option<String>,
    },
    /// Capacity is promised to a session.
    Reserved {
        /// The promise.
        reservation: ReservationId,
        /// To whom.
        session: SessionId,
        /// From which queue.
        queue: String,
        /// When the offer lapses.
        deadline: Time,
    },
    /// The session has offered it: the promise is answered.
    Offered {
        /// Which.
        reservation: ReservationId,
    },
    /// The offer was accepted.
    Engaged {
        /// Which.
        reservation: ReservationId,
    },
    /// The capacity is free again.
    Released {
        /// Which.
        reservation: ReservationId,
        /// Why.
        why: ReleaseWhy,
    },
    /// The working day is over; the record is sealed and the next journal begins with `held`.
    Ended {
        /// Reservations that go on.
        held: BTreeMap<ReservationId, Held>,
    },
}

/// A reservation as the agent's journal holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// For whom.
    pub session: SessionId,
    /// From which queue.
    pub queue: String,
    /// When the offer lapses.
    pub deadline: Time,
    /// How far it got.
    pub stage: Stage,
}

/// How far a reservation got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Stored here; the session has not answered yet.
    Reserved,
    /// The session has offered it.
    Offered,
    /// In use.
    Engaged,
}

/// Why capacity is free again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseWhy {
    /// The session said so.
    Session,
    /// The session denied it.
    Denied,
}

/// Something that happens to an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentInput {
    /// The agent, or an admin for them, asks for a change.
    Ask {
        /// The caller's id for this input.
        id: MessageId,
        /// What for.
        act: AgentAct,
    },
    /// The matchmaker proposes. Refused when not ready, at capacity, or by a newer reservation epoch.
    Reserve {
        /// Drawn by the matchmaker.
        reservation: ReservationId,
        /// For whom.
        session: SessionId,
        /// From which queue.
        queue: String,
        /// When the offer lapses.
        deadline: Time,
    },
    /// A session's errand: engage or release.
    Errand {
        /// Which.
        reservation: ReservationId,
        /// What.
        errand: Errand,
    },
    /// A session has answered what this journal asked.
    Told {
        /// Which.
        reservation: ReservationId,
        /// What it said.
        answer: ToldAgent,
    },
    /// The wake-up that `next_wake` asked for, or an earlier one.
    Clock,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentAct {
    /// A device signs in.
    SignIn {
        /// The device's own name, up to 64 characters.
        device: String,
        /// From the configuration.
        capacity: u32,
        /// From the configuration.
        queues: Vec<String>,
    },
    /// A device signs out.
    SignOut {
        /// Which.
        device: String,
    },
    /// Ready for offers, or not.
    State {
        /// Whether offers may come.
        ready: bool,
        /// The agent's reason.
        reason: Option<String>,
    },
}
