//! Everything that can be asked of a session, as one closed list. Never says what comes of it.

use std::collections::BTreeMap;

use crate::session::event::{AfterLeave, Birth, By, Errand, Notice, Target};
use crate::words::{AgentId, Audience, MessageId, PartyId, ReservationId, Role, Seq, Time};

/// Something that happens to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Somebody asks for a change.
    Ask(Ask),
    /// An agent's journal speaks.
    Agent(FromAgent),
    /// The wake-up that [`super::Session::next_wake`] asked for, or an earlier one.
    Clock,
}

/// A request for a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Who asks; the edge has verified it.
    pub by: By,
    /// The sender's id for this input. The same id with the same content gives the first result again.
    pub id: MessageId,
    /// The last seq that the sender knew when it first sent this input (protocol rule 9).
    pub after: Option<Seq>,
    /// What for.
    pub act: Act,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Begin. Only ever the first input of a session.
    Create {
        /// What it is born with.
        birth: Box<Birth>,
        /// A customer who is there from the start: the nickname.
        customer: Option<String>,
        /// The customer's first words.
        text: Option<String>,
    },
    /// Enter.
    Join {
        /// As what.
        role: Role,
        /// Shown to others.
        nick: String,
        /// Agents and supervisors.
        agent: Option<AgentId>,
        /// Who may see the party.
        audience: Audience,
    },
    /// Say something.
    Send {
        /// The text.
        text: String,
        /// To whom.
        audience: Audience,
    },
    /// Show or do something.
    Notice {
        /// What.
        notice: Notice,
        /// To whom.
        audience: Audience,
    },
    /// Show that one is typing. Never stored.
    Typing {
        /// Began or ended.
        on: bool,
        /// The text so far; only staff ever see it.
        preview: Option<String>,
    },
    /// Change userdata.
    Data {
        /// Keys with new values.
        set: BTreeMap<String, String>,
        /// Keys to remove.
        remove: Vec<String>,
    },
    /// End one's stay.
    Leave {
        /// What should happen next.
        then: AfterLeave,
    },
    /// End another party's stay.
    Remove {
        /// Whose.
        party: PartyId,
    },
    /// End the chat.
    Close,
    /// Take an offer.
    Accept {
        /// Which.
        reservation: ReservationId,
    },
    /// Turn an offer down.
    Decline {
        /// Which.
        reservation: ReservationId,
    },
    /// Finish one's work on the interaction; closes the chat if it is still open and no other agent is in it.
    Conclude {
        /// How it is filed.
        disposition: Option<String>,
        /// Words about it.
        note: Option<String>,
    },
    /// Send the interaction on.
    Transfer {
        /// Where.
        target: Target,
    },
    /// Write a note.
    Note {
        /// The words.
        text: String,
    },
    /// File the interaction.
    Disposition {
        /// A code of the service.
        code: String,
    },
}

/// What an agent's journal tells or asks a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromAgent {
    /// A reservation is stored: is the session still to be offered?
    Reserved {
        /// Which.
        reservation: ReservationId,
        /// Whose.
        agent: AgentId,
        /// From which queue.
        queue: String,
        /// When it lapses.
        deadline: Time,
    },
    /// The agent gave the reservation up or is gone.
    GaveUp {
        /// Which.
        reservation: ReservationId,
        /// Whose.
        agent: AgentId,
    },
    /// Does the session still use this reservation? Asked before one past its deadline is freed, and never before that: a
    /// session that does not use it then never will again.
    Holds {
        /// Which.
        reservation: ReservationId,
        /// Whose.
        agent: AgentId,
    },
    /// An errand was done and the agent's journal has published it.
    Done {
        /// Which.
        reservation: ReservationId,
        /// What.
        errand: Errand,
    },
}

/// What a session answers to an agent's journal; given only when what it rests on is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToldAgent {
    /// The reservation is offered or in use.
    Held,
    /// The session does not want to be offered it.
    Denied,
    /// The answer to `Holds`: it is neither offered nor in use, and never will be.
    NotHeld,
    /// Heard.
    Noted,
}
