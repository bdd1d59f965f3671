//! Rules 16 and 20: out of the list and back, and the end with its record. Each function is one step.

use super::{Owner, land};
use crate::limits;
use crate::store::journal::lists::{self, Place};
use crate::store::journal::record::{Parts, Proof, delete_journal};
use crate::store::reading;
use crate::store::rows::{Mutation, ReadError};
use crate::words::{JournalId, Seq, Time};

/// How often a page of a record is read again when there is no answer.
const READS: usize = 20;

impl Owner {
    /// A row at `place` is stored and looked at: the rows that it replaces are deleted.
    pub(super) async fn replaced(&mut self, id: &JournalId, place: Place) {
        let old = self.listing.superseded(id, place);
        let deletes = self.unlists(id, old);
        self.write(deletes).await;
    }

    /// Dormant, first step: the wake-up's row, and with the first of this epoch its mark.
    ///
    /// # Errors
    /// When the sleepers' mark is not known and cannot be read.
    pub async fn drowse(&mut self, id: &JournalId, due: Time) -> Result<(Time, Vec<Mutation>), ReadError> {
        if self.wake_mark.is_none() {
            self.due(Time(0)).await?;
        }
        let mark = self.wake_mark.unwrap_or_default();
        let due = due.max(mark);
        let mut rows = vec![lists::wake_at(self.shard, due, id, self.stamps.draw())];
        if !self.wake_marked {
            rows.push(lists::mark_wakeups(self.shard, mark, self.stamps.draw()));
            self.wake_marked = true;
        }
        Ok((due, rows))
    }

    /// Dormant, second step, once the wake-up is stored and looked at: the deletes of the active rows.
    pub fn unlist(&mut self, id: &JournalId) -> Vec<Mutation> {
        self.journal_mut(id).window.unlisted();
        let places = self.listing.over(id);
        self.unlists(id, places)
    }

    /// All of it, as a live owner does it: the journal leaves memory. Whether it does.
    ///
    /// # Errors
    /// When a read or look gives no answer.
    pub async fn sleep(&mut self, id: &JournalId, due: Time) -> Result<bool, ReadError> {
        let (_, rows) = self.drowse(id, due).await?;
        if !self.write(rows).await {
            return Ok(false);
        }
        if self.rules.delete_after_look && !self.look().await? {
            return Ok(false);
        }
        let deletes = self.unlist(id);
        let gone = self.write(deletes).await;
        self.journals.remove(id);
        Ok(gone)
    }

    /// A wake-up is not needed any more: its journal is listed in this epoch, and that was looked at.
    pub fn woken(&mut self, due: Time, id: &JournalId) -> Mutation {
        lists::woken(self.shard, due, id, self.stamps.draw())
    }

    /// Moves the mark of the sleepers, with whatever is due before it dealt with.
    pub fn mark_wakeups(&mut self, from: Time) -> Mutation {
        self.wake_mark = Some(from);
        self.wake_marked = true;
        lists::mark_wakeups(self.shard, from, self.stamps.draw())
    }

    /// Keeps the list fast: journals that are listed anew, with their places, and what is written for it.
    pub fn tend(&mut self) -> (Vec<(JournalId, Place)>, Vec<Mutation>) {
        let mut anew = Vec::new();
        let mut writes = Vec::new();
        for id in self.listing.in_the_way(limits::LIST_ANEW) {
            let at = self.stamps.place();
            self.listing.listed(at.0, &id);
            writes.push(lists::list(self.shard, &id, at));
            anew.push((id, at.0));
        }
        (anew, writes)
    }

    /// A mark of the active list that is worth writing, if there is one.
    pub fn mark_active(&mut self) -> Option<Mutation> {
        let mark = self.listing.advance(self.stamps.next())?;
        Some(lists::mark_active(self.shard, mark, self.stamps.draw()))
    }

    /// Rows that were listed anew are stored and looked at.
    pub async fn settle(&mut self, anew: Vec<(JournalId, Place)>) {
        for (id, place) in anew {
            self.replaced(&id, place).await;
        }
    }

    /// The end, first step: the record, part 0 last.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn record(&self, id: &JournalId) -> Result<Proof, ReadError> {
        let journal = self.journal(id);
        let published = journal.window.published();
        let last = if self.rules.record_of_published { published } else { journal.window.last() };
        let (mut parts, mut at) = (Parts::default(), Seq(0));
        while at < last {
            let read = || reading::rows(&*self.rows, id, &journal.chain, (at, last), limits::PAGE_EVENTS);
            let mut page = read().await;
            for _ in 0..READS {
                if page.is_ok() {
                    break;
                }
                page = read().await;
            }
            let page = page?;
            for (seq, stored) in page {
                at = seq;
                if let Some(part) = parts.push(id, seq, stored.body) {
                    self.write_until_stored(vec![part]).await;
                }
            }
        }
        assert!(self.write(parts.close(id).into_iter().collect()).await, "a part is stored");
        let proof = Proof { parts: parts.count(), last, state: b"state".to_vec() };
        assert!(self.write(vec![proof.put(id)]).await, "the proof is stored");
        Ok(proof)
    }

    /// The end, next steps: the segments, then the heads.
    pub async fn bury(&mut self, id: &JournalId, last: Seq) {
        let (segments, heads) = delete_journal(id, last);
        for segment in segments {
            assert!(self.write(vec![segment]).await, "a segment is deleted");
        }
        assert!(self.write(vec![heads]).await, "the heads are deleted");
        self.journals.remove(id);
    }

    /// The end, last step: off the list, so that until then whoever finds it listed finishes.
    pub async fn strike(&mut self, id: &JournalId) -> bool {
        let places = self.listing.over(id);
        let deletes = self.unlists(id, places);
        self.write(deletes).await
    }

    /// A journal lives and ends within one call, with nothing but its rows on the list: for lists with many ends. `count` of them at
    /// once.
    pub async fn pass_through(&mut self, ids: &[JournalId]) {
        let mut births = Vec::new();
        for id in ids {
            let at = self.stamps.place();
            self.listing.listed(at.0, id);
            births.push(lists::list(self.shard, id, at));
        }
        assert!(land(&*self.rows, births).await, "rows of the list are stored");
        let mut ends = Vec::new();
        for id in ids {
            let places = self.listing.over(id);
            ends.extend(self.unlists(id, places));
        }
        assert!(land(&*self.rows, ends).await, "rows of the list are deleted");
    }

    fn unlists(&mut self, id: &JournalId, places: Vec<Place>) -> Vec<Mutation> {
        places.into_iter().map(|place| lists::unlist(self.shard, id, place, self.stamps.draw())).collect()
    }
}
