//! Protocol rules 5 to 8: a journal is read, adopted and, when somebody needs it, taken. Never shows or answers anything
//! before the take is stored and looked at.

mod counted;
mod list;
mod todo;

pub(super) use counted::Counted;
pub(super) use list::Anew;
pub(super) use todo::Todo;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use crate::agent::{AgentDay, AgentSoft};
use crate::limits;
use crate::session::event::{By, Event};
use crate::session::{Session, Soft};
use crate::shard::door::DoorError;
use crate::shard::history::reading::{self, HeldBefore, Opened};
use crate::shard::worker::live::{Held, Item, Leaving, Live, Machine, sender};
use crate::shard::worker::{Done, Key, Slot, Worker};
use crate::store::codec;
use crate::store::journal::adopt::{Adopted, Read, Verdict, adopt};
use crate::store::journal::checkpoint::Checkpoint;
use crate::store::journal::ids::{Ids, hash};
use crate::store::journal::row::Stored;
use crate::store::journal::take;
use crate::store::journal::window::{Part, Window};
use crate::store::rows::{Batch, Class, ReadError, Rows};
use crate::words::{JournalId, Seq, Time};

impl Worker {
    /// Brings what came for a journal to it, opening it first if need be.
    pub(super) fn deliver(&mut self, key: Key, what: Held) {
        match self.slots.get_mut(&key) {
            Some(Slot::Live(_)) => {
                self.with(&key, |worker, live| {
                    worker.input(live, what);
                    worker.settle(live);
                });
            }
            Some(Slot::Lent) => refuse(what, DoorError::Busy { retry_ms: limits::REPEAT_AFTER }),
            Some(Slot::Opening(waiting) | Slot::Waiting(waiting))
                if waiting.len() >= limits::SESSION_HELD =>
            {
                refuse(what, DoorError::Busy { retry_ms: limits::REPEAT_AFTER });
            }
            Some(Slot::Opening(waiting)) => waiting.push(what),
            Some(Slot::Waiting(waiting)) => {
                let is_asked = !what.only_follows();
                waiting.push(what);
                if is_asked {
                    self.open_waiting(&key, None);
                }
            }
            None if what.only_follows() => self.wait_for_turn(key, what),
            None => {
                self.slots.insert(key.clone(), Slot::Opening(vec![what]));
                self.open(key, None);
            }
        }
    }

    /// When an owner dies, everybody who follows its sessions comes to the next one at once; those who say something
    /// must not wait for all the others.
    fn wait_for_turn(&mut self, key: Key, what: Held) {
        self.slots.insert(key.clone(), Slot::Waiting(vec![what]));
        let recovery = self.shared.recovery.clone();
        self.wait(async move { Done::Turn(key, recovery.acquire_owned().await.ok()) });
    }

    /// Reads a journal whose turn has come, or that somebody asks something of; another may have begun to meanwhile.
    pub(super) fn open_waiting(&mut self, key: &Key, turn: Option<OwnedSemaphorePermit>) {
        let Some(slot @ Slot::Waiting(_)) = self.slots.get_mut(key) else { return };
        let Slot::Waiting(waiting) = std::mem::replace(slot, Slot::Lent) else { return };
        *slot = Slot::Opening(waiting);
        self.open_in_turn(key.clone(), None, turn);
    }

    /// Lends an open journal to a function; `None` when it is not open.
    pub(super) fn with<R>(&mut self, key: &Key, act: impl FnOnce(&mut Self, &mut Live) -> R) -> Option<R> {
        let slot = self.slots.get_mut(key).filter(|slot| matches!(slot, Slot::Live(_)))?;
        // A worker method needs itself and the journal; while it is lent, nothing else can reach the journal.
        let Slot::Live(mut live) = std::mem::replace(slot, Slot::Lent) else { return None };
        let result = act(self, &mut live);
        self.give_back(key, live);
        Some(result)
    }

    /// Puts a lent journal back, unless it was let go of meanwhile.
    fn give_back(&mut self, key: &Key, live: Box<Live>) {
        if let Some(slot @ Slot::Lent) = self.slots.get_mut(key) {
            *slot = Slot::Live(live);
        }
    }

    /// Reads a journal. `listed` names it when the active list did, which knows the day of an agent.
    pub(super) fn open(&mut self, key: Key, listed: Option<JournalId>) {
        self.open_in_turn(key, listed, None);
    }

    /// The same, for what takes its turn among the journals of all shards.
    fn open_in_turn(&mut self, key: Key, listed: Option<JournalId>, turn: Option<OwnedSemaphorePermit>) {
        self.opening += 1;
        crate::metrics::shard().opened_total.inc();
        let rows = self.shared.rows.clone();
        self.wait(async move {
            let read = read(&*rows, &key, listed).await;
            drop(turn);
            Done::Opened(key, read)
        });
    }

    pub(super) fn opened(&mut self, key: Key, result: Result<Opened, ReadError>) {
        self.opening -= 1;
        let waiting = match self.slots.remove(&key) {
            Some(Slot::Opening(waiting) | Slot::Waiting(waiting)) => waiting,
            Some(slot @ (Slot::Live(_) | Slot::Lent)) => {
                self.slots.insert(key, slot);
                self.open_more();
                return;
            }
            None => Vec::new(),
        };
        match result {
            Ok(Opened::Journal(id, read, held)) => self.adopt(id, &read, held, waiting),
            Ok(Opened::Record(id, proof, remove)) => self.closed(id, proof, remove, waiting),
            Err(error) => {
                tracing::warn!(shard = self.shard, error = %error, "a journal could not be read; trying again");
                self.slots.insert(key.clone(), Slot::Opening(waiting));
                let sleep =
                    self.shared.runtime.sleep(std::time::Duration::from_millis(limits::REWRITE_AFTER));
                let rows = self.shared.rows.clone();
                self.opening += 1;
                self.wait(async move {
                    sleep.await;
                    let read = read(&*rows, &key, None).await;
                    Done::Opened(key, read)
                });
            }
        }
        self.open_more();
    }

    fn adopt(&mut self, id: JournalId, read: &Read, held: HeldBefore, waiting: Vec<Held>) {
        let key = key_of(&id);
        let mut live = match adopt(read, self.epoch) {
            Verdict::Deposed => {
                tracing::error!(shard = self.shard, "a later owner has written here: this node is deposed");
                self.deposed = true;
                return;
            }
            Verdict::Empty => Live::new(id, Window::open(Seq(0), Seq(0), false), self.now()),
            Verdict::Damaged { last, promised } => {
                tracing::error!(journal = %name(&id), last = last.0, promised = promised.0,
                    "the store has forgotten published events: the session is quarantined");
                let mut live = Live::new(id, Window::open(last, last, true), self.now());
                live.counted.quarantine();
                live
            }
            Verdict::Adopted(adopted) => self.replay(id, read, adopted),
        };
        match &read.damage {
            // What was read may lack something, so it is no ground for a take: only what is final is shown.
            Some(why) => {
                live.adopted = None;
                self.quarantine(&mut live, why);
            }
            // All of it is there, and it is this owner's to keep, whoever can read it.
            None if live.counted.is_quarantined() => self.ensure_taken(&mut live),
            None => {}
        }
        self.slots.insert(key.clone(), Slot::Lent);
        if matches!(live.machine, Machine::Agent(..)) && live.window.last() == Seq(0) && !held.is_empty() {
            self.begin_day(&mut live, held);
        }
        if live.window.last() > Seq(0) {
            self.tick(&mut live);
        }
        for what in waiting {
            self.input(&mut live, what);
        }
        self.effects(&mut live);
        self.settle(&mut live);
        self.give_back(&key, Box::new(live));
    }

    /// The state that the journal's owner had (promise P10), from checkpoint and rows.
    fn replay(&self, id: JournalId, read: &Read, mut adopted: Adopted) -> Live {
        let window = Window::open(adopted.watermark, adopted.last, adopted.taken);
        let mut live = Live::new(id, window, self.now());
        let outcome = catch_unwind(AssertUnwindSafe(|| fill(&mut live, read.checkpoint.as_ref(), &adopted)));
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.quarantine(&mut live, &error),
            Err(_) => self.quarantine(&mut live, &"the machine panicked on replay"),
        }
        live.chain = adopted.chain.clone();
        live.soften(self.now());
        // The take repeats what is above the watermark only; the rest was read and is not kept.
        adopted.rows.retain(|(_, seq, _)| *seq > adopted.watermark);
        adopted.rows.shrink_to_fit();
        live.adopted = (!adopted.taken).then_some(adopted);
        live
    }

    pub(super) fn quarantine(&self, live: &mut Live, why: &dyn std::fmt::Display) {
        tracing::error!(journal = %name(&live.id), why = %why, "a session is quarantined");
        live.counted.quarantine();
    }

    /// Rule 7: makes the take if there is none; whoever needs it waits in `held` or `due`.
    pub(super) fn ensure_taken(&mut self, live: &mut Live) {
        let Some(adopted) = live.adopted.take() else { return };
        let mut mutations = take::take(&live.id, self.epoch, &adopted);
        let (place, row) = self.list_row(&live.id);
        mutations.push(row);
        live.window.take_sent();
        live.window.list_sent();
        let events = (live.window.published().next(), adopted.last);
        let batch = Batch { mutations, class: Class::Upkeep };
        self.send(
            live,
            crate::shard::worker::live::Flight {
                batch,
                events,
                take: true,
                list: Some(place),
                sent: 0,
                tries: 0,
            },
        );
    }

    /// Whether everything that was adopted is this owner's own word, so that it may be shown and built on.
    pub(super) fn is_settled(live: &Live) -> bool {
        live.counted.is_quarantined() || live.window.last() == Seq(0) || live.window.take() == Part::Stored
    }
}

impl Live {
    /// A journal in which nothing has happened yet.
    pub(super) fn new(id: JournalId, window: Window, now: Time) -> Self {
        let machine = match &id {
            JournalId::Session(id) => {
                let session = Session::new(*id);
                let soft = Soft::opened(now, &session);
                Machine::Session(Box::new(session), soft)
            }
            JournalId::Agent(agent, run) => {
                let day = AgentDay::new(agent.clone(), *run);
                let soft = AgentSoft::opened(now, &day);
                Machine::Agent(Box::new(day), soft)
            }
        };
        Self {
            id,
            machine,
            window,
            ids: Ids::default(),
            chain: Vec::new(),
            adopted: None,
            recent: std::collections::VecDeque::new(),
            recent_bytes: 0,
            followers: Vec::new(),
            due: std::collections::VecDeque::new(),
            held: std::collections::VecDeque::new(),
            flights: BTreeMap::new(),
            states: std::collections::VecDeque::new(),
            checkpoint: Seq(0),
            wake: None,
            used: now,
            head: (Seq(0), false),
            counted: Counted::new(),
            searching: false,
            leaving: Leaving::No,
            drowsy: false,
            asked: BTreeMap::new(),
            announced: false,
        }
    }

    fn soften(&mut self, now: Time) {
        match &mut self.machine {
            Machine::Session(session, soft) => *soft = Soft::opened(now, session),
            Machine::Agent(day, soft) => *soft = AgentSoft::opened(now, day),
        }
    }
}

/// Fills a machine, its message ids and its recent events from what was read.
fn fill(live: &mut Live, checkpoint: Option<&Checkpoint>, adopted: &Adopted) -> Result<(), String> {
    if let Some(point) = checkpoint {
        live.machine = match &live.machine {
            Machine::Session(_, soft) => {
                let session = codec::decode_session(&point.state).map_err(|e| e.to_string())?;
                Machine::Session(Box::new(session), soft.clone())
            }
            Machine::Agent(_, soft) => {
                let day = codec::decode_agent(&point.state).map_err(|e| e.to_string())?;
                Machine::Agent(Box::new(day), soft.clone())
            }
        };
        live.ids = Ids::open(&point.ids, point.seq);
        live.checkpoint = point.seq;
        live.head = (point.seq, true);
    }
    for (_, seq, stored) in &adopted.rows {
        replay_one(live, *seq, stored)?;
    }
    Ok(())
}

fn replay_one(live: &mut Live, seq: Seq, stored: &Stored) -> Result<(), String> {
    let (item, id_hash) = match &mut live.machine {
        Machine::Session(session, _) => {
            let event = codec::decode_event(seq, &stored.body).map_err(|e| e.to_string())?;
            let id_hash = event_hash(session, &event);
            #[cfg(test)]
            crate::shard::tests::poison::panic_on(&event);
            session.apply(&event);
            (Item::Session(Arc::new(event)), id_hash)
        }
        Machine::Agent(day, _) => {
            let event = codec::decode_agent_event(seq, &stored.body).map_err(|e| e.to_string())?;
            day.apply(&event);
            let id_hash = event.id.as_ref().map_or(0, |id| hash("", &id.0));
            (Item::Agent(Arc::new(event)), id_hash)
        }
    };
    live.ids.push(id_hash);
    live.remember(seq, item, stored.value.len());
    live.trim();
    Ok(())
}

/// The hash under which a repeat of the event's input is looked up; 0 when it has no id. Call before the event is applied.
pub(super) fn event_hash(session: &Session, event: &Event) -> u64 {
    event.id.as_ref().map_or(0, |id| hash(&sender(&canonical(session, &event.by)), &id.0))
}

/// Staff ask by name and act as a party: their ids belong to the name, so that a re-join does not make them strangers.
pub(super) fn canonical(session: &Session, by: &By) -> By {
    let By::Party(party) = by else { return by.clone() };
    let here =
        session.parties().find(|(known, _)| known.id == *party).and_then(|(known, _)| known.agent.as_ref());
    // A repeat may come after its sender has left, for the answer was lost with a node.
    let before = || session.past.iter().find(|stay| stay.id == *party).and_then(|stay| stay.agent.as_ref());
    here.or_else(before).map_or_else(|| by.clone(), |agent| By::Staff(agent.clone()))
}

/// Under which names the sender of an input may have authored events of this session.
pub(super) fn authors(session: &Session, who: &By, by: &By) -> Vec<By> {
    let mut names = vec![by.clone(), canonical(session, by), who.clone()];
    let staff = names.iter().find_map(|name| match name {
        By::Staff(agent) => Some(agent.clone()),
        By::Party(_) | By::Integration(_) | By::System => None,
    });
    if let Some(agent) = staff {
        let here = session.parties().filter(|(known, _)| known.agent.as_ref() == Some(&agent));
        let here = here.map(|(known, _)| known.id);
        let before =
            session.past.iter().filter(|stay| stay.agent.as_ref() == Some(&agent)).map(|stay| stay.id);
        names.extend(here.chain(before).map(By::Party));
    }
    names
}

/// How a journal is called in a log: ids only.
pub(super) fn name(id: &JournalId) -> String {
    match id {
        JournalId::Session(id) => id.to_string(),
        JournalId::Agent(agent, run) => format!("agent {} day {run}", agent.0),
    }
}

pub(super) fn key_of(id: &JournalId) -> Key {
    match id {
        JournalId::Session(id) => Key::Session(*id),
        JournalId::Agent(agent, _) => Key::Agent(agent.clone()),
    }
}

/// Answers somebody who waits that there is no result.
pub(super) fn refuse(what: Held, error: DoorError) {
    use crate::shard::worker::msg::{ToAgent, ToSession};
    match what {
        Held::Session(ToSession::Ask(_, _, reply)) | Held::Agent(ToAgent::Ask(_, _, reply)) => {
            reply.give(Err(error));
        }
        Held::Session(ToSession::Query(_, query)) => query.refuse(error),
        Held::Agent(ToAgent::Summary(reply)) => drop(reply.send(Err(error))),
        Held::Agent(ToAgent::Attach(_, _, reply)) => drop(reply.send(Err(error))),
        // Machines repeat what was not answered, and a connection that is gone hears nothing.
        Held::Session(ToSession::Agent(..) | ToSession::Detach(_))
        | Held::Agent(ToAgent::Errand(..) | ToAgent::Reserve(..) | ToAgent::Told(..) | ToAgent::Detach(_)) => {
        }
    }
}

async fn read(rows: &dyn Rows, key: &Key, listed: Option<JournalId>) -> Result<Opened, ReadError> {
    match (key, listed) {
        (Key::Session(id), _) => reading::journal(rows, JournalId::Session(*id), BTreeMap::new()).await,
        (Key::Agent(_), Some(id)) => reading::journal(rows, id, BTreeMap::new()).await,
        (Key::Agent(agent), None) => reading::day(rows, agent).await,
    }
}
