//! The oracle: it hears what people asked, what they were answered and what they were shown, and knows what must never be. It
//! knows "unknown": who was not answered may have been heard. One invariant a file; safety at every step, the rest at the end.
//!
//! | file | promise |
//! |---|---|
//! | `durable` | P1: acknowledged means durable |
//! | `order` | P2: one order, no gaps, for every reader |
//! | `once` | P3: exactly once |
//! | `ghosts` | P4: nobody is shown what is not in the transcript |
//! | `owners` | P5: one owner acknowledges |
//! | `nobody` | P6: nobody must act |
//! | `views` | P7: visibility |
//! | `capacity` | P9: capacity is a promise |
//! | `replay` | P10: replay is truth |
//! | `bounds` | P11: everything is bounded |

mod bounds;
mod capacity;
mod durable;
mod ghosts;
pub mod nobody;
mod once;
mod order;
mod owners;
mod replay;
mod views;

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast::session::event::Event;
use holdfast::session::input::{Act, Ask};
use holdfast::shard::door::{AgentSummary, DoorError, Receipt, Who};
use holdfast::words::{MessageId, Seq, SessionId};
use parking_lot::Mutex;

use crate::store::Store;
use crate::world::World;

/// Failures that are kept.
const KEPT: usize = 20;

/// What one session has been heard of.
#[derive(Default)]
pub struct Session {
    /// What readers were shown, whoever they were.
    shown: BTreeMap<u64, Arc<Event>>,
    /// Where messages stand, as readers were shown.
    stands: BTreeMap<MessageId, u64>,
    /// What was asked, under which id.
    asked: BTreeMap<MessageId, Ask>,
    /// What was acknowledged, and where.
    acked: BTreeMap<MessageId, u64>,
    /// What was refused for good.
    refused: BTreeMap<MessageId, String>,
    /// What a reader was shown next after what.
    steps: Vec<(Level, u64, u64)>,
}

/// What a reader may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Customer,
    Staff,
}

/// The oracle. Clones are the same one.
#[derive(Clone)]
pub struct Oracle(Arc<Inner>);

struct Inner {
    world: World,
    sessions: Mutex<BTreeMap<SessionId, Session>>,
    failures: Mutex<Vec<String>>,
}

impl Oracle {
    pub fn new(world: &World) -> Self {
        let (sessions, failures) = (Mutex::default(), Mutex::default());
        Self(Arc::new(Inner { world: world.clone(), sessions, failures }))
    }

    /// What must never be and was, in the order of its finding.
    pub fn failures(&self) -> Vec<String> {
        self.0.failures.lock().clone()
    }

    /// Whether all is well so far.
    pub fn is_content(&self) -> bool {
        self.0.failures.lock().is_empty()
    }

    fn fails(&self, found: impl IntoIterator<Item = String>) {
        for failure in found {
            self.0.world.note(&format!("FAILURE {failure}"));
            let mut failures = self.0.failures.lock();
            if failures.len() < KEPT {
                failures.push(failure);
            }
        }
    }

    fn with<R>(&self, id: SessionId, act: impl FnOnce(&mut Session) -> R) -> R {
        act(self.0.sessions.lock().entry(id).or_default())
    }

    /// Somebody asks for something, for the first time or again.
    pub fn asks(&self, id: SessionId, _who: &Who, ask: &Ask) {
        self.with(id, |session| session.asked.insert(ask.id.clone(), ask.clone()));
    }

    /// A change was acknowledged.
    pub fn acknowledged(&self, (id, _who): (SessionId, &Who), ask: &Ask, receipt: &Receipt) {
        self.0.world.note(&format!("{id}: {} is acknowledged at {}", ask.id.0, receipt.seq));
        let found = self.with(id, |session| {
            let mut found = Vec::new();
            // Other changes may find that there is nothing to change; then nothing stands for them.
            if matches!(ask.act, Act::Send { .. } | Act::Create { .. }) {
                found.extend(owners::acknowledged(session, &ask.id, receipt));
                found.extend(once::acknowledged(session, &ask.id, receipt));
                found.extend(durable::acknowledged(session, &ask.id, receipt));
                session.acked.insert(ask.id.clone(), receipt.seq.0);
            }
            found
        });
        self.fails(found.into_iter().map(|what| format!("{id}: {what}")));
    }

    /// A change was refused for good.
    pub fn refused(&self, (id, _who): (SessionId, &Who), ask: &Ask, error: &DoorError) {
        self.0.world.note(&format!("{id}: {} is refused: {error}", ask.id.0));
        let found = self.with(id, |session| {
            session.refused.insert(ask.id.clone(), error.to_string());
            durable::refused(ask, error)
        });
        self.fails(found.map(|what| format!("{id}: {what}")));
    }

    /// Something that was acknowledged was asked again.
    pub fn repeated(
        &self,
        (id, of): (SessionId, &MessageId),
        first: &Receipt,
        again: &Result<Receipt, DoorError>,
    ) {
        self.fails(once::repeated(of, first, again).map(|what| format!("{id}: {what}")));
    }

    /// A reader who had come as far as `after` was shown an event.
    pub fn shown(&self, (id, who): (SessionId, &Who), after: Seq, event: &Arc<Event>) {
        let level = if who.roles.is_empty() { Level::Customer } else { Level::Staff };
        let found = self.with(id, |session| {
            let mut found = Vec::new();
            found.extend(order::shown(after, event));
            found.extend(views::shown(level, event));
            found.extend(ghosts::shown(session, event));
            found.extend(once::shown(session, event));
            found.extend(durable::shown(session, event));
            session.steps.push((level, after.0, event.seq.0));
            session.shown.entry(event.seq.0).or_insert_with(|| event.clone());
            found
        });
        self.fails(found.into_iter().map(|what| format!("{id}: {what}")));
    }

    /// An agent's journal says how the agent stands.
    pub fn capacity(&self, (name, capacity): (&str, u32), summary: &AgentSummary) {
        self.fails(capacity::stands(name, capacity, summary));
    }

    /// Everybody has gone home and everything has ended: all that was acknowledged and shown is in the records.
    pub fn audit(&self, store: &Store) {
        let sessions = self.0.sessions.lock();
        let mut found = Vec::new();
        for (id, session) in sessions.iter() {
            let record = match replay::record(store, *id) {
                Ok(record) => record,
                Err(why) => {
                    found.push(format!("{id}: {why}"));
                    continue;
                }
            };
            let of = [
                order::audit(session, &record),
                durable::audit(session, &record),
                once::audit(&record),
                ghosts::audit(session, &record),
                replay::audit(store, *id, &record),
            ];
            found.extend(of.into_iter().flatten().map(|what| format!("{id}: {what}")));
        }
        found.extend(capacity::audit(store));
        found.extend(bounds::audit(store));
        drop(sessions);
        self.fails(found);
    }
}
