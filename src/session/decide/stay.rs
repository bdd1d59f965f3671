//! Coming and going: the birth of a session, joining, leaving, removing, closing. Who else must then go, and what the
//! interaction then needs, is worked out in `settle`.

use super::{Caller, Case, Rank, check, talk};
use crate::limits;
use crate::session::event::{AfterLeave, Birth, By, CloseWhy, LeaveReason, Party, What};
use crate::session::{Phase, Receipt, Refusal};
use crate::words::{AgentId, Audience, PartyId, Role};

impl Case<'_> {
    /// A session is born. A customer, or the agent who creates it, is its first party.
    pub(super) fn create(
        &mut self,
        by: &By,
        birth: &Birth,
        customer: Option<&str>,
        text: Option<&str>,
    ) -> Result<(), Refusal> {
        if self.state.phase != Phase::Unborn {
            return Err(Refusal::AlreadyCreated);
        }
        let own = matches!(by, By::Party(_));
        if own && customer.is_none() {
            return Err(Refusal::Malformed { field: "nick", wants: "wants the customer's nickname" });
        }
        customer.map_or(Ok(()), check::nick)?;
        text.map_or(Ok(()), |text| check::text("text", text))?;
        check::contact(&birth.contact)?;
        let rank = match by {
            By::Party(_) => Rank::Customer,
            By::Staff(_) => Rank::Agent,
            By::Integration(_) | By::System => Rank::Program,
        };
        if !birth.data.keys().all(|key| talk::may_write(rank, key)) {
            return Err(Refusal::WrongNamespace);
        }
        check::data(&std::collections::BTreeMap::new(), &birth.data, &[])?;
        let by = if own { By::Party(PartyId(1)) } else { by.clone() };
        // Staff only: it carries contact attributes and name spaces that the customer does not see.
        let created = Birth { creator: by.clone(), ..birth.clone() };
        self.push(by.clone(), Audience::Staff, What::Created(created));
        self.first_parties(&by, customer, text);
        Ok(())
    }

    fn first_parties(&mut self, by: &By, customer: Option<&str>, text: Option<&str>) {
        let mut speaker = by.clone();
        if let By::Staff(agent) = by {
            let party = self.newcomer(Role::Agent, self.nick_of(agent), Some(agent), Audience::All);
            speaker = By::Party(self.enter(by, party));
        }
        if let Some(nick) = customer {
            let party = self.newcomer(Role::Customer, nick.to_owned(), None, Audience::All);
            speaker = By::Party(self.enter(by, party));
        }
        if let Some(text) = text {
            self.push(speaker, Audience::All, What::Message { text: text.to_owned() });
        }
    }

    /// The next party, not here yet.
    pub(super) fn newcomer(
        &self,
        role: Role,
        nick: String,
        agent: Option<&AgentId>,
        audience: Audience,
    ) -> Party {
        Party { id: PartyId(self.state.next_party), role, nick, agent: agent.cloned(), audience }
    }

    /// Lets a party enter and makes it the receipt.
    pub(super) fn enter(&mut self, by: &By, party: Party) -> PartyId {
        let id = party.id;
        self.push(by.clone(), party.audience, What::Joined(party));
        self.receipt = Receipt::Joined { party: id };
        id
    }

    pub(super) fn nick_of(&self, agent: &AgentId) -> String {
        self.rules.center.agents.get(agent).map_or_else(|| agent.0.clone(), |known| known.nick.clone())
    }

    /// A party enters. An agent or supervisor who is here already gets the party that they have.
    pub(super) fn join(
        &mut self,
        caller: &Caller<'_>,
        role: Role,
        (nick, agent): (&str, Option<&AgentId>),
        audience: Audience,
    ) -> Result<(), Refusal> {
        check::nick(nick)?;
        let agent = agent.or(caller.agent);
        self.may_join(caller, role, agent, audience)?;
        let agent = agent.filter(|_| matches!(role, Role::Agent | Role::Supervisor));
        if let Some(party) = agent.and_then(|agent| self.state.party_of(agent)) {
            self.receipt = Receipt::Joined { party };
            return Ok(());
        }
        if self.state.present.len() >= limits::PARTIES {
            return Err(Refusal::TooLarge { field: "parties", limit: limits::PARTIES as u64 });
        }
        let party = self.newcomer(role, nick.to_owned(), agent, audience);
        self.enter(&caller.by, party);
        Ok(())
    }

    fn may_join(
        &self,
        caller: &Caller<'_>,
        role: Role,
        agent: Option<&AgentId>,
        audience: Audience,
    ) -> Result<(), Refusal> {
        let program = caller.rank == Rank::Program;
        let oneself = agent.is_some() && agent == caller.agent;
        let allowed = match role {
            Role::Customer | Role::Bot | Role::System => program,
            // An agent comes by an offer, or comes back to a session that they served.
            Role::Agent => {
                program && agent.is_some()
                    || oneself && (caller.manages() || caller.here.is_some())
                    || oneself && agent.is_some_and(|agent| self.state.has_served(agent))
            }
            Role::Supervisor => agent.is_some() && (program || oneself && caller.rank == Rank::Supervisor),
            Role::Flow => false,
        };
        let seen = match audience {
            Audience::All => true,
            Audience::Staff => matches!(role, Role::Agent | Role::Supervisor | Role::Bot | Role::System),
            Audience::Supervisors => role == Role::Supervisor,
            Audience::Only(_) | Audience::Nobody => false,
        };
        if allowed && seen { Ok(()) } else { Err(Refusal::NotAllowed) }
    }

    pub(super) fn leave(&mut self, caller: &Caller<'_>, then: AfterLeave) -> Result<(), Refusal> {
        let here = caller.here.ok_or(Refusal::NotInSession)?;
        let (party, audience) = (here.party.id, here.party.audience);
        // Whoever the customer does not see cannot end the chat by leaving it.
        let then = if caller.open() { then } else { AfterLeave::Keep };
        self.push(caller.by.clone(), audience, What::Left { party, reason: LeaveReason::Own, then });
        Ok(())
    }

    pub(super) fn remove(&mut self, caller: &Caller<'_>, party: PartyId) -> Result<(), Refusal> {
        let staff = caller.here.is_some() && caller.rank == Rank::Agent && caller.open();
        if !staff && !caller.manages() {
            return Err(Refusal::NotAllowed);
        }
        let audience = self.state.find(party).ok_or(Refusal::NoParty)?.party.audience;
        // An agent does not even learn that somebody silent is here.
        if staff && audience == Audience::Supervisors {
            return Err(Refusal::NoParty);
        }
        let what = What::Left { party, reason: LeaveReason::Removed, then: AfterLeave::Keep };
        self.push(caller.by.clone(), audience, what);
        Ok(())
    }

    pub(super) fn close(&mut self, caller: &Caller<'_>) -> Result<(), Refusal> {
        let hidden_agent = caller.rank == Rank::Agent && !caller.open();
        if caller.rank == Rank::Bot || hidden_agent {
            return Err(Refusal::NotAllowed);
        }
        if caller.here.is_none() && !caller.manages() {
            return Err(Refusal::NotInSession);
        }
        self.push(caller.by.clone(), Audience::All, What::Closed { why: CloseWhy::Asked });
        Ok(())
    }
}

impl crate::session::Session {
    /// Whether this agent has had the interaction, or created it.
    pub(super) fn has_served(&self, agent: &AgentId) -> bool {
        let creator = self.birth.as_ref().map(|birth| &birth.creator);
        self.tally.agents.contains(agent) || creator == Some(&By::Staff(agent.clone()))
    }
}
