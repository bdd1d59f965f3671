//! What parties say and show: texts, notices, typing, userdata. These change nobody's place and so have no
//! consequences to work out, which keeps the common case cheap.

use std::collections::BTreeMap;

use super::{Caller, Rank, check};
use crate::center::Rate;
use crate::session::event::{By, Notice, What};
use crate::session::input::Act;
use crate::session::{Decision, Draft, Ephemeral, Phase, Refusal, Session, Soft};
use crate::words::{Audience, PartyId, Role, Time};

impl Session {
    /// The decision on an act of talk; `None` if the act is another.
    pub(super) fn talk(&self, caller: &Caller<'_>, act: &Act) -> Result<Option<Decision>, Refusal> {
        let decision = match act {
            Act::Send { text, audience } => {
                check::text("text", text)?;
                let audience = self.heard_by(caller, *audience)?;
                caller.says(audience, What::Message { text: text.clone() })
            }
            Act::Notice { notice, audience } => self.notice(caller, notice, *audience)?,
            Act::Typing { on, preview } => self.typing(caller, *on, preview.as_deref())?,
            Act::Data { set, remove } => self.change_data(caller, set, remove)?,
            _ => return Ok(None),
        };
        Ok(Some(decision))
    }

    fn notice(&self, caller: &Caller<'_>, notice: &Notice, audience: Audience) -> Result<Decision, Refusal> {
        check::notice(notice)?;
        let audience = self.heard_by(caller, audience)?;
        if let Notice::Read(seq) = notice {
            let here = caller.here.ok_or(Refusal::NotInSession)?;
            if *seq > self.seq {
                return Err(Refusal::Malformed {
                    field: "read",
                    wants: "wants a seq that the session has reached",
                });
            }
            if *seq <= here.read {
                return Ok(Decision::default());
            }
        }
        Ok(caller.says(audience, What::Notice(notice.clone())))
    }

    fn typing(&self, caller: &Caller<'_>, on: bool, preview: Option<&str>) -> Result<Decision, Refusal> {
        let here = caller.here.ok_or(Refusal::NotInSession)?;
        check::preview(preview.unwrap_or_default())?;
        let ephemeral = Ephemeral {
            party: here.party.id,
            audience: self.heard_by(caller, Audience::All)?,
            on,
            preview: preview.map(str::to_owned),
        };
        Ok(Decision { ephemeral: vec![ephemeral], ..Decision::default() })
    }

    /// Changes of the customer's own name space are for all; the rest is for staff, as an event of its own.
    fn change_data(
        &self,
        caller: &Caller<'_>,
        set: &BTreeMap<String, String>,
        remove: &[String],
    ) -> Result<Decision, Refusal> {
        self.may_file(caller)?;
        for key in set.keys().chain(remove) {
            if !may_write(caller.rank, key) {
                return Err(Refusal::WrongNamespace);
            }
        }
        check::data(&self.data, set, remove)?;
        let mut decision = Decision::default();
        for (shared, audience) in [(true, Audience::All), (false, Audience::Staff)] {
            let audience = if caller.open() { audience } else { caller.staff_audience() };
            if let Some(what) = self.data_change(set, remove, shared) {
                decision.drafts.extend(caller.says(audience, what).drafts);
            }
        }
        Ok(decision)
    }

    fn data_change(&self, set: &BTreeMap<String, String>, remove: &[String], shared: bool) -> Option<What> {
        let of = |key: &str| key.starts_with("customer.") == shared;
        let removed: Vec<String> =
            remove.iter().filter(|key| of(key) && self.data.contains_key(*key)).cloned().collect();
        let set: BTreeMap<String, String> = set
            .iter()
            .filter(|(key, value)| of(key) && !remove.contains(key) && self.data.get(*key) != Some(value))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        (!set.is_empty() || !removed.is_empty()).then_some(What::Data { set, removed })
    }

    /// Whether the caller may write about the interaction: whoever is in it, programs, and, after the close or while it
    /// is their work, the agents who served.
    pub(super) fn may_file(&self, caller: &Caller<'_>) -> Result<(), Refusal> {
        if caller.here.is_some() || caller.manages() {
            return Ok(());
        }
        let agent = caller.agent.ok_or(Refusal::NotInSession)?;
        let assigned = self.line.work.as_ref().is_some_and(|work| work.agent == *agent);
        let served = self.phase == Phase::Offline && self.has_served(agent);
        if assigned || served { Ok(()) } else { Err(Refusal::NotInSession) }
    }

    /// The audience that this caller's words get: what was asked, but never wider than the caller's own.
    fn heard_by(&self, caller: &Caller<'_>, asked: Audience) -> Result<Audience, Refusal> {
        if caller.here.is_none() && caller.rank != Rank::Program {
            return Err(Refusal::NotInSession);
        }
        match asked {
            Audience::Nobody => Err(Refusal::NotAllowed),
            Audience::Only(party) => self.whispered(caller, party).map(|()| asked),
            Audience::Staff | Audience::Supervisors if caller.rank == Rank::Customer => {
                Err(Refusal::NotAllowed)
            }
            Audience::All | Audience::Staff | Audience::Supervisors => {
                let own = caller.here.map_or(Audience::All, |here| here.party.audience);
                Ok(narrower(own, asked))
            }
        }
    }

    /// Whether the caller may write to this party alone.
    fn whispered(&self, caller: &Caller<'_>, to: PartyId) -> Result<(), Refusal> {
        let target = &self.find(to).ok_or(Refusal::NoParty)?.party;
        let own = caller.here.map_or(Audience::All, |here| here.party.audience);
        let hidden = target.audience != Audience::All;
        match own {
            // To a customer somebody hidden is not here at all.
            _ if caller.rank == Rank::Customer && hidden => Err(Refusal::NoParty),
            Audience::Staff if target.role == Role::Customer => Err(Refusal::NotAllowed),
            Audience::Supervisors if target.role != Role::Supervisor => Err(Refusal::NotAllowed),
            _ => Ok(()),
        }
    }
}

impl Caller<'_> {
    /// One event of the caller; an away party that says something is back.
    fn says(&self, audience: Audience, what: What) -> Decision {
        let mut drafts = Vec::with_capacity(1);
        drafts.push(Draft { by: self.by.clone(), audience, id: None, what });
        if let Some(here) = self.here.filter(|here| here.away.is_some()) {
            let what = What::Back(here.party.id);
            drafts.push(Draft { by: By::System, audience: here.party.audience, id: None, what });
        }
        Decision { drafts, ..Decision::default() }
    }
}

/// Counts what a person says against the service's rate; programs and all other acts cost nothing.
pub(super) fn spend(
    soft: &mut Soft,
    caller: &Caller<'_>,
    act: &Act,
    rate: Rate,
    now: Time,
) -> Result<(), Refusal> {
    let typing = match act {
        Act::Typing { .. } => true,
        Act::Send { .. } | Act::Notice { .. } | Act::Data { .. } => false,
        _ => return Ok(()),
    };
    match caller.here {
        Some(here) if here.is_person() => soft.spend(here.party.id, rate, now, typing),
        _ => Ok(()),
    }
}

/// The name spaces that each may write.
pub(super) fn may_write(rank: Rank, key: &str) -> bool {
    match key.split_once('.') {
        Some(("customer", name)) => !name.is_empty(),
        Some(("staff", name)) => rank != Rank::Customer && !name.is_empty(),
        Some(("system", name)) => rank == Rank::Program && !name.is_empty(),
        _ => false,
    }
}

const fn narrower(own: Audience, asked: Audience) -> Audience {
    match (own, asked) {
        (Audience::Supervisors, _) | (_, Audience::Supervisors) => Audience::Supervisors,
        (Audience::Staff, _) | (_, Audience::Staff) => Audience::Staff,
        _ => Audience::All,
    }
}
