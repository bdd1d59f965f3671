//! Rules 4 to 6: fences, then reads, and the record last; what they mean.

use super::{Journal, Owner};
use crate::store::journal::adopt::{Read, Verdict, adopt};
use crate::store::journal::keys;
use crate::store::journal::record::Proof;
use crate::store::journal::window::Window;
use crate::store::reading;
use crate::store::rows::{Incarnation, ReadError, Table};
use crate::words::{JournalId, Seq, Time};

/// What an opening came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// Nothing is there.
    Empty,
    /// The journal, up to this seq.
    Journal(Seq),
    /// The interaction is over.
    Over(Proof),
    /// A later owner has been here.
    Deposed,
    /// The store has forgotten what was published.
    Damaged,
}

impl Owner {
    /// Rule 4: stores the fence of an incarnation that is deposed; number 0 is a whole generation.
    ///
    /// # Errors
    /// When it is not known to be stored: then nothing may be read yet.
    pub async fn fence(&self, of: Incarnation) -> Result<(), String> {
        if !self.rules.fence_first {
            return Ok(());
        }
        self.rows.fence(of).await.map_err(|error| error.to_string())
    }

    /// Rule 5 whole: heads, segments, and the record last; then rule 6.
    ///
    /// # Errors
    /// When the store gives no answer.
    pub async fn open(&mut self, id: &JournalId) -> Result<Opened, ReadError> {
        let early = if self.rules.record_last { None } else { Some(self.read_record(id).await?) };
        let mut read = self.read_heads(id).await?;
        self.read_segments(id, &mut read).await?;
        let record = match early {
            Some(record) => record,
            None => self.read_record(id).await?,
        };
        Ok(self.adopt(id, read, record))
    }

    /// The first read of rule 5.
    ///
    /// # Errors
    /// When the store gives no answer.
    pub async fn read_heads(&self, id: &JournalId) -> Result<Read, ReadError> {
        reading::heads(&*self.rows, id).await
    }

    /// The second.
    ///
    /// # Errors
    /// When the store gives no answer.
    pub async fn read_segments(&self, id: &JournalId, read: &mut Read) -> Result<(), ReadError> {
        reading::segments(&*self.rows, id, read).await
    }

    /// The last.
    ///
    /// # Errors
    /// When the store gives no answer.
    pub async fn read_record(&self, id: &JournalId) -> Result<Option<Proof>, ReadError> {
        reading::proof(&*self.rows, id).await
    }

    /// Rule 6: what was read is the journal that this owner goes on from.
    pub fn adopt(&mut self, id: &JournalId, read: Read, record: Option<Proof>) -> Opened {
        if let Some(proof) = record {
            return Opened::Over(proof);
        }
        let mut journal = Journal {
            adopted: None,
            window: Window::open(Seq(0), Seq(0), false),
            chain: Vec::new(),
            events: std::collections::BTreeMap::new(),
            writes: Vec::new(),
            read,
        };
        let opened = match adopt(&journal.read, self.epoch) {
            Verdict::Deposed => return Opened::Deposed,
            Verdict::Damaged { .. } => return Opened::Damaged,
            Verdict::Empty => Opened::Empty,
            Verdict::Adopted(adopted) => {
                journal.window = Window::open(adopted.watermark, adopted.last, adopted.taken);
                journal.chain = adopted.chain.clone();
                let rows = adopted.rows.iter();
                journal.events.extend(rows.map(|(_, seq, stored)| (*seq, stored.body.clone())));
                let last = adopted.last;
                journal.adopted = (!adopted.taken).then_some(adopted);
                Opened::Journal(last)
            }
        };
        if !self.rules.take_before_ack {
            journal.window.publish(journal.window.last());
        }
        self.journals.insert(id.clone(), journal);
        opened
    }

    /// Rule 5: the shard's active list; each journal once.
    ///
    /// # Errors
    /// When the store gives no answer, or when a later owner has written the list.
    pub async fn list(&mut self) -> Result<Vec<JournalId>, String> {
        let active = reading::active(&*self.rows, self.shard).await.map_err(|error| error.to_string())?;
        let later = active.rows.iter().any(|(place, _)| place.epoch > self.epoch);
        if later || active.mark.epoch > self.epoch {
            return Err("deposed".into());
        }
        self.listing.found(active.mark, &active.rows, active.unread == 0);
        let mut ids: Vec<_> = active.rows.into_iter().map(|(_, id)| id).collect();
        ids.sort();
        ids.dedup();
        Ok(ids)
    }

    /// Rule 5: the sleepers that are due, from the mark on.
    ///
    /// # Errors
    /// When the store gives no answer.
    pub async fn due(&mut self, now: Time) -> Result<Vec<(Time, JournalId)>, ReadError> {
        let mark = reading::mark(&*self.rows, Table::Wakeups, self.shard).await?;
        self.wake_mark = Some(mark.as_ref().map_or(Time(0), keys::due_of));
        let mut from = mark.unwrap_or(reading::AFTER_MARK);
        let mut all = Vec::new();
        loop {
            let found = reading::due(&*self.rows, self.shard, from, now).await?;
            if found.due.is_empty() {
                return Ok(all);
            }
            all.extend(found.due);
            from = found.from;
        }
    }
}
