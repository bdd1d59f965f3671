//! Rule 20, dormancy: a journal that nobody follows and that waits for nothing soon leaves memory. What remains is its rows
//! and one that says when to wake it. Never leaves while a write is unknown.

use super::live::{Leaving, Live, Machine};
use super::publish::Settled;
use super::{Done, Key, Slot, Worker, open};
use crate::limits;
use crate::store::journal::window::Part;
use crate::store::journal::{lists, record};
use crate::store::rows::{Batch, Class, WriteError};
use crate::words::{JournalId, Seq, Time};

/// A step on the way out of memory.
pub(super) enum Left {
    /// The wake-up is stored.
    Drowsy(Option<Time>, Result<(), WriteError>),
    /// The active rows are deleted, by this write.
    Asleep(Batch, Result<(), WriteError>),
}

impl Worker {
    /// Lets a journal go that has nothing left to do.
    pub(super) fn consider_leaving(&mut self, live: &mut Live) {
        let now = self.now();
        if !live.is_idle() || live.leaving != Leaving::No {
            return;
        }
        if live.window.last() == Seq(0) {
            // Nothing was ever written under this id: nothing is there to remember.
            self.drop_later(live);
            return;
        }
        let wake = self.machine_wake(live);
        let soon = wake.is_some_and(|at| at < now.plus(limits::DORMANT_AHEAD));
        let rested = now >= live.used.plus(limits::DORMANT_AFTER);
        let wanted = match &live.machine {
            Machine::Session(session, _) => !session.effects().is_empty(),
            // A day stays in memory while somebody is signed in: the matchmaker hears of it.
            Machine::Agent(day, _) => day.is_open(),
        };
        if !rested || soon || wanted || live.drowsy {
            return;
        }
        if live.window.take() != Part::Stored {
            // What was adopted after a takeover and touched by nobody is taken now, so that it may sleep: its checkpoint and
            // wake-up must be this owner's own word.
            return self.ensure_taken(live);
        }
        let Some(wake) = self.wake_row_time(wake) else { return };
        live.leaving = Leaving::Drowsy;
        live.drowsy = true;
        self.save_state(live);
        let mut mutations: Vec<_> =
            live.states.drain(..).next_back().map(|point| point.put(&live.id)).into_iter().collect();
        mutations.extend(self.wake_rows(&live.id, wake));
        mutations.extend(self.head_rows(live));
        let key = open::key_of(&live.id);
        let write = self.shared.rows.write(Batch { mutations, class: Class::Upkeep });
        self.wait(async move { Done::Left(key, Left::Drowsy(wake, write.await)) });
    }

    pub(super) fn left(&mut self, key: Key, left: Left) {
        match left {
            Left::Drowsy(wake, Ok(())) => {
                self.wake_marked |= wake.is_some();
                wake.into_iter().for_each(|at| self.heed_wakeup(at));
                self.settled.push(Settled::Drowsy(key, wake));
            }
            Left::Drowsy(_, Err(_)) => {
                self.with(&key, |worker, live| {
                    live.drowsy = false;
                    if live.leaving == Leaving::Drowsy {
                        live.leaving = Leaving::No;
                    }
                    live.used = worker.now();
                });
            }
            Left::Asleep(_, Ok(())) => {
                self.gone(&key);
                self.tend_list();
            }
            // Whether it is listed is unknown: the delete is repeated, and whoever comes waits for it.
            Left::Asleep(batch, Err(_)) => self.delete_listed(key, batch),
        }
    }

    /// The wake-up is stored and looked at: the active row may go, unless something came meanwhile.
    pub(super) fn drowsy(&mut self, key: &Key, wake: Option<Time>) {
        self.with(key, |worker, live| {
            live.drowsy = false;
            worker.forget_wakeups(&live.id, wake);
            worker.fall_asleep(live);
        });
    }

    fn fall_asleep(&mut self, live: &mut Live) {
        if live.leaving != Leaving::Drowsy {
            return;
        }
        if !live.is_idle() {
            live.leaving = Leaving::No;
            return;
        }
        live.leaving = Leaving::Asleep;
        self.unlist(live);
    }

    fn unlist(&mut self, live: &mut Live) {
        live.window.unlisted();
        let places = self.listing.over(&live.id);
        let mutations = self.unlists(&live.id, places);
        self.delete_listed(open::key_of(&live.id), Batch { mutations, class: Class::Upkeep });
    }

    fn delete_listed(&mut self, key: Key, batch: Batch) {
        let write = self.shared.rows.write(batch.clone());
        self.wait(async move { Done::Left(key, Left::Asleep(batch, write.await)) });
    }

    /// The journal is out of memory; what came meanwhile opens it again.
    pub(super) fn gone(&mut self, key: &Key) {
        let Some(Slot::Live(mut live)) = self.slots.remove(key) else { return };
        if let Some(at) = live.wake {
            self.timers.remove(&(at, key.clone()));
        }
        let held = std::mem::take(&mut live.held);
        // It is not counted any more when somebody opens it again.
        drop(live);
        for what in held {
            self.deliver(key.clone(), what);
        }
    }

    /// Forgets a journal that never was, once the present turn has let go of it.
    fn drop_later(&mut self, live: &mut Live) {
        live.leaving = Leaving::Asleep;
        let key = open::key_of(&live.id);
        let nothing = Batch { mutations: Vec::new(), class: Class::Upkeep };
        self.wait(async move { Done::Left(key, Left::Asleep(nothing, Ok(()))) });
    }

    /// The record's head and the rows by which it is found, as the published state says (rule 18).
    pub(super) fn head_rows(&mut self, live: &mut Live) -> Vec<crate::store::rows::Mutation> {
        let JournalId::Session(_) = live.id else { return Vec::new() };
        let Some(session) = live.session() else { return Vec::new() };
        let head = session.head();
        let stamp = lists::stamp(self.epoch, u32::try_from(head.seq.0).unwrap_or(lists::K_MAX));
        let mut rows = vec![record::put_head(&live.id, crate::store::codec::encode_head(&head), stamp)];
        let month = crate::shard::history::records::month(head.started);
        for name in crate::shard::history::records::index_names(&head) {
            rows.push(record::index(&name, &month, head.started, &live.id, 1));
        }
        live.head = (live.window.published(), false);
        rows
    }

    /// Writes the projection when something that lists show has changed and all of it is published.
    pub(super) fn project(&mut self, live: &mut Live) {
        let published = live.window.published();
        if published != live.window.last() || live.head.0 == published || live.leaving != Leaving::No {
            return;
        }
        if !live.head.1 && !self.head_changed(live) {
            return;
        }
        let mutations = self.head_rows(live);
        if mutations.is_empty() {
            return;
        }
        let write = self.shared.rows.write(Batch { mutations, class: Class::Upkeep });
        self.wait(async move {
            // A projection that is lost is written again with the next change, or when the session sleeps or ends.
            let _ = write.await;
            Done::Side
        });
    }

    /// Whether events since the last projection changed more than the time of the last activity.
    fn head_changed(&self, live: &Live) -> bool {
        use crate::session::event::What;
        let since = live.head.0;
        live.recent.iter().rev().take_while(|recent| recent.seq > since).any(|recent| match &recent.item {
            super::live::Item::Session(event) => matches!(
                event.what,
                What::Created(_)
                    | What::Joined(_)
                    | What::Assigned { .. }
                    | What::Closed { .. }
                    | What::Stopped { .. }
                    | What::Disposition { .. }
            ),
            super::live::Item::Agent(_) => false,
        })
    }
}
