//! Time: every deadline, computed from the state and from who was seen, and what happens when it comes. The same list
//! says when to wake up and what to do then, so that the two cannot disagree. `docs/endings.md` has a row for each.

use super::Case;
use crate::limits;
use crate::session::event::{AfterLeave, CloseWhy, ConcludeWhy, LeaveReason, OfferEnd, StopWhy, What};
use crate::session::{Decision, Phase, Present, Rules, Session, Soft};
use crate::words::{Audience, PartyId, Time};

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Away(PartyId),
    Back(PartyId),
    Absent(PartyId),
    OfferLapse,
    LongestWait,
    Invitation,
    IdleAlert,
    IdleClose,
    WrapUp,
    PostMax,
    /// Something follows from the state already: its journal was torn.
    Mend,
}

impl Session {
    /// When this session wants an [`crate::session::input::Input::Clock`] at the latest; a moment that has passed means
    /// at once, as does a session whose journal was torn. To be asked again after every change of the state or of `soft`.
    #[must_use]
    pub fn next_wake(&self, soft: &Soft, rules: &Rules<'_>) -> Option<Time> {
        self.earliest(soft, rules).map(|(at, _)| at)
    }

    pub(super) fn tick(&self, soft: &mut Soft, rules: &Rules<'_>, now: Time) -> Decision {
        soft.prune(self);
        let mut case = Case::new(self, rules, now);
        case.settle();
        while let Some((_, due)) = case.state.earliest(soft, rules).filter(|(at, _)| *at <= now) {
            if case.drafts.len() >= limits::DECISION_EVENTS {
                break;
            }
            case.fire(due);
            case.settle();
        }
        case.close_out()
    }

    fn earliest(&self, soft: &Soft, rules: &Rules<'_>) -> Option<(Time, Due)> {
        let mut first: Option<(Time, Due)> = None;
        let mut each = |at: Time, due: Due| {
            if first.is_none_or(|(before, _)| at < before) {
                first = Some((at, due));
            }
        };
        if self.next_move(rules).is_some() {
            each(self.last_at, Due::Mend);
        }
        match self.phase {
            Phase::Unborn | Phase::Stopped => {}
            Phase::Online => {
                self.present.iter().for_each(|here| self.presence(here, soft, rules, &mut each));
                self.waits(rules, &mut each);
            }
            Phase::Offline => self.after_close(rules, &mut each),
        }
        first
    }

    fn presence(&self, here: &Present, soft: &Soft, rules: &Rules<'_>, each: &mut impl FnMut(Time, Due)) {
        let timers = &rules.service.timers;
        let party = here.party.id;
        if !here.is_person() {
            return;
        }
        if here.away.is_some_and(|away| soft.returned(party, away)) {
            each(self.last_at, Due::Back(party));
            return;
        }
        let Some(quiet) = soft.quiet_from(party, here.since) else { return };
        if here.away.is_some() {
            each(quiet.plus(timers.leave_after), Due::Absent(party));
        } else {
            each(quiet.plus(timers.absent_after), Due::Away(party));
        }
    }

    fn waits(&self, rules: &Rules<'_>, each: &mut impl FnMut(Time, Due)) {
        let timers = &rules.service.timers;
        if let Some(offer) = &self.line.offer {
            each(offer.deadline, Due::OfferLapse);
        }
        if self.awaits_customer() {
            each(self.born_at.plus(timers.longest_wait), Due::Invitation);
        } else if self.line.waiting && !self.served_but(None) {
            // Whoever waits in line is silent for a good reason. An open offer is let run out first.
            if self.line.offer.is_none() {
                each(self.line.wait_from.plus(timers.longest_wait), Due::LongestWait);
            }
        } else if let Some(closes) = self.idle_closes {
            each(closes, Due::IdleClose);
        } else {
            each(self.last_talk.plus(timers.idle_alert_after), Due::IdleAlert);
        }
    }

    fn after_close(&self, rules: &Rules<'_>, each: &mut impl FnMut(Time, Due)) {
        let timers = &rules.service.timers;
        let closed = self.closed.map_or(self.born_at, |closed| closed.at);
        let grace =
            if self.line.work.is_none() && !self.line.outbox.is_empty() { limits::STOP_GRACE } else { 0 };
        if self.line.work.is_some() {
            each(closed.plus(timers.wrap_up_max), Due::WrapUp);
        }
        each(closed.plus(timers.post_max).plus(grace), Due::PostMax);
    }
}

impl Case<'_> {
    fn fire(&mut self, due: Due) {
        match due {
            Due::Away(party) => self.of(party, What::Away(party)),
            Due::Back(party) => self.of(party, What::Back(party)),
            Due::Absent(party) => {
                let (reason, then) = (LeaveReason::Absent, AfterLeave::Keep);
                self.of(party, What::Left { party, reason, then });
            }
            Due::OfferLapse => self.withdraw(OfferEnd::TimedOut),
            Due::LongestWait => {
                self.say(&self.rules.service.texts.waited);
                self.system(Audience::All, What::Closed { why: CloseWhy::LongestWait });
            }
            Due::Invitation => self.system(Audience::All, What::Closed { why: CloseWhy::LongestWait }),
            Due::IdleAlert => {
                let closes_at = self.now.plus(self.rules.service.timers.idle_close_after);
                self.system(Audience::All, What::IdleAlert { closes_at });
                self.say(&self.rules.service.texts.idle);
            }
            Due::IdleClose => self.system(Audience::All, What::Closed { why: CloseWhy::Idle }),
            Due::WrapUp => self.conclude_late(),
            // `settle` has done it.
            Due::Mend => {}
            Due::PostMax if self.state.line.work.is_some() => self.conclude_late(),
            Due::PostMax => self.system(Audience::Staff, What::Stopped { why: StopWhy::TooLong }),
        }
    }

    /// Something about a party, for those who may know that it is here.
    pub(super) fn of(&mut self, party: PartyId, what: What) {
        let audience = self.state.find(party).map_or(Audience::Staff, |here| here.party.audience);
        self.system(audience, what);
    }

    /// Ends the open offer, if there is one.
    pub(super) fn withdraw(&mut self, why: OfferEnd) {
        if let Some(reservation) = self.state.line.offer.as_ref().map(|offer| offer.reservation) {
            self.system(Audience::Staff, What::OfferEnded { reservation, why });
        }
    }

    fn conclude_late(&mut self) {
        if let Some(work) = self.state.line.work.clone() {
            let why = ConcludeWhy::TooLong;
            let what = What::Concluded { reservation: work.reservation, agent: work.agent, why };
            self.system(Audience::Staff, what);
        }
    }
}
