//! Between notes and the messages of workers and matchmaker. What is not a note is given back: changes that somebody waits
//! for, questions and attachments travel as calls and streams.

use super::{AgentNote, DeskNote, Note};
use crate::agent::event::AgentInput;
use crate::shard::worker::msg::{ToAgent, ToDesk, ToSession};
use crate::words::{AgentId, SessionId};

impl Note {
    /// The note that is for a session.
    ///
    /// # Errors
    /// Gives back what is not a note.
    #[expect(clippy::result_large_err, reason = "the caller needs its message back to answer it")]
    pub fn for_session(session: SessionId, what: ToSession) -> Result<Self, ToSession> {
        match what {
            ToSession::Agent(agent, said) => Ok(Self::Session(session, agent, said)),
            ToSession::Ask(..) | ToSession::Query(..) | ToSession::Detach(_) => Err(what),
        }
    }

    /// The note that is for an agent's journal.
    ///
    /// # Errors
    /// Gives back what is not a note.
    pub fn for_agent(agent: AgentId, what: ToAgent) -> Result<Self, ToAgent> {
        let note = match what {
            ToAgent::Errand(session, AgentInput::Errand { reservation, errand }) => {
                AgentNote::Errand { session, reservation, errand }
            }
            ToAgent::Reserve(id, AgentInput::Reserve { reservation, session, queue, deadline })
                if id == reservation =>
            {
                AgentNote::Reserve { reservation, session, queue, deadline }
            }
            ToAgent::Told(reservation, answer) => AgentNote::Told { reservation, answer },
            // An errand or a proposal that holds another input was never made by a worker or the matchmaker.
            ToAgent::Errand(..)
            | ToAgent::Reserve(..)
            | ToAgent::Ask(..)
            | ToAgent::Summary(_)
            | ToAgent::Attach(..)
            | ToAgent::Detach(_) => return Err(what),
        };
        Ok(Self::Agent(agent, note))
    }

    /// The note that is for the matchmaker.
    ///
    /// # Errors
    /// Gives back what is not a note.
    pub fn for_desk(what: ToDesk) -> Result<Self, ToDesk> {
        Ok(Self::Desk(match what {
            ToDesk::Seek(session, seek) => DeskNote::Seek(session, seek),
            ToDesk::Unseek(session) => DeskNote::Unseek(session),
            ToDesk::Announce(agent, queues, free, idle_since) => {
                DeskNote::Announce { agent, queues, free, idle_since }
            }
            ToDesk::Gone(agent) => DeskNote::Gone(agent),
            ToDesk::Answered(reservation, result) => DeskNote::Answered(reservation, result),
            ToDesk::Position(..) => return Err(what),
        }))
    }
}

impl From<AgentNote> for ToAgent {
    fn from(note: AgentNote) -> Self {
        match note {
            AgentNote::Errand { session, reservation, errand } => {
                Self::Errand(session, AgentInput::Errand { reservation, errand })
            }
            AgentNote::Reserve { reservation, session, queue, deadline } => {
                Self::Reserve(reservation, AgentInput::Reserve { reservation, session, queue, deadline })
            }
            AgentNote::Told { reservation, answer } => Self::Told(reservation, answer),
        }
    }
}

impl From<DeskNote> for ToDesk {
    fn from(note: DeskNote) -> Self {
        match note {
            DeskNote::Seek(session, seek) => Self::Seek(session, seek),
            DeskNote::Unseek(session) => Self::Unseek(session),
            DeskNote::Announce { agent, queues, free, idle_since } => {
                Self::Announce(agent, queues, free, idle_since)
            }
            DeskNote::Gone(agent) => Self::Gone(agent),
            DeskNote::Answered(reservation, result) => Self::Answered(reservation, result),
        }
    }
}
