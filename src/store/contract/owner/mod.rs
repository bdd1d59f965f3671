//! An owner of a shard in one epoch, made of the functions that the product's owners are made of, whose every step is a call
//! of its own: it can be stopped between any two of them, and what it has decided can land at any later time or never.
//! It repeats nothing by itself and has no clock. Events are bytes; it knows no chat.

mod ending;
mod opening;
mod writing;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::store::journal::Epoch;
use crate::store::journal::adopt::{Adopted, Read};
use crate::store::journal::cut::Chain;
use crate::store::journal::lists::{Listing, Place, Stamps};
use crate::store::journal::window::Window;
use crate::store::rows::{Batch, Class, Incarnation, Mutation, Rows};
use crate::words::{JournalId, Seq, Time};

pub use opening::Opened;
pub use writing::Covers;

/// Rules of the protocol that a test may remove to see what they are for. All on by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one rule, on or off")]
pub struct Rules {
    /// Rule 4: fences are stored before anything is read.
    pub fence_first: bool,
    /// Rule 5: the record is looked for last.
    pub record_last: bool,
    /// Rule 7: the adopted rows above the watermark are written again.
    pub rewrite_tail: bool,
    /// Rule 8: what was adopted is shown only after this epoch's take is stored.
    pub take_before_ack: bool,
    /// Rule 11: a clean look comes between storing and showing.
    pub look_before_ack: bool,
    /// Rules 14 and 20: the active row of this epoch is stored before anything is shown.
    pub active_row_before_ack: bool,
    /// Rule 16: only what is published ends up in a record.
    pub record_of_published: bool,
    /// Rule 19: only what is published becomes a checkpoint.
    pub checkpoint_of_published: bool,
    /// Rule 20: a row that remembers a journal is looked at before the one that it replaces is deleted.
    pub delete_after_look: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            fence_first: true,
            record_last: true,
            rewrite_tail: true,
            take_before_ack: true,
            look_before_ack: true,
            active_row_before_ack: true,
            record_of_published: true,
            checkpoint_of_published: true,
            delete_after_look: true,
        }
    }
}

/// What a write is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The take's part in the heads: the cut, or at a birth the empty one.
    Cut,
    /// The take's part in the journal: the adopted rows above the watermark, up to this seq.
    Tail(Seq),
    /// The active row.
    Active(Place),
    /// Own events of one decision, first and last.
    Events(Seq, Seq),
}

/// A write that was decided; its bytes never change.
#[derive(Clone, Debug)]
pub struct Write {
    /// What it is of.
    pub what: What,
    /// The bytes.
    pub mutations: Vec<Mutation>,
    /// Whether a store has said that it is stored.
    pub stored: bool,
}

/// A journal as its owner knows it.
#[derive(Debug)]
pub struct Journal {
    /// What was read of it.
    read: Read,
    adopted: Option<Adopted>,
    window: Window,
    chain: Chain,
    /// Every event from the checkpoint on, adopted and own.
    events: BTreeMap<Seq, Bytes>,
    writes: Vec<Write>,
}

/// An owner of one shard in one epoch.
pub struct Owner {
    rows: Arc<dyn Rows>,
    of: Incarnation,
    epoch: Epoch,
    shard: u16,
    /// The rules it keeps.
    pub rules: Rules,
    stamps: Stamps,
    listing: Listing,
    journals: BTreeMap<JournalId, Journal>,
    /// No living wake-up is due before this, as far as it was read.
    wake_mark: Option<Time>,
    wake_marked: bool,
    fenced: bool,
}

impl std::fmt::Debug for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Owner")
            .field("epoch", &self.epoch)
            .field("shard", &self.shard)
            .finish_non_exhaustive()
    }
}

impl Owner {
    /// An owner that has done nothing yet. `number` is its incarnation's and its epoch's within the generation.
    #[must_use]
    pub fn new(rows: Arc<dyn Rows>, shard: u16, (generation, number): (u32, u32)) -> Self {
        let epoch = Epoch::new(generation, number);
        Self {
            rows,
            of: Incarnation { generation, number: u64::from(number) },
            epoch,
            shard,
            rules: Rules::default(),
            stamps: Stamps::new(epoch),
            listing: Listing::new(epoch),
            journals: BTreeMap::new(),
            wake_mark: None,
            wake_marked: false,
            fenced: false,
        }
    }

    /// The same with other rules.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        change(&mut self.rules);
        self
    }

    /// Its epoch.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Its incarnation.
    #[must_use]
    pub fn incarnation(&self) -> Incarnation {
        self.of
    }

    /// Whether it has found its fence: then it does nothing more.
    #[must_use]
    pub fn is_fenced(&self) -> bool {
        self.fenced
    }

    /// What it has published of a journal, from its checkpoint on: what is acknowledged, and what readers see.
    #[must_use]
    pub fn published(&self, id: &JournalId) -> Vec<Bytes> {
        let journal = self.journal(id);
        let upto = journal.window.published();
        journal.events.range(..=upto).map(|(_, body)| body.clone()).collect()
    }

    /// The last seq that is published.
    #[must_use]
    pub fn published_seq(&self, id: &JournalId) -> Seq {
        self.journal(id).window.published()
    }

    /// The last seq that it knows, published or not.
    #[must_use]
    pub fn last_seq(&self, id: &JournalId) -> Seq {
        self.journal(id).window.last()
    }

    /// Every event that it knows, published or not.
    #[must_use]
    pub fn known(&self, id: &JournalId) -> Vec<Bytes> {
        self.journal(id).events.values().cloned().collect()
    }

    /// Forgets the bodies and writes of what is published, for journals that are larger than memory.
    pub fn forget_published(&mut self, id: &JournalId) {
        let journal = self.journal_mut(id);
        let published = journal.window.published();
        journal.events = journal.events.split_off(&published.next());
        journal.writes.retain(|write| !matches!(write.what, What::Events(_, last) if last <= published));
    }

    /// The writes that it has decided for a journal, in the order of deciding.
    #[must_use]
    pub fn writes(&self, id: &JournalId) -> &[Write] {
        &self.journal(id).writes
    }

    /// Where it believes a journal is listed.
    #[must_use]
    pub fn places(&self, id: &JournalId) -> &[Place] {
        self.listing.places(id)
    }

    fn journal(&self, id: &JournalId) -> &Journal {
        self.journals.get(id).expect("the journal was opened")
    }

    fn journal_mut(&mut self, id: &JournalId) -> &mut Journal {
        self.journals.get_mut(id).expect("the journal was opened")
    }

    /// Writes the same bytes again until they are stored, as a live owner does.
    async fn write_until_stored(&self, mutations: Vec<Mutation>) {
        for _ in 0..100 {
            if self.write(mutations.clone()).await {
                return;
            }
        }
        panic!("a healthy store stores");
    }

    /// Writes once and says whether it is stored.
    async fn write(&self, mutations: Vec<Mutation>) -> bool {
        land(&*self.rows, mutations).await
    }
}

/// Writes once, as whoever decided it would, and says whether it is stored.
pub async fn land(rows: &dyn Rows, mutations: Vec<Mutation>) -> bool {
    mutations.is_empty() || rows.write(Batch { mutations, class: Class::Upkeep }).await.is_ok()
}
