//! What an input makes happen: the one entry, who the caller is, and the scratch copy on which the consequences of a
//! decision are worked out. A plain message never needs that copy. Never changes the session itself.

mod agents;
mod check;
mod clock;
mod settle;
mod stay;
mod talk;
mod work;

use std::borrow::Cow;

use crate::center::StaffRole;
use crate::session::event::{By, Event, What};
use crate::session::input::{Act, Ask, Input};
use crate::session::{Decision, Draft, Phase, Present, Receipt, Refusal, Rules, Session, Soft};
use crate::words::{AgentId, Audience, PartyId, Role, Time};

/// What a caller counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rank {
    Customer,
    Agent,
    Supervisor,
    Bot,
    /// Integrations, the system and the flow.
    Program,
}

/// Who asks, looked up once.
struct Caller<'a> {
    by: By,
    here: Option<&'a Present>,
    agent: Option<&'a AgentId>,
    rank: Rank,
}

/// A decision in the making.
struct Case<'a> {
    state: Cow<'a, Session>,
    rules: &'a Rules<'a>,
    now: Time,
    drafts: Vec<Draft>,
    receipt: Receipt,
}

impl Session {
    /// What the input makes happen. The events are for the worker to place, store and apply; this session is unchanged.
    /// [`Input::Clock`] fires what came due, however long ago, and mends what was torn.
    ///
    /// # Errors
    /// A domain refusal: nothing happens, and the same input is refused again unless something else changes first.
    pub fn decide(
        &self,
        soft: &mut Soft,
        input: &Input,
        rules: &Rules<'_>,
        now: Time,
    ) -> Result<Decision, Refusal> {
        let now = now.max(self.last_at);
        match input {
            Input::Ask(ask) => self.ask(soft, ask, rules, now),
            Input::Agent(from) => Ok(self.hear_agent(from, rules, now)),
            Input::Clock => Ok(self.tick(soft, rules, now)),
        }
    }

    fn ask(&self, soft: &mut Soft, ask: &Ask, rules: &Rules<'_>, now: Time) -> Result<Decision, Refusal> {
        if self.changes_nothing(ask) {
            return Ok(Decision::default());
        }
        let mut decision = if let Act::Create { birth, customer, text } = &ask.act {
            let mut case = Case::new(self, rules, now);
            case.create(&ask.by, birth, customer.as_deref(), text.as_deref())?;
            case.close_out()
        } else {
            let caller = self.caller(&ask.by, rules)?;
            self.gate(&caller, &ask.act)?;
            if let Some(here) = caller.here {
                soft.seen(here.party.id, now);
            }
            talk::spend(soft, &caller, &ask.act, rules.service.rate, now)?;
            match self.talk(&caller, &ask.act)? {
                Some(decision) => decision,
                None => self.act(&caller, &ask.act, rules, now)?,
            }
        };
        if let Some(first) = decision.drafts.first_mut() {
            first.id = Some(ask.id.clone());
        }
        Ok(decision)
    }

    /// Acts that change who is here or whose work it is, with all that follows from them.
    fn act(&self, caller: &Caller<'_>, act: &Act, rules: &Rules<'_>, now: Time) -> Result<Decision, Refusal> {
        let mut case = Case::new(self, rules, now);
        match act {
            Act::Join { role, nick, agent, audience } => {
                case.join(caller, *role, (nick, agent.as_ref()), *audience)?;
            }
            Act::Leave { then } => case.leave(caller, *then)?,
            Act::Remove { party } => case.remove(caller, *party)?,
            Act::Close => case.close(caller)?,
            Act::Accept { reservation } => case.accept(caller, *reservation)?,
            Act::Decline { reservation } => case.decline(caller, *reservation)?,
            Act::Conclude { disposition, note } => {
                case.conclude(caller, disposition.as_deref(), note.as_deref())?;
            }
            Act::Transfer { target } => case.transfer(caller, target)?,
            Act::Note { text } => case.note(caller, text)?,
            Act::Disposition { code } => case.disposition(caller, code)?,
            // These were answered by `ask` and `talk`.
            Act::Create { .. }
            | Act::Send { .. }
            | Act::Notice { .. }
            | Act::Typing { .. }
            | Act::Data { .. } => {}
        }
        Ok(case.close_out())
    }

    /// Leaving after one has left, and closing what is closed, is done already.
    fn changes_nothing(&self, ask: &Ask) -> bool {
        let was_here = match &ask.by {
            By::Party(party) => party.0 > 0 && party.0 < self.next_party && self.find(*party).is_none(),
            By::Staff(agent) => {
                self.party_of(agent).is_none()
                    && self.past.iter().any(|gone| gone.agent.as_ref() == Some(agent))
            }
            By::Integration(_) | By::System => false,
        };
        match ask.act {
            Act::Leave { .. } => was_here,
            Act::Close => self.phase >= Phase::Offline && (was_here || !matches!(ask.by, By::Party(_))),
            _ => false,
        }
    }

    fn caller<'a>(&'a self, by: &'a By, rules: &Rules<'_>) -> Result<Caller<'a>, Refusal> {
        if self.phase == Phase::Unborn {
            return Err(Refusal::NoSession);
        }
        match by {
            By::Party(party) => {
                let here = self.find(*party).ok_or_else(|| self.gone(*party))?;
                Ok(Caller::present(here))
            }
            By::Staff(agent) => {
                let here = self.present.iter().rfind(|here| here.party.agent.as_ref() == Some(agent));
                Ok(here.map_or_else(|| Caller::outside(by, agent, rules), Caller::present))
            }
            By::Integration(_) | By::System => {
                Ok(Caller { by: by.clone(), here: None, agent: None, rank: Rank::Program })
            }
        }
    }

    /// Why a party that is not here is refused.
    const fn gone(&self, party: PartyId) -> Refusal {
        match self.phase {
            Phase::Stopped => Refusal::Stopped,
            Phase::Offline if party.0 < self.next_party => Refusal::Closed,
            Phase::Unborn | Phase::Online | Phase::Offline => Refusal::NotInSession,
        }
    }

    /// After the close only staff and programs go on, and only with what belongs to the interaction.
    const fn gate(&self, caller: &Caller<'_>, act: &Act) -> Result<(), Refusal> {
        match self.phase {
            Phase::Stopped => Err(Refusal::Stopped),
            Phase::Offline if matches!(caller.rank, Rank::Customer | Rank::Bot) => Err(Refusal::Closed),
            Phase::Offline => match act {
                Act::Note { .. } | Act::Disposition { .. } | Act::Conclude { .. } | Act::Data { .. } => {
                    Ok(())
                }
                _ => Err(Refusal::Closed),
            },
            Phase::Unborn | Phase::Online => Ok(()),
        }
    }
}

impl<'a> Caller<'a> {
    fn present(here: &'a Present) -> Self {
        let rank = match here.party.role {
            Role::Customer => Rank::Customer,
            Role::Agent => Rank::Agent,
            Role::Supervisor => Rank::Supervisor,
            Role::Bot => Rank::Bot,
            Role::Flow | Role::System => Rank::Program,
        };
        Self { by: By::Party(here.party.id), here: Some(here), agent: here.party.agent.as_ref(), rank }
    }

    fn outside(by: &By, agent: &'a AgentId, rules: &Rules<'_>) -> Self {
        let roles = rules.center.agents.get(agent).map_or(&[][..], |agent| &agent.roles);
        let rank = if roles.contains(&StaffRole::Supervisor) { Rank::Supervisor } else { Rank::Agent };
        Self { by: by.clone(), here: None, agent: Some(agent), rank }
    }

    /// Whether the caller may act for others: move them, close, send on.
    const fn manages(&self) -> bool {
        matches!(self.rank, Rank::Supervisor | Rank::Program)
    }

    /// Whether the customer sees this caller.
    fn open(&self) -> bool {
        self.here.is_none_or(|here| here.party.audience == Audience::All)
    }

    /// The audience of what staff do for staff: a silent supervisor stays silent.
    fn staff_audience(&self) -> Audience {
        match self.here.map(|here| here.party.audience) {
            Some(Audience::Supervisors) => Audience::Supervisors,
            _ => Audience::Staff,
        }
    }
}

impl<'a> Case<'a> {
    const fn new(state: &'a Session, rules: &'a Rules<'a>, now: Time) -> Self {
        Self { state: Cow::Borrowed(state), rules, now, drafts: Vec::new(), receipt: Receipt::None }
    }

    /// Lets something happen, on the scratch copy.
    fn push(&mut self, by: By, audience: Audience, what: What) {
        let state = self.state.to_mut();
        let event = Event { seq: state.seq.next(), at: self.now, by, audience, id: None, what };
        state.apply(&event);
        let Event { by, audience, id, what, .. } = event;
        self.drafts.push(Draft { by, audience, id, what });
    }

    fn system(&mut self, audience: Audience, what: What) {
        self.push(By::System, audience, what);
    }

    /// Works out what follows and hands the decision over.
    fn close_out(mut self) -> Decision {
        self.settle();
        Decision { drafts: self.drafts, receipt: self.receipt, ..Decision::default() }
    }
}
