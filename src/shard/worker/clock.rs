//! When machines wake: one timer per journal in memory, one list in the store for those that sleep. A deadline fires once,
//! by the event that it makes. Never fires anything that a machine did not ask for.

use bytes::Bytes;

use super::live::{Leaving, Live, Machine};
use super::{Done, Slot, Worker, open};
use crate::limits;
use crate::store::journal::window::Part;
use crate::store::journal::{keys, lists};
use crate::store::rows::{Batch, Class, ReadError, Rows, Slice, Table};
use crate::words::{JournalId, Time};

impl Worker {
    /// Everything whose time has come.
    pub(super) fn clock(&mut self) {
        let now = self.now();
        while self.timers.first().is_some_and(|(at, _)| *at <= now) {
            let Some((_, key)) = self.timers.pop_first() else { break };
            self.with(&key, |worker, live| worker.wake(live));
        }
        if self.next_wakeup.is_some_and(|at| at <= now) {
            self.next_wakeup = None;
            self.read_wakeups();
        }
    }

    fn wake(&mut self, live: &mut Live) {
        live.wake = None;
        let gone = live
            .followers
            .iter()
            .find(|follower| follower.to.is_closed())
            .map(|follower| follower.to.clone());
        if let Some(mailbox) = gone {
            self.detach(live, &mailbox);
        }
        if Self::is_settled(live) || self.has_deadline(live) {
            self.tick(live);
        }
        self.effects(live);
        self.release_held(live);
        self.settle(live);
    }

    fn has_deadline(&self, live: &Live) -> bool {
        self.machine_wake(live).is_some_and(|at| at <= self.now())
    }

    /// After anything happened: leaves memory if nothing is left to do, else sets the timer.
    pub(super) fn settle(&mut self, live: &mut Live) {
        self.consider_leaving(live);
        self.schedule(live);
    }

    /// Sets the timer to the earliest thing that the journal waits for. An earlier timer than needed is harmless.
    pub(super) fn schedule(&mut self, live: &mut Live) {
        let candidates = [self.machine_wake(live), self.repeat_at(live), self.leave_at(live)];
        let Some(at) = candidates.into_iter().flatten().min() else { return };
        // What is overdue waits for room or for a write, so it is tried again soon and not at once.
        let at = at.max(self.now().plus(limits::OVERDUE_AGAIN));
        if live.wake.is_some_and(|set| set <= at) {
            return;
        }
        let key = open::key_of(&live.id);
        if let Some(old) = live.wake.replace(at) {
            self.timers.remove(&(old, key.clone()));
        }
        self.timers.insert((at, key));
    }

    /// When the machine itself has a deadline.
    pub(super) fn machine_wake(&self, live: &Live) -> Option<Time> {
        if live.quarantined {
            return None;
        }
        match &live.machine {
            Machine::Session(session, soft) => {
                let place =
                    self.shared.centers.place(Some(session.config()), session.service(), self.now())?;
                let rules = crate::session::Rules {
                    service: place.service(),
                    queue: place.queue(),
                    open: place.open(),
                    staffed: true,
                    waiting: 0,
                    center: place.center(),
                };
                session.next_wake(soft, &rules)
            }
            Machine::Agent(day, soft) => day.next_wake(soft, self.now()),
        }
    }

    // -- those that sleep --

    pub(super) fn read_wakeups(&mut self) {
        let (rows, shard, now, from) =
            (self.shared.rows.clone(), self.shard, self.now(), self.wakeups_from.clone());
        self.wait(async move { Done::Woken(read_due(&*rows, shard, from, now).await) });
    }

    /// Opens what is due, paced by the page. The wake-ups themselves stay until something else remembers the journal.
    pub(super) fn woken(&mut self, result: Result<Wakeups, ReadError>) {
        let Ok(Wakeups { due, next, from }) = result else {
            self.next_wakeup = Some(self.now().plus(limits::REPEAT_AFTER));
            return;
        };
        self.next_wakeup = if due.len() >= limits::WAKEUPS_PAGE { Some(self.now().plus(10)) } else { next };
        self.wakeups_from = from;
        for (at, id) in due {
            let key = open::key_of(&id);
            self.wakeups.entry(key.clone()).or_default().push(at);
            match self.slots.get(&key) {
                None => {
                    self.slots.insert(key.clone(), Slot::Opening(Vec::new()));
                    self.open(key, Some(id));
                }
                Some(Slot::Live(live)) if live.window.listed() == Part::Stored => {
                    self.forget_wakeups(&id, None)
                }
                Some(_) => {}
            }
        }
    }

    /// Deletes the wake-ups of a journal that the active list or a later wake-up (`kept`) remembers.
    pub(super) fn forget_wakeups(&mut self, id: &JournalId, kept: Option<Time>) {
        let Some(times) = self.wakeups.remove(&open::key_of(id)) else { return };
        let mut forget = Vec::new();
        for at in times.into_iter().filter(|at| Some(*at) != kept) {
            forget.push(lists::woken(self.shard, at, id, self.stamps.draw()));
        }
        let write = self.shared.rows.write(Batch { mutations: forget, class: Class::Upkeep });
        self.wait(async move {
            // A wake-up that stays wakes a journal once for nothing.
            let _ = write.await;
            Done::Side
        });
    }

    /// A new wake-up was stored.
    pub(super) fn heed_wakeup(&mut self, at: Time) {
        self.next_wakeup = Some(self.next_wakeup.map_or(at, |known| known.min(at)));
    }

    /// When the journal may be asked again whether it has anything left to do.
    fn leave_at(&self, live: &Live) -> Option<Time> {
        (live.is_idle() && live.leaving == Leaving::No)
            .then(|| live.used.plus(limits::DORMANT_AFTER).max(self.now().plus(1_000)))
    }
}

/// What a reading of the list of sleepers found.
pub(super) struct Wakeups {
    due: Vec<(Time, JournalId)>,
    next: Option<Time>,
    from: Bytes,
}

/// The wake-ups that are due, and when the next one is. `from` is where the reading before ended: what it saw is open or
/// has a later wake-up.
async fn read_due(rows: &dyn Rows, shard: u16, from: Bytes, now: Time) -> Result<Wakeups, ReadError> {
    let slice = Slice {
        table: Table::Wakeups,
        partition: keys::shard(shard),
        from: from.clone(),
        to: None,
        limit: limits::WAKEUPS_PAGE,
        bytes: usize::MAX,
        reverse: false,
    };
    let page = rows.read(slice).await?;
    let mut found = Wakeups { due: Vec::new(), next: None, from };
    for row in &page.rows {
        let Ok((at, id)) = keys::parse_wakeup(&row.clustering) else { continue };
        if at > now {
            found.next = Some(at);
            break;
        }
        found.from = [&row.clustering[..], &[0]].concat().into();
        found.due.push((at, id));
    }
    Ok(found)
}
