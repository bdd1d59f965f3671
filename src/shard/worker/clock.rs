//! When machines wake: one timer per journal in memory, one list in the store for those that sleep. A deadline fires once,
//! by the event that it makes. Never fires anything that a machine did not ask for.

use bytes::Bytes;

use super::live::{Leaving, Live, Machine};
use super::publish::Settled;
use super::{Done, Slot, Worker, open};
use crate::limits;
use crate::store::journal::window::Part;
use crate::store::journal::{keys, lists};
use crate::store::reading::{self, Due};
use crate::store::rows::{Mutation, ReadError, Rows, Table};
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
        if live.counted.is_quarantined() {
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
        let (rows, shard, now) = (self.shared.rows.clone(), self.shard, self.now());
        let from = self.wakeups_from.clone();
        self.wait(async move { Done::Woken(read_due(&*rows, shard, from, now).await) });
    }

    /// Opens what is due, paced by the page. The wake-ups themselves stay until something else remembers the journal.
    pub(super) fn woken(&mut self, result: Result<Woken, ReadError>) {
        let Ok(Woken { mark, found: Due { due, next, from } }) = result else {
            self.next_wakeup = Some(self.now().plus(limits::REPEAT_AFTER));
            return;
        };
        self.wake_mark = mark.or(self.wake_mark);
        self.next_wakeup = if due.len() >= limits::WAKEUPS_PAGE { Some(self.now().plus(10)) } else { next };
        self.wakeups_from = Some(from);
        for (at, id) in due {
            let key = open::key_of(&id);
            self.wakeups.entry(key.clone()).or_default().push(at);
            match self.slots.get(&key) {
                None => {
                    self.slots.insert(key.clone(), Slot::Opening(Vec::new()));
                    self.open(key, Some(id));
                }
                Some(Slot::Live(live)) if live.window.listed() == Part::Stored => {
                    // The active row remembers it, once that is looked at.
                    self.settled.extend(self.listing.own(&id).map(|place| Settled::Listed(id, place)));
                }
                Some(Slot::Waiting(_)) => self.open_waiting(&key, None),
                Some(_) => {}
            }
        }
    }

    /// When a wake-up that is written now may be due at the earliest: what lies before is not read any more, whatever the clock
    /// says. `None` when that is not known yet, and nothing may fall asleep.
    pub(super) fn wake_row_time(&self, wake: Option<Time>) -> Option<Option<Time>> {
        let (Some(at), Some(mark), Some(from)) = (wake, self.wake_mark, &self.wakeups_from) else {
            return wake.is_none().then_some(None);
        };
        Some(Some(at.max(mark).max(keys::due_of(from).plus(1))))
    }

    /// The wake-up's row, and with the first of this epoch the mark of this epoch: a stale owner's mark, made by a clock that
    /// was ahead, must not hide it.
    pub(super) fn wake_rows(&mut self, id: &JournalId, wake: Option<Time>) -> Vec<Mutation> {
        let (Some(at), Some(mark)) = (wake, self.wake_mark) else { return Vec::new() };
        let mut rows = vec![lists::wake_at(self.shard, at, id, self.stamps.draw())];
        if !self.wake_marked {
            rows.push(lists::mark_wakeups(self.shard, mark, self.stamps.draw()));
        }
        rows
    }

    /// Deletes the wake-ups of a journal that the active list or a later wake-up (`kept`) remembers.
    pub(super) fn forget_wakeups(&mut self, id: &JournalId, kept: Option<Time>) {
        let Some(times) = self.wakeups.remove(&open::key_of(id)) else { return };
        let mut forget = Vec::new();
        for at in times.into_iter().filter(|at| Some(*at) != kept) {
            forget.push(lists::woken(self.shard, at, id, self.stamps.draw()));
        }
        if forget.is_empty() {
            return;
        }
        self.wakeups_dealt += forget.len();
        if self.wakeups_dealt >= limits::WAKEUPS_MARK_EVERY {
            forget.extend(self.move_wake_mark());
        }
        // A wake-up that stays wakes a journal once for nothing.
        self.write_aside(forget);
    }

    /// A mark that leaves behind what was dealt with: nothing that fired earlier still waits for its journal.
    fn move_wake_mark(&mut self) -> Option<Mutation> {
        self.wakeups_dealt = 0;
        let read = keys::due_of(self.wakeups_from.as_ref()?);
        let waiting = self.wakeups.values().flatten().min().copied();
        let low = waiting.map_or(read, |at| at.min(read));
        if self.wake_mark.is_none_or(|mark| low <= mark) {
            return None;
        }
        self.wake_mark = Some(low);
        Some(lists::mark_wakeups(self.shard, low, self.stamps.draw()))
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

/// What a reading of the list of sleepers found, and in the first one its mark.
pub(super) struct Woken {
    mark: Option<Time>,
    found: Due,
}

/// Reads on from where the reading before ended, the first time from the mark.
async fn read_due(rows: &dyn Rows, shard: u16, from: Option<Bytes>, now: Time) -> Result<Woken, ReadError> {
    let (mark, from) = match from {
        Some(from) => (None, from),
        None => {
            let mark = reading::mark(rows, Table::Wakeups, shard).await?;
            let due = mark.as_ref().map_or(Time(0), keys::due_of);
            (Some(due), mark.unwrap_or(reading::AFTER_MARK))
        }
    };
    Ok(Woken { mark, found: reading::due(rows, shard, from, now).await? })
}
