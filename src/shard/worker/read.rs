//! Rule 12: readers are served what is published, always a prefix, through the reader that the machine made for them
//! (promise P7). Never shows what is in flight.

use std::sync::Arc;

use super::live::{Due, Follower, Held, Item, Live, Machine};
use super::msg::{Query, ToSession};
use super::{Done, Worker, open};
use crate::center::StaffRole;
use crate::limits;
use crate::runtime::oneshot;
use crate::session::event::{By, Event, What};
use crate::session::{Phase, Reader, Refusal, Session};
use crate::shard::door::{AgentSummary, Delivery, DoorError, EventPage, Mailbox, Summary, Who};
use crate::shard::history::reading;
use crate::words::Seq;

/// A page that was read from the store.
pub(super) struct Paged {
    result: Result<EventPage, DoorError>,
    reply: oneshot::Sender<Result<EventPage, DoorError>>,
}

impl Worker {
    pub(super) fn query(&mut self, live: &mut Live, who: Who, query: Query) {
        if live.window.published() == Seq(0) {
            return self.query_unshown(live, who, query);
        }
        if Self::is_about_to_know(live, &query) {
            return Self::hold_query(live, who, query);
        }
        let reader = match reader(live, &who) {
            Ok(reader) => reader,
            Err(refusal) => return query.refuse(refusal.into()),
        };
        match query {
            Query::Attach { from, to, reply } => {
                let result = self.attach(live, who, reader, (from, to));
                let _ = reply.send(result);
            }
            Query::Page { from, limit, reply } => self.page(live, reader, (from, limit), reply),
            Query::Summary(reply) => {
                let summary = summary(live, &reader);
                // The state is that of the latest event, which nobody may be shown before it is published.
                if live.window.published() < live.window.last() && !live.counted.is_quarantined() {
                    self.owe(live, Due::Summary(reply, summary));
                } else {
                    let _ = reply.send(summary);
                }
            }
        }
    }

    /// Nothing is published: either the birth is under way, or there is no such session.
    fn query_unshown(&mut self, live: &mut Live, who: Who, query: Query) {
        if live.counted.is_quarantined() {
            // Nothing of it is known to be final, as far as this owner could read it.
            query.refuse(DoorError::Quarantined);
        } else if live.window.last() > Seq(0) {
            Self::hold_query(live, who, query);
        } else {
            query.refuse(Refusal::NoSession.into());
        }
    }

    /// Whether the asker has seen what this owner has, but has not published yet: a former owner had, and the look that lets
    /// this one show it is under way.
    fn is_about_to_know(live: &Live, query: &Query) -> bool {
        let from = match query {
            Query::Attach { from, .. } | Query::Page { from, .. } => *from,
            Query::Summary(_) => return false,
        };
        !live.counted.is_quarantined() && from > live.readable() && from <= live.window.last()
    }

    /// Lets a question wait for the next publication.
    fn hold_query(live: &mut Live, who: Who, query: Query) {
        if live.held.len() >= limits::SESSION_HELD {
            query.refuse(DoorError::Busy { retry_ms: limits::REPEAT_AFTER });
        } else {
            live.held.push_back(Held::Session(ToSession::Query(who, query)));
        }
    }

    fn attach(
        &mut self,
        live: &mut Live,
        who: Who,
        reader: Reader,
        (from, to): (Seq, Mailbox),
    ) -> Result<Seq, DoorError> {
        let published = live.readable();
        if from > published {
            return Err(Refusal::Stale { known: published }.into());
        }
        if !live.recent_covers(from) {
            return Err(DoorError::Behind);
        }
        if live.followers.len() >= limits::SESSION_FOLLOWERS {
            return Err(DoorError::Busy { retry_ms: limits::REPEAT_AFTER });
        }
        let Machine::Session(session, soft) = &mut live.machine else { return Err(DoorError::Closing) };
        let id = session.id();
        for recent in live.recent.iter().filter(|recent| recent.seq > from && recent.seq <= published) {
            if let Item::Session(event) = &recent.item
                && reader.may_see(event)
            {
                to.put(Delivery::Event { session: id, event: event.clone() });
            }
        }
        let over = session.phase() == Phase::Stopped && published == live.window.last();
        if over || reader.is_over(published) {
            to.put(Delivery::Ended { session: id, resume: false });
            return Ok(published);
        }
        let party = match &who.by {
            By::Party(party) => Some(*party),
            By::Staff(agent) => session.party_of(agent),
            By::Integration(_) | By::System => None,
        };
        if let Some(party) = party {
            soft.connected(party, self.shared.runtime.now());
        }
        live.followers.push(Follower { to, who, reader: Some(reader), party, device: None });
        self.tick(live);
        Ok(published)
    }

    /// A connection is gone; whoever it was counts as unseen from now on.
    pub(super) fn detach(&mut self, live: &mut Live, mailbox: &Mailbox) {
        let now = self.now();
        let Live { followers, machine, .. } = live;
        followers.retain(|follower| {
            let gone = follower.to.is(mailbox) || follower.to.is_closed();
            match (gone, &mut *machine) {
                (true, Machine::Session(_, soft)) => {
                    follower.party.into_iter().for_each(|party| soft.gone(party, now))
                }
                (true, Machine::Agent(_, soft)) => {
                    follower.device.iter().for_each(|device| soft.gone(device, now))
                }
                (false, _) => {}
            }
            !gone
        });
        self.schedule(live);
    }

    fn page(
        &mut self,
        live: &mut Live,
        reader: Reader,
        (from, limit): (Seq, usize),
        reply: oneshot::Sender<Result<EventPage, DoorError>>,
    ) {
        let limit = limit.clamp(1, limits::PAGE_EVENTS);
        let published = live.readable();
        let phase = shown_phase(live);
        if from > published {
            let _ = reply.send(Err(Refusal::Stale { known: published }.into()));
            return;
        }
        if live.recent_covers(from) {
            let recent = live.recent.iter().filter(|recent| recent.seq > from && recent.seq <= published);
            let events = recent.take(limit).filter_map(|recent| match &recent.item {
                Item::Session(event) => Some(event.clone()),
                Item::Agent(_) => None,
            });
            let events = events.collect();
            let _ = reply.send(Ok(rendered(events, &reader, (from, published), phase)));
            return;
        }
        let (rows, id, chain) = (self.shared.rows.clone(), live.id.clone(), live.chain.clone());
        self.wait(async move {
            let read = reading::events(&*rows, &id, &chain, (from, published), limit).await;
            let result = match read {
                Ok(events) => Ok(rendered(events, &reader, (from, published), phase)),
                Err(_) => Err(DoorError::Unknown),
            };
            Done::Paged(Paged { result, reply })
        });
    }

    pub(super) fn paged(&mut self, paged: Paged) {
        let _ = paged.reply.send(paged.result);
    }

    // -- agents --

    pub(super) fn agent_summary(
        &mut self,
        live: &mut Live,
        reply: oneshot::Sender<Result<AgentSummary, DoorError>>,
    ) {
        let Machine::Agent(day, _) = &live.machine else { return };
        let (ready, reason) = day.state();
        let summary = AgentSummary {
            seq: day.seq(),
            devices: day.signed_in().keys().cloned().collect(),
            ready,
            reason: reason.map(str::to_owned),
            capacity: day.capacity(),
            held: day.held().iter().map(|(id, known)| (*id, known.held.clone())).collect(),
        };
        if live.window.published() < live.window.last() && !live.counted.is_quarantined() {
            return self.owe(live, Due::AgentSummary(reply, summary));
        }
        let _ = reply.send(Ok(summary));
    }

    pub(super) fn attach_agent(
        &mut self,
        live: &mut Live,
        device: String,
        to: Mailbox,
        reply: oneshot::Sender<Result<(), DoorError>>,
    ) {
        if live.followers.len() >= limits::SESSION_FOLLOWERS {
            let _ = reply.send(Err(DoorError::Busy { retry_ms: limits::REPEAT_AFTER }));
            return;
        }
        let now = self.now();
        if let Machine::Agent(_, soft) = &mut live.machine {
            soft.connected(&device, now);
        }
        let who = Who { by: By::System, roles: Vec::new(), units: Vec::new() };
        live.followers.push(Follower { to, who, reader: None, party: None, device: Some(device) });
        let _ = reply.send(Ok(()));
    }

    /// Answers from a finished record, one by one.
    pub(super) fn answer_closed(&mut self, session: Session, parts: u32, what: ToSession) {
        let (rows, id) = (self.shared.rows.clone(), crate::words::JournalId::Session(session.id()));
        match what {
            ToSession::Query(who, query) => {
                let reader = in_unit_reader(&session, &who);
                match (query, reader) {
                    (query, Err(refusal)) => query.refuse(refusal.into()),
                    (Query::Attach { reply, .. }, Ok(_)) => drop(reply.send(Err(Refusal::Stopped.into()))),
                    (Query::Summary(reply), Ok(_)) => {
                        let (head, seq) = (session.head(), session.seq());
                        let _ = reply.send(Ok(Summary { head, parties: Vec::new(), seq, position: None }));
                    }
                    (Query::Page { from, limit, reply }, Ok(reader)) => self.wait(async move {
                        let last = session.seq();
                        let limit = limit.clamp(1, limits::PAGE_EVENTS);
                        let read = reading::recorded(&*rows, &id, parts, (from, last), limit).await;
                        let page = read.map(|events| rendered(events, &reader, (from, last), Phase::Stopped));
                        Done::Paged(Paged { result: page.map_err(|_| DoorError::Unknown), reply })
                    }),
                }
            }
            ToSession::Ask(who, ask, reply) => self.wait(async move {
                let authors = open::authors(&session, &who.by, &ask.by);
                let wanted = reading::Wanted { id: &ask.id, authors: &authors };
                let found = reading::find_recorded(&*rows, &id, parts, &wanted).await;
                let result = match found {
                    Err(_) => Err(DoorError::Unknown),
                    Ok(Some(event)) if in_units(&session, &who) => {
                        crate::shard::history::repeat::answer(&ask, &event).map_err(DoorError::from)
                    }
                    Ok(_) => Err(Refusal::Stopped.into()),
                };
                reply.give(result);
                Done::Side
            }),
            ToSession::Agent(agent, message) => self.deny_closed(&agent, &message),
            ToSession::Detach(_) => {}
        }
    }
}

/// Whether a caller has the supervisor's eyes.
pub(super) fn is_supervisor(who: &Who) -> bool {
    who.roles.contains(&StaffRole::Supervisor) || who.roles.contains(&StaffRole::Admin)
}

/// Whether staff or an integration belongs to the session's unit; a customer's token names the session itself. Who serves comes
/// by name and never as a party: whoever holds customers' keys alone can make up a party's number.
pub(super) fn in_units(session: &Session, who: &Who) -> bool {
    match who.by {
        By::Party(party) => !session.is_of_staff(party),
        By::System => true,
        By::Staff(_) | By::Integration(_) => who.units.iter().any(|unit| unit == session.unit()),
    }
}

fn in_unit_reader(session: &Session, who: &Who) -> Result<Reader, Refusal> {
    if !in_units(session, who) {
        return Err(Refusal::NoSession);
    }
    session.reader(&who.by, is_supervisor(who))
}

fn reader(live: &Live, who: &Who) -> Result<Reader, Refusal> {
    let session = live.session().ok_or(Refusal::NoSession)?;
    in_unit_reader(session, who)
}

/// How far the interaction got, as far as it is published.
fn shown_phase(live: &Live) -> Phase {
    let published = live.window.published();
    let hides = |is: fn(&What) -> bool| {
        let mut hidden = live.recent.iter().rev().take_while(|recent| recent.seq > published);
        hidden.any(|recent| matches!(&recent.item, Item::Session(event) if is(&event.what)))
    };
    if hides(|what| matches!(what, What::Closed { .. })) {
        return Phase::Online;
    }
    if hides(|what| matches!(what, What::Stopped { .. })) {
        return Phase::Offline;
    }
    live.session().map_or(Phase::Unborn, Session::phase)
}

/// The events that the reader may see, and where to go on: what was looked at counts, seen or not.
fn rendered(
    events: Vec<Arc<Event>>,
    reader: &Reader,
    (from, published): (Seq, Seq),
    phase: Phase,
) -> EventPage {
    let next = events.last().map_or(from, |event| event.seq);
    let events = events.into_iter().filter(|event| reader.may_see(event)).collect();
    EventPage { events, next, more: next < published, phase }
}

fn summary(live: &Live, reader: &Reader) -> Result<Summary, DoorError> {
    let session = live.session().ok_or(DoorError::Closing)?;
    let seq = if live.counted.is_quarantined() { live.window.published() } else { session.seq() };
    let parties = session.parties().map(|(party, _)| party);
    let parties = parties.filter(|party| reader.admits(party.audience)).cloned().collect();
    Ok(Summary { head: session.head(), parties, seq, position: None })
}
