//! Rule 20: which journals the shard's active list names, where their rows lie, and where its reading begins. Never opens a
//! journal that is open, and never deletes a row before what replaces it is stored and looked at.

use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use crate::limits;
use crate::shard::worker::live::Held;
use crate::shard::worker::publish::Settled;
use crate::shard::worker::{Done, Key, Slot, Worker};
use crate::store::journal::lists::{self, Place};
use crate::store::reading::{self, Active};
use crate::store::rows::{Batch, Class, Mutation, ReadError, WriteError};
use crate::words::JournalId;

/// Journals that are listed anew: their new rows, written until it is known that they are stored.
#[derive(Debug)]
pub(in crate::shard::worker) struct Anew {
    rows: Vec<(JournalId, Place)>,
    batch: Batch,
    tries: u32,
}

impl Worker {
    /// Reads the shard's active list after a takeover.
    pub(in crate::shard::worker) fn list(&mut self) {
        let (rows, shard, recovery) = (self.shared.rows.clone(), self.shard, self.shared.recovery.clone());
        self.wait(async move {
            let _turn = recovery.acquire().await;
            Done::Listed(reading::active(&*rows, shard).await)
        });
    }

    pub(in crate::shard::worker) fn listed(&mut self, result: Result<Active, ReadError>) {
        let active = match result {
            Ok(active) => active,
            Err(error) => {
                tracing::warn!(shard = self.shard, error = %error, "the active list could not be read; trying again");
                return self.list_again();
            }
        };
        let later = |(place, _): &(Place, JournalId)| place.epoch > self.epoch;
        if active.mark.epoch > self.epoch || active.rows.iter().any(later) {
            tracing::error!(shard = self.shard, "a later owner has written the list: this node is deposed");
            self.deposed = true;
            return;
        }
        if active.unread > 0 {
            tracing::error!(shard = self.shard, "rows of the active list cannot be read");
        }
        self.shared.chronicle.read(self.shard, self.epoch, active.sessions());
        self.listing.found(active.mark, &active.rows, active.unread == 0);
        for (_, id) in active.rows {
            // Whoever was opened by a request meanwhile may have a row of this epoch already.
            self.settled.extend(self.listing.own(&id).map(|place| Settled::Listed(id.clone(), place)));
            self.to_open.push(id);
        }
        self.is_listed = true;
        self.open_more();
    }

    fn list_again(&mut self) {
        let sleep = self.shared.runtime.sleep(Duration::from_millis(limits::REWRITE_AFTER));
        let (rows, shard) = (self.shared.rows.clone(), self.shard);
        self.wait(async move {
            sleep.await;
            Done::Listed(reading::active(&*rows, shard).await)
        });
    }

    /// Opens what the list named, one after the other as their turns come, so that requests for others are not held up. A
    /// journal that waits for its turn is opened at once by whoever asks for it.
    pub(in crate::shard::worker) fn open_more(&mut self) {
        if !self.to_open.is_empty() && !self.admitting {
            self.admitting = true;
            let recovery = self.shared.recovery.clone();
            self.wait(async move { Done::Admitted(recovery.acquire_owned().await.ok()) });
        }
        self.tell_recovered();
    }

    pub(in crate::shard::worker) fn admitted(&mut self, turn: Option<OwnedSemaphorePermit>) {
        self.admitting = false;
        while let Some(id) = self.to_open.pop() {
            let key = super::key_of(&id);
            if let Some(waiting) = self.unread(&key) {
                self.slots.insert(key.clone(), Slot::Opening(waiting));
                self.open_in_turn(key, Some(id), turn);
                break;
            }
        }
        self.open_more();
    }

    /// What waits for a journal that nobody reads yet; `None` when somebody does.
    fn unread(&mut self, key: &Key) -> Option<Vec<Held>> {
        match self.slots.remove(key) {
            None => Some(Vec::new()),
            Some(Slot::Waiting(waiting)) => Some(waiting),
            Some(other) => {
                self.slots.insert(key.clone(), other);
                None
            }
        }
    }

    /// A new active row of a journal, and its place.
    pub(in crate::shard::worker) fn list_row(&mut self, id: &JournalId) -> (Place, Mutation) {
        let at = self.stamps.place();
        self.listing.listed(at.0, id);
        (at.0, lists::list(self.shard, id, at))
    }

    /// The deletes of a journal's rows.
    pub(in crate::shard::worker) fn unlists(&mut self, id: &JournalId, places: Vec<Place>) -> Vec<Mutation> {
        places.into_iter().map(|place| lists::unlist(self.shard, id, place, self.stamps.draw())).collect()
    }

    /// A journal's row at `place` is stored and a look that began after that was clean: what it replaces may go.
    pub(in crate::shard::worker) fn listed_for_good(&mut self, id: &JournalId, place: Place) {
        let old = self.listing.superseded(id, place);
        if !old.is_empty() {
            let deletes = self.unlists(id, old);
            self.write_aside(deletes);
            self.tend_list();
        }
        self.forget_wakeups(id, None);
    }

    /// Keeps the list fast to read: lists anew what keeps its beginning from moving up, and moves it up.
    pub(in crate::shard::worker) fn tend_list(&mut self) {
        let ids = self.listing.in_the_way(limits::LIST_ANEW);
        if !ids.is_empty() {
            let (mut rows, mut mutations) = (Vec::new(), Vec::new());
            for id in ids {
                let (place, row) = self.list_row(&id);
                rows.push((id, place));
                mutations.push(row);
            }
            self.list_anew(Anew { rows, batch: Batch { mutations, class: Class::Upkeep }, tries: 0 });
        }
        if let Some(mark) = self.listing.advance(self.stamps.next()) {
            let timestamp = self.stamps.draw();
            // A mark that is lost costs a longer reading.
            self.write_aside(vec![lists::mark_active(self.shard, mark, timestamp)]);
        }
    }

    fn list_anew(&mut self, anew: Anew) {
        let write = self.shared.rows.write(anew.batch.clone());
        let pause = limits::REWRITE_AFTER.saturating_mul(1 << anew.tries.min(10)).min(limits::REWRITE_MAX);
        let pause = (anew.tries > 0).then(|| self.shared.runtime.sleep(Duration::from_millis(pause)));
        self.wait(async move {
            if let Some(pause) = pause {
                pause.await;
            }
            let result = write.await;
            Done::Anew(anew, result)
        });
    }

    pub(in crate::shard::worker) fn anew(&mut self, mut anew: Anew, result: Result<(), WriteError>) {
        match result {
            Ok(()) => {
                self.settled.extend(anew.rows.into_iter().map(|(id, place)| Settled::Listed(id, place)));
            }
            // The same rows at the same places, until they are stored.
            Err(_) => {
                anew.tries += 1;
                self.list_anew(anew);
            }
        }
    }

    /// A write that nobody waits for.
    pub(in crate::shard::worker) fn write_aside(&mut self, mutations: Vec<Mutation>) {
        let write = self.shared.rows.write(Batch { mutations, class: Class::Upkeep });
        self.wait(async move {
            let _ = write.await;
            Done::Side
        });
    }
}
