//! What was decided becomes events with a place and a time, and one write that is repeated, same bytes, until its outcome
//! is known. Never answers and never shows.

use std::sync::Arc;

use super::live::{Flight, Item, Live, Machine};
use super::open::event_hash;
use super::publish::Settled;
use super::{Done, Worker, open};
use crate::agent::AgentDraft;
use crate::agent::event::AgentEvent;
use crate::limits;
use crate::session::Draft;
use crate::session::event::Event;
use crate::store::codec;
use crate::store::journal::adopt::extend;
use crate::store::journal::checkpoint::Checkpoint;
use crate::store::journal::ids::hash;
use crate::store::journal::lists::Place;
use crate::store::journal::row::Stored;
use crate::store::journal::take;
use crate::store::journal::window::Part;
use crate::store::rows::{Batch, Class, Mutation, WriteError};
use crate::words::{Seq, Time};

/// The write that one decision grows into.
struct Growing {
    mutations: Vec<Mutation>,
    first: Seq,
    /// Events of the decision that have no place yet.
    left: u32,
    /// Where the active row in it lies.
    list: Option<Place>,
}

/// One event on its way into a write.
struct Placing<'a> {
    seq: Seq,
    /// Under which a repeat of its input is looked up; 0 without id.
    id_hash: u64,
    body: &'a [u8],
    item: Item,
}

impl Worker {
    /// Appends a session's events; the first one's seq, or the last seq when there are none.
    pub(super) fn append_session(&mut self, live: &mut Live, drafts: Vec<Draft>, now: Time) -> (Seq, Time) {
        let mut growing = self.grow(live, drafts.len());
        let mut began = None;
        for draft in drafts {
            let Machine::Session(session, _) = &mut live.machine else { break };
            let event = draft.at(session.seq().next(), now.max(session.last_at()));
            began.get_or_insert((event.seq, event.at));
            let id_hash = event_hash(session, &event);
            session.apply(&event);
            let mut body = Vec::with_capacity(160);
            codec::encode_event(&event, &mut body);
            let seq = event.seq;
            let item = Item::Session(Arc::new(event));
            self.place(live, &mut growing, Placing { seq, id_hash, body: &body, item });
        }
        let now_at = live.session().map_or((Seq(0), now), |session| (session.seq(), session.last_at()));
        self.send_grown(live, growing);
        began.unwrap_or(now_at)
    }

    /// Appends events of an agent's journal; the first one's seq, or the last seq when there are none.
    pub(super) fn append_agent(
        &mut self,
        live: &mut Live,
        drafts: Vec<AgentDraft>,
        now: Time,
    ) -> (Seq, Time) {
        let mut growing = self.grow(live, drafts.len());
        let mut began = None;
        for draft in drafts {
            let Machine::Agent(day, _) = &mut live.machine else { break };
            let at = now.max(day.last_at());
            let event = AgentEvent { seq: day.seq().next(), at, id: draft.id, what: draft.what };
            began.get_or_insert((event.seq, event.at));
            let id_hash = event.id.as_ref().map_or(0, |id| hash("", &id.0));
            day.apply(&event);
            let mut body = Vec::with_capacity(96);
            codec::encode_agent_event(&event, &mut body);
            let seq = event.seq;
            let item = Item::Agent(Arc::new(event));
            self.place(live, &mut growing, Placing { seq, id_hash, body: &body, item });
        }
        let last = live.window.last();
        self.send_grown(live, growing);
        began.unwrap_or((last, now))
    }

    /// The write begins with what every publication of this epoch waits for: the cut of a birth, the active row.
    fn grow(&mut self, live: &mut Live, events: usize) -> Growing {
        let first = live.window.last().next();
        let mut mutations = Vec::with_capacity(events + 2);
        let mut list = None;
        if events > 0 {
            // Whoever adopted this journal must have made the take before anything is built on it.
            self.ensure_taken(live);
            if live.window.take() == Part::Missing {
                mutations.push(take::birth(&live.id, self.epoch));
            }
            if live.window.listed() == Part::Missing {
                let (place, row) = self.list_row(&live.id);
                mutations.push(row);
                list = Some(place);
            }
        }
        Growing { mutations, first, list, left: u32::try_from(events).unwrap_or(u32::MAX) }
    }

    fn place(&self, live: &mut Live, growing: &mut Growing, placing: Placing<'_>) {
        let Placing { seq, id_hash, body, item } = placing;
        growing.left = growing.left.saturating_sub(1);
        let stored = Stored::new(live.window.published(), growing.left, body);
        let placed = live.window.push(stored.value.len(), growing.left == 0);
        assert_eq!(placed, seq, "window and machine count alike");
        extend(&mut live.chain, self.epoch, seq);
        live.ids.push(id_hash);
        live.remember(seq, item, stored.value.len());
        growing.mutations.push(take::put_event(&live.id, self.epoch, seq, &stored));
        if seq.0 - live.checkpoint.0 >= limits::CHECKPOINT_EVENTS {
            self.save_state(live);
        }
    }

    /// Notes the state as it is now; it becomes a checkpoint when this seq is published (rule 19).
    pub(super) fn save_state(&self, live: &mut Live) {
        let seq = live.window.last();
        if live.checkpoint == seq {
            return;
        }
        live.checkpoint = seq;
        let state = match &live.machine {
            Machine::Session(session, _) => encoded(|out| codec::encode_session(session, out)),
            Machine::Agent(day, _) => encoded(|out| codec::encode_agent(day, out)),
        };
        let (writer, chain, ids) = (self.epoch, live.chain.clone(), live.ids.hashes());
        live.states.push_back(Checkpoint { seq, writer, chain, ids, state });
    }

    fn send_grown(&mut self, live: &mut Live, growing: Growing) {
        if growing.mutations.is_empty() {
            return;
        }
        let take = live.window.take() == Part::Missing;
        let list = growing.list;
        if take {
            live.window.take_sent();
        }
        if list.is_some() {
            live.window.list_sent();
        }
        // Space was asked for before the input was taken; from here on the write must come to an end.
        let batch = Batch { mutations: growing.mutations, class: Class::Upkeep };
        let events = (growing.first, live.window.last());
        self.send(live, Flight { batch, events, take, list, sent: 0, tries: 0 });
    }

    /// Sends a write and keeps it until its outcome is known.
    pub(super) fn send(&mut self, live: &mut Live, mut flight: Flight) {
        let ticket = self.ticket();
        flight.sent = self.shared.runtime.ticks();
        self.write(live, ticket, &flight.batch);
        live.flights.insert(ticket, flight);
    }

    fn write(&mut self, live: &Live, ticket: u64, batch: &Batch) {
        let key = open::key_of(&live.id);
        let write = self.shared.rows.write(batch.clone());
        self.wait(async move { Done::Wrote(key, ticket, write.await) });
    }

    pub(super) fn wrote(&mut self, key: &super::Key, ticket: u64, result: Result<(), WriteError>) {
        let Some(live) = self.live(key) else { return };
        match result {
            Ok(()) => {
                let Some(flight) = live.flights.remove(&ticket) else { return };
                let (first, last) = flight.events;
                if flight.take {
                    live.window.take_stored(last);
                }
                if flight.list.is_some() {
                    live.window.list_stored();
                }
                live.window.stored(first, last);
                let listed = flight.list.map(|place| Settled::Listed(live.id.clone(), place));
                let took = self.shared.runtime.ticks().saturating_sub(flight.sent);
                crate::metrics::shard().store_write_seconds.observe(seconds(took));
                self.stored.insert(key.clone());
                self.settled.extend(listed);
            }
            Err(error) => self.repeat_later(key, ticket, &error),
        }
    }

    /// An unknown outcome is not a failure: the same bytes again, until it is known (rule of section 1).
    fn repeat_later(&mut self, key: &super::Key, ticket: u64, error: &WriteError) {
        let Some(flight) = self.live(key).and_then(|live| live.flights.get_mut(&ticket)) else { return };
        flight.tries += 1;
        let tries = flight.tries;
        let wait = limits::REWRITE_AFTER.saturating_mul(1 << tries.min(10)).min(limits::REWRITE_MAX);
        crate::metrics::shard().store_unknown_total.inc();
        tracing::debug!(shard = self.shard, tries, error = %error, "a write has no certain outcome and is repeated");
        let sleep = self.shared.runtime.sleep(std::time::Duration::from_millis(wait));
        let key = key.clone();
        self.wait(async move {
            sleep.await;
            Done::Rewrite(key, ticket)
        });
    }

    pub(super) fn rewrite(&mut self, key: &super::Key, ticket: u64) {
        self.with(key, |worker, live| {
            if let Some(flight) = live.flights.get(&ticket) {
                let batch = flight.batch.clone();
                worker.write(live, ticket, &batch);
            }
        });
    }

    /// The event that is in memory at `seq`, for answers about it.
    pub(super) fn event_at(live: &Live, seq: Seq) -> Option<Arc<Event>> {
        match &live.recent_at(seq)?.item {
            Item::Session(event) => Some(event.clone()),
            Item::Agent(_) => None,
        }
    }
}

/// Nanoseconds as seconds, for a histogram.
fn seconds(nanos: u64) -> f64 {
    std::time::Duration::from_nanos(nanos).as_secs_f64()
}

/// The bytes that an encoder writes.
pub(super) fn encoded(encode: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    encode(&mut out);
    out
}
