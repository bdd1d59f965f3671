//! What a connection does with deliveries and finished jobs: renders them, in the order in which they came.

use crate::edge::refusals::Problem;
use crate::edge::wire::answer::{Shown, Written};
use crate::edge::wire::event::EventJson;
use crate::session::event::Event;
use crate::session::refusal::Refusal;
use crate::shard::door::{AgentSummary, Delivery, DoorError, EventPage, Receipt, Summary};
use crate::words::{MessageId, ReservationId, Seq, SessionId};

use super::agent_side::{Follows, offer};
use super::connection::{Connection, Leaving};
use super::jobs::{self, Done};
use super::render::{Ack, EventFrame, Refused, RefusedFrame, Typing, TypingFrame};
use super::socket::End;

/// Attaches that may fail in a row before the client is told to come back.
const TRIES: u8 = 5;

impl Connection {
    pub(super) fn deliver(&mut self, delivery: Delivery) -> Result<(), End> {
        match delivery {
            Delivery::Answer { tag, result } => self.answer(tag, result),
            Delivery::Event { session, event } => self.event(session, &event),
            Delivery::Typing { session, party, on, preview } => {
                if self.watches.holds(session) {
                    let typing = Typing { party: party.0, on, preview: preview.as_deref() };
                    let frame = TypingFrame { typing, session: self.named(session).map(Shown) };
                    self.out.push(&frame);
                }
            }
            Delivery::Ended { session, resume } => return self.ended(session, resume),
            Delivery::Agent(event) => {
                let follows = self.peer.agent.as_mut().map(|at| at.side.event(&event)).unwrap_or_default();
                return self.follow(follows);
            }
            Delivery::AgentEnded => self.attach_agent(),
        }
        Ok(())
    }

    fn answer(&mut self, tag: u64, result: Result<Receipt, DoorError>) {
        let Some(at) = self.asked.iter().position(|asked| asked.tag == tag) else {
            return;
        };
        let Some(asked) = self.asked.remove(at) else {
            return;
        };
        match result {
            Ok(receipt) => {
                let ack = Written::new(&asked.id, self.named(asked.session), &receipt);
                self.out.push(&Ack { ack });
                if asked.watch {
                    self.watch(asked.session, Seq(0));
                }
            }
            Err(error) => self.refuse(Some(&asked.id), Some(asked.session), &error.into()),
        }
    }

    /// Tells the client that a request came to nothing.
    pub(super) fn refuse(&mut self, id: Option<&MessageId>, session: Option<SessionId>, problem: &Problem) {
        let session = session.and_then(|session| self.named(session));
        let refused = Refused { id: id.map(|id| id.0.as_str()), session, problem };
        self.out.push(&RefusedFrame { refused });
    }

    fn event(&mut self, session: SessionId, event: &Event) {
        if self.watches.passes(session, event.seq) {
            let event = EventJson { event, staff: self.is_staff() };
            self.out.push(&EventFrame { event, session: self.named(session).map(Shown) });
        }
    }

    fn ended(&mut self, session: SessionId, resume: bool) -> Result<(), End> {
        let Some(watch) = self.watches.get(session) else {
            return Ok(());
        };
        if resume && self.leaving == Leaving::Stopping {
            return Err(End::Resume);
        }
        if resume {
            // The owner moved or restarted: go on from the last seq without troubling the client.
            watch.catching = true;
            let (last, tries) = (watch.last, watch.tries);
            self.attach(session, last, tries);
            return Ok(());
        }
        self.over(session)
    }

    fn over(&mut self, session: SessionId) -> Result<(), End> {
        self.watches.end(session);
        self.shared.door.let_go(session, &self.mailbox);
        if self.peer.only.is_some() {
            return Err(End::Over);
        }
        self.out.push(&serde_json::json!({"ended": {"session": session.to_string()}}));
        Ok(())
    }

    pub(super) fn done(&mut self, done: Done) -> Result<(), End> {
        match done {
            Done::Attached(session, result) => self.attached(session, result)?,
            Done::Page(session, result) => self.page(session, result)?,
            Done::Offer(reservation, result) => self.offer(reservation, result.ok().as_ref()),
            Done::Agent(result) => self.agent(result)?,
            Done::AgentAsked(id, Ok(receipt)) => {
                let ack = Written::new(&id, None, &receipt);
                self.out.push(&Ack { ack });
            }
            Done::AgentAsked(id, Err(error)) => self.refuse(Some(&id), None, &error.into()),
        }
        self.release()
    }

    fn attached(&mut self, session: SessionId, result: Result<Seq, DoorError>) -> Result<(), End> {
        let Some(watch) = self.watches.get(session) else {
            // Unwatched meanwhile: what the door began is ended.
            self.shared.door.detach(session, &self.mailbox);
            return Ok(());
        };
        let last = watch.last;
        match result {
            Ok(_) => {
                watch.catching = false;
                watch.tries = 0;
            }
            Err(DoorError::Behind) => {
                jobs::page(&self.jobs, &self.shared, self.peer.who.clone(), session, last);
            }
            Err(DoorError::Refused(Refusal::Stopped | Refusal::Closed) | DoorError::Quarantined) => {
                watch.ending = true;
                jobs::page(&self.jobs, &self.shared, self.peer.who.clone(), session, last);
            }
            // The owner may be one that does not know yet that it was deposed.
            Err(DoorError::Refused(Refusal::Stale { .. })) if watch.tries < TRIES => {
                return self.again(session);
            }
            Err(DoorError::Refused(refusal)) => return self.unreadable(session, &refusal.into()),
            Err(_) => return self.again(session),
        }
        Ok(())
    }

    fn page(&mut self, session: SessionId, result: Result<EventPage, DoorError>) -> Result<(), End> {
        let page = match result {
            Ok(page) => page,
            Err(DoorError::Refused(refusal)) => return self.unreadable(session, &refusal.into()),
            Err(_) => return self.again(session),
        };
        for event in &page.events {
            self.event(session, event);
        }
        let Some(watch) = self.watches.get(session) else {
            return Ok(());
        };
        watch.last = watch.last.max(page.next);
        watch.tries = 0;
        let (last, ending) = (watch.last, watch.ending);
        if page.more {
            jobs::page(&self.jobs, &self.shared, self.peer.who.clone(), session, last);
        } else if ending {
            return self.over(session);
        } else {
            self.attach(session, last, 0);
        }
        Ok(())
    }

    fn again(&mut self, session: SessionId) -> Result<(), End> {
        let Some(watch) = self.watches.get(session) else {
            return Ok(());
        };
        watch.tries += 1;
        let (last, tries) = (watch.last, watch.tries);
        if tries > TRIES {
            return Err(End::Resume);
        }
        self.attach(session, last, tries);
        Ok(())
    }

    fn unreadable(&mut self, session: SessionId, problem: &Problem) -> Result<(), End> {
        self.watches.end(session);
        self.refuse(None, Some(session), problem);
        if self.peer.only.is_some() { Err(End::Over) } else { Ok(()) }
    }

    fn agent(&mut self, result: Result<AgentSummary, DoorError>) -> Result<(), End> {
        match result {
            Ok(summary) => {
                let follows = self.peer.agent.as_mut().map(|at| at.side.arrived(summary)).unwrap_or_default();
                self.follow(follows)
            }
            Err(error @ DoorError::AgentRefused(_)) => {
                self.refuse(None, None, &error.into());
                Err(End::Token)
            }
            Err(_) => Err(End::Resume),
        }
    }

    fn follow(&mut self, follows: Vec<Follows>) -> Result<(), End> {
        for step in follows {
            match step {
                Follows::Offer(reservation, session) => {
                    jobs::offer(&self.jobs, &self.shared, self.peer.who.clone(), session, reservation);
                }
                Follows::OfferEnded(reservation, why) => {
                    let ended = serde_json::json!({"reservation": reservation.to_string(), "why": why});
                    self.out.push(&serde_json::json!({"offer_ended": ended}));
                }
                Follows::Watch(session) => self.watch(session, Seq(0)),
                Follows::SignedOut => return Err(End::Token),
                Follows::State => {
                    if let Some(at) = &self.peer.agent {
                        self.out.push(&at.side.state_frame());
                    }
                }
            }
        }
        Ok(())
    }

    fn offer(&mut self, reservation: ReservationId, summary: Option<&Summary>) {
        let held = self.peer.agent.as_ref().and_then(|at| at.side.held(reservation));
        if let Some(held) = held.filter(|held| held.stage == crate::agent::event::Stage::Offered) {
            self.out.push(&serde_json::json!({"offer": offer(reservation, held, summary)}));
        }
    }
}
