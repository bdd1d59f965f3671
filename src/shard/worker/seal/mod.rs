//! Rule 16: the interaction is over. The record is stored, part 0 last; only then is the journal deleted, and last of all taken
//! off the list, so that the next owner finishes it if this one dies. Never deletes before the record is proof.

use std::sync::Arc;

use super::append::encoded;
use super::live::{Held, Leaving, Live, Machine};
use super::msg::ToAgent;
use super::{Done, Key, Slot, Worker, open};
use crate::limits;
use crate::runtime::Runtime;
use crate::session::input::{FromAgent, ToldAgent};
use crate::shard::door::DoorError;
use crate::store::codec;
use crate::store::journal::cut::Chain;
use crate::store::journal::record::{Parts, Proof, delete_journal};
use crate::store::journal::row::Stored;
use crate::store::reading;
use crate::store::rows::{Batch, Class, Mutation, Rows};
use crate::words::{AgentId, JournalId, ReservationId, Seq};

/// Where the record comes from.
enum Record {
    /// It is made from the journal and the machine's last state.
    New(Vec<u8>),
    /// It was found. Whoever wrote it may have died before it was on a quorum, so it is stored again before anything is deleted:
    /// else the next owner might find neither record nor journal.
    Found(Box<Proof>),
}

/// What sealing needs, apart from the worker.
struct Sealing {
    rows: Arc<dyn Rows>,
    runtime: Arc<dyn Runtime>,
    id: JournalId,
    chain: Chain,
    last: Seq,
    record: Record,
    /// How lists of records show it from now on.
    heads: Vec<Mutation>,
    /// What takes it off the active list, once nothing else of it is there: whoever finds it listed finishes what was begun.
    unlists: Vec<Mutation>,
}

impl Worker {
    /// Begins the end of a journal whose last event is published.
    pub(super) fn seal(&mut self, live: &mut Live) {
        if live.leaving == Leaving::Sealing || !live.window.is_still() || !live.due.is_empty() {
            return;
        }
        live.leaving = Leaving::Sealing;
        let state = match &live.machine {
            Machine::Session(session, _) => encoded(|out| codec::encode_session(session, out)),
            Machine::Agent(day, _) => encoded(|out| codec::encode_agent(day, out)),
        };
        let heads = self.head_rows(live);
        let places = self.listing.ends(&live.id);
        let unlists = self.unlists(&live.id, places);
        let sealing = Sealing {
            rows: self.shared.rows.clone(),
            runtime: self.shared.runtime.clone(),
            id: live.id.clone(),
            chain: live.chain.clone(),
            last: live.window.last(),
            record: Record::New(state),
            heads,
            unlists,
        };
        let id = live.id.clone();
        self.wait(async move {
            sealing.run().await;
            Done::Sealed(id)
        });
    }

    /// A journal whose record is there: whoever waits is answered from the record, and the removal is finished.
    pub(super) fn closed(&mut self, id: JournalId, proof: Proof, remove: bool, waiting: Vec<Held>) {
        let key = open::key_of(&id);
        // A wake-up that came after the end is for nobody.
        self.forget_wakeups(&id, None);
        // Whoever lists a journal and finds its record takes it off the list in its own epoch.
        if remove || waiting.is_empty() {
            let places = self.listing.ends(&id);
            let unlists = self.unlists(&id, places);
            let sealing = Sealing {
                rows: self.shared.rows.clone(),
                runtime: self.shared.runtime.clone(),
                id: id.clone(),
                chain: Vec::new(),
                last: proof.last,
                record: Record::Found(Box::new(proof.clone())),
                heads: Vec::new(),
                unlists,
            };
            let next = id.clone();
            self.wait(async move {
                sealing.run().await;
                Done::Sealed(next)
            });
        }
        match codec::decode_session(&proof.state) {
            Ok(session) if matches!(id, JournalId::Session(_)) => {
                for what in waiting {
                    if let Held::Session(what) = what {
                        self.answer_closed(session.clone(), proof.parts, what);
                    }
                }
            }
            // The waiters of an agent go to the next day, which is found by name.
            _ if matches!(id, JournalId::Agent(..)) => {
                waiting.into_iter().for_each(|what| self.deliver(key.clone(), what));
            }
            _ => waiting.into_iter().for_each(|what| open::refuse(what, DoorError::Quarantined)),
        }
    }

    /// The record is stored and the journal gone.
    pub(super) fn sealed(&mut self, id: &JournalId) {
        let key = open::key_of(id);
        self.listing.over(id);
        self.tend_list();
        let Some(live) = self.live(&key).filter(|live| live.id == *id && live.leaving == Leaving::Sealing)
        else {
            // An earlier owner's record: what that day still held begins a new one when the agent's name is opened, if
            // nobody has done so meanwhile.
            return self.open_day(key);
        };
        let next_day = match &live.machine {
            Machine::Agent(day, _) => Some(day.next_day())
                .filter(|_| day.ended().is_some_and(|held| !held.is_empty()) || !day.signed_in().is_empty()),
            Machine::Session(..) => None,
        };
        let followers = match &live.machine {
            Machine::Agent(..) => std::mem::take(&mut live.followers),
            Machine::Session(..) => {
                Self::end_streams(live, false);
                Vec::new()
            }
        };
        // What came while the day was sealed is newer than what the day hands on.
        let held = std::mem::take(&mut live.held);
        self.gone(&key);
        if next_day.is_none() && followers.is_empty() && held.is_empty() {
            return self.open_day(key);
        }
        self.deliver_next_day(key.clone(), next_day.unwrap_or_default(), followers);
        held.into_iter().for_each(|what| self.deliver(key.clone(), what));
    }

    fn open_day(&mut self, key: Key) {
        if matches!(key, Key::Agent(_)) && !self.slots.contains_key(&key) {
            self.slots.insert(key.clone(), Slot::Opening(Vec::new()));
            self.open(key, None);
        }
    }

    /// An agent who is still signed in goes on in a new day, with the streams that follow.
    fn deliver_next_day(
        &mut self,
        key: Key,
        what: Vec<crate::agent::event::AgentWhat>,
        followers: Vec<super::live::Follower>,
    ) {
        let Key::Agent(_) = &key else { return };
        for follower in followers {
            let device = follower.device.clone().unwrap_or_default();
            let (reply, _) = crate::runtime::oneshot::channel();
            self.deliver(key.clone(), Held::Agent(ToAgent::Attach(device, follower.to, reply)));
        }
        for what in what {
            let act = match what {
                crate::agent::event::AgentWhat::SignedIn { device, capacity, queues } => {
                    crate::agent::event::AgentAct::SignIn { device, capacity, queues }
                }
                crate::agent::event::AgentWhat::State { ready, reason } => {
                    crate::agent::event::AgentAct::State { ready, reason }
                }
                // The opening is written by whoever opens the new day, with what the record says is held.
                _ => continue,
            };
            let id = crate::words::MessageId(format!("{:032x}", self.shared.runtime.random()));
            self.deliver(key.clone(), Held::Agent(ToAgent::Ask(id, act, super::msg::Reply::Nobody)));
        }
    }

    /// An agent's journal asks about a session that is over: it holds nothing, and has heard everything.
    pub(super) fn deny_closed(&self, agent: &AgentId, message: &FromAgent) {
        let (reservation, told) = denial(message);
        self.shared.links.tell_agent(agent, ToAgent::Told(reservation, told));
    }
}

/// What an agent's journal is told about a session that is over or never was.
pub(super) const fn denial(message: &FromAgent) -> (ReservationId, ToldAgent) {
    match message {
        FromAgent::Reserved { reservation, .. } => (*reservation, ToldAgent::Denied),
        FromAgent::Holds { reservation, .. } => (*reservation, ToldAgent::NotHeld),
        FromAgent::GaveUp { reservation, .. } | FromAgent::Done { reservation, .. } => {
            (*reservation, ToldAgent::Noted)
        }
    }
}

impl Sealing {
    /// Every step until it is stored; an unknown outcome is repeated, same bytes.
    async fn run(self) {
        let proof = match &self.record {
            Record::New(state) => self.made(state.clone()).await,
            Record::Found(proof) => (**proof).clone(),
        };
        self.store(vec![proof.put(&self.id)]).await;
        self.store(self.heads.clone()).await;
        let (segments, heads) = delete_journal(&self.id, self.last);
        for segment in segments {
            self.store(vec![segment]).await;
        }
        self.store(vec![heads]).await;
        self.store(self.unlists.clone()).await;
    }

    /// Writes the parts with events and makes the proof; or finds the one of an earlier owner, who has begun to delete the
    /// journal below this one's hands.
    async fn made(&self, state: Vec<u8>) -> Proof {
        let mut parts = Parts::default();
        let mut at = Seq(0);
        while at < self.last {
            let page = match self.page(at).await {
                Ok(page) => page,
                Err(proof) => return proof,
            };
            for (seq, stored) in page {
                at = seq;
                if let Some(part) = parts.push(&self.id, seq, stored.body) {
                    self.store(vec![part]).await;
                }
            }
        }
        if let Some(part) = parts.close(&self.id) {
            self.store(vec![part]).await;
        }
        Proof { parts: parts.count(), last: self.last, state }
    }

    /// The next events, read until they are: a long record is not begun anew for one read that failed. Where a published event
    /// is missing, its record must be there, for nobody deletes a journal before.
    async fn page(&self, at: Seq) -> Result<Vec<(Seq, Stored)>, Proof> {
        let mut tries = 0;
        loop {
            let range = (at, self.last);
            match reading::rows(&*self.rows, &self.id, &self.chain, range, limits::PAGE_EVENTS).await {
                Ok(page) if !page.is_empty() => return Ok(page),
                Ok(_) => tracing::warn!("a record could not be made yet, an event is missing; trying again"),
                Err(error) => tracing::warn!(error = %error, "a record could not be made yet; trying again"),
            }
            if let Ok(Some(proof)) = reading::proof(&*self.rows, &self.id).await {
                return Err(proof);
            }
            tries += 1;
            self.pause(tries).await;
        }
    }

    async fn store(&self, mutations: Vec<Mutation>) {
        if mutations.is_empty() {
            return;
        }
        let batch = Batch { mutations, class: Class::Upkeep };
        let mut tries = 0;
        while self.rows.write(batch.clone()).await.is_err() {
            tries += 1;
            self.pause(tries).await;
        }
    }

    async fn pause(&self, tries: u32) {
        let wait = limits::REWRITE_AFTER.saturating_mul(1 << tries.min(10)).min(limits::REWRITE_MAX);
        self.runtime.sleep(std::time::Duration::from_millis(wait)).await;
    }
}

#[cfg(test)]
mod tests;
