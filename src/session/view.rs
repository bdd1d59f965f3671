//! Who may see what (promise P7). A reader is made once from the state; after that the answer depends on the event
//! alone, so live delivery, resume, history and export cannot differ. Never looks at an event's content.

use crate::session::event::{By, Event, LeaveReason, What};
use crate::session::{Ephemeral, Phase, Refusal, Session};
use crate::words::{AgentId, Audience, PartyId, Role, Seq};

/// How much a reader may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What the person who is served may see.
    Customer,
    /// What those who serve may see.
    Staff,
    /// What those who watch may see.
    Supervisor,
}

/// Somebody who may read a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    who: By,
    parties: Vec<PartyId>,
    level: Level,
    until: Option<Seq>,
}

impl Reader {
    /// Whether the event is for this reader's eyes.
    #[must_use]
    pub fn may_see(&self, event: &Event) -> bool {
        if self.until.is_some_and(|until| event.seq > until) {
            return false;
        }
        match event.audience {
            Audience::Nobody => false,
            audience if self.admits(audience) => true,
            // One's own words, even those whose audience one is not in. A customer's can only be to one party.
            Audience::Only(_) => self.wrote(&event.by),
            Audience::All | Audience::Staff | Audience::Supervisors => {
                self.level >= Level::Staff && self.wrote(&event.by)
            }
        }
    }

    /// Whether the right to read ends with this event: a customer's stay ended while the chat goes on. A live stream is
    /// closed after it; a reader that is made later knows it by itself.
    #[must_use]
    pub fn ends_with(&self, event: &Event) -> bool {
        match event.what {
            What::Left { reason: LeaveReason::Closed | LeaveReason::Idle, .. } => false,
            What::Left { party, .. } => self.level == Level::Customer && self.parties.contains(&party),
            _ => false,
        }
    }

    /// Whether all that this reader may ever see is at or below `published`.
    #[must_use]
    pub fn is_over(&self, published: Seq) -> bool {
        self.until.is_some_and(|until| until <= published)
    }

    /// Whether the reader is shown that a party types; one's own typing is not.
    #[must_use]
    pub fn may_hear(&self, ephemeral: &Ephemeral) -> bool {
        self.admits(ephemeral.audience) && !self.parties.contains(&ephemeral.party)
    }

    /// Whether the reader is shown what is being typed.
    #[must_use]
    pub fn may_preview(&self) -> bool {
        self.level >= Level::Staff
    }

    /// How much this reader may see.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// Whether events of this audience are for this reader.
    #[must_use]
    pub fn admits(&self, audience: Audience) -> bool {
        match audience {
            Audience::All => true,
            Audience::Staff => self.level >= Level::Staff,
            Audience::Supervisors => self.level >= Level::Supervisor,
            Audience::Only(party) => self.parties.contains(&party),
            Audience::Nobody => false,
        }
    }

    fn wrote(&self, by: &By) -> bool {
        match by {
            By::Party(party) => self.parties.contains(party),
            By::Staff(_) | By::Integration(_) => *by == self.who,
            By::System => false,
        }
    }
}

impl Session {
    /// Who may read, as what. `supervisor` says whether the caller's token has the role; the edge has checked units.
    ///
    /// # Errors
    /// A stranger is refused: an agent who never was here, is not assigned and not offered it, or an unknown party.
    pub fn reader(&self, who: &By, supervisor: bool) -> Result<Reader, Refusal> {
        if self.phase == Phase::Unborn {
            return Err(Refusal::NoSession);
        }
        let (parties, level) = match who {
            By::Party(party) => (vec![*party], self.level_of(*party).ok_or(Refusal::NotInSession)?),
            By::Staff(agent) => self.staff_reader(agent, supervisor)?,
            By::Integration(_) if supervisor => (Vec::new(), Level::Supervisor),
            By::Integration(_) => (Vec::new(), Level::Staff),
            By::System => (Vec::new(), Level::Supervisor),
        };
        let until = match who {
            By::Party(party) if level == Level::Customer => self.past.iter().find(|gone| gone.id == *party),
            _ => None,
        };
        Ok(Reader { who: who.clone(), parties, level, until: until.and_then(|gone| gone.until) })
    }

    /// Whether a party is, or was, one of those who serve.
    #[must_use]
    pub fn is_of_staff(&self, party: PartyId) -> bool {
        self.level_of(party).is_some_and(|level| level > Level::Customer)
    }

    fn staff_reader(&self, agent: &AgentId, supervisor: bool) -> Result<(Vec<PartyId>, Level), Refusal> {
        let stays = self.stays_of(agent);
        let role_supervisor = stays.iter().any(|(_, role)| *role == Role::Supervisor);
        let line = &self.line;
        let concerned = !stays.is_empty()
            || self.tally.agents.contains(agent)
            || line.work.as_ref().is_some_and(|work| work.agent == *agent)
            || line.offer.as_ref().is_some_and(|offer| offer.agent == *agent);
        if !concerned && !supervisor {
            return Err(Refusal::NotInSession);
        }
        let level = if supervisor || role_supervisor { Level::Supervisor } else { Level::Staff };
        Ok((stays.into_iter().map(|(party, _)| party).collect(), level))
    }

    /// The stays of an agent, present and past.
    fn stays_of(&self, agent: &AgentId) -> Vec<(PartyId, Role)> {
        let here = self.present.iter().map(|here| (&here.party.agent, here.party.id, here.party.role));
        let gone = self.past.iter().map(|gone| (&gone.agent, gone.id, gone.role));
        here.chain(gone)
            .filter(|(who, ..)| who.as_ref() == Some(agent))
            .map(|(_, id, role)| (id, role))
            .collect()
    }

    fn level_of(&self, party: PartyId) -> Option<Level> {
        let here = self.find(party).map(|here| here.party.role);
        let role = here.or_else(|| self.past.iter().find(|gone| gone.id == party).map(|gone| gone.role))?;
        Some(match role {
            Role::Customer => Level::Customer,
            Role::Agent | Role::Bot | Role::Flow => Level::Staff,
            Role::Supervisor | Role::System => Level::Supervisor,
        })
    }
}
