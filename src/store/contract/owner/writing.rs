//! Rules 7 to 11, 14 and 19: takes, events, looks, what they make visible, checkpoints.

use bytes::Bytes;

use super::{Owner, What, Write};
use crate::store::journal::adopt::extend;
use crate::store::journal::checkpoint::Checkpoint;
use crate::store::journal::row::Stored;
use crate::store::journal::window::Part;
use crate::store::journal::{lists, take};
use crate::store::rows::{Look, Mutation, ReadError, Table};
use crate::words::{JournalId, Seq};

/// What a clean look that began at one moment allows.
#[derive(Clone, Debug, Default)]
pub struct Covers {
    publish: Vec<(JournalId, Seq)>,
    settled: Vec<(JournalId, crate::store::journal::lists::Place)>,
}

impl Owner {
    /// Rule 7: decides this epoch's take of a journal, once. It writes nothing.
    pub fn take(&mut self, id: &JournalId) {
        let (epoch, rewrites) = (self.epoch, self.rules.rewrite_tail);
        let Some(adopted) = self.journal_mut(id).adopted.take() else { return };
        let (cuts, tail): (Vec<_>, Vec<_>) = take::take(id, epoch, &adopted)
            .into_iter()
            .partition(|mutation| matches!(mutation, Mutation::Put { table: Table::Heads, .. }));
        self.decide(id, What::Cut, cuts);
        self.decide(id, What::Tail(adopted.last), if rewrites { tail } else { Vec::new() });
        self.list_it(id);
        self.journal_mut(id).window.take_sent();
    }

    /// Decides the events of one decision; at a birth the cut and the active row with them. It writes nothing.
    pub fn append(&mut self, id: &JournalId, bodies: &[&[u8]]) {
        self.take(id);
        let epoch = self.epoch;
        if self.journal(id).window.take() == Part::Missing {
            self.decide(id, What::Cut, vec![take::birth(id, epoch)]);
            self.decide(id, What::Tail(Seq(0)), Vec::new());
            self.journal_mut(id).window.take_sent();
        }
        if self.journal(id).window.listed() == Part::Missing {
            self.list_it(id);
        }
        let journal = self.journal_mut(id);
        let first = journal.window.last().next();
        let mut rows = Vec::new();
        for (body, more) in bodies.iter().zip((0..bodies.len()).rev()) {
            let more = u32::try_from(more).unwrap_or(u32::MAX);
            let stored = Stored::new(journal.window.published(), more, body);
            let seq = journal.window.push(stored.value.len(), more == 0);
            extend(&mut journal.chain, epoch, seq);
            rows.push(take::put_event(id, epoch, seq, &stored));
            journal.events.insert(seq, Bytes::copy_from_slice(body));
        }
        let last = journal.window.last();
        self.decide(id, What::Events(first, last), rows);
    }

    fn list_it(&mut self, id: &JournalId) {
        let at = self.stamps.place();
        self.listing.listed(at.0, id);
        let row = lists::list(self.shard, id, at);
        self.decide(id, What::Active(at.0), vec![row]);
        self.journal_mut(id).window.list_sent();
    }

    fn decide(&mut self, id: &JournalId, what: What, mutations: Vec<Mutation>) {
        let stored = mutations.is_empty();
        self.journal_mut(id).writes.push(Write { what, mutations, stored });
        if stored {
            self.note(id, what);
        }
    }

    /// Sends, once, what is chosen of the writes that are not stored yet. Whether all of it is stored now.
    pub async fn send(&mut self, id: &JournalId, chosen: impl Fn(&What) -> bool) -> bool {
        let open = self.journal(id).writes.iter().enumerate();
        let open: Vec<_> = open
            .filter(|(_, write)| !write.stored && chosen(&write.what))
            .map(|(at, write)| (at, write.what, write.mutations.clone()))
            .collect();
        let mut all = true;
        for (at, what, mutations) in open {
            if self.write(mutations).await {
                self.journal_mut(id).writes[at].stored = true;
                self.note(id, what);
            } else {
                all = false;
            }
        }
        all
    }

    /// Sends everything that is decided until it is stored, as a live owner does.
    pub async fn store(&mut self, id: &JournalId) {
        for _ in 0..100 {
            if self.send(id, |_| true).await {
                return;
            }
        }
        panic!("a healthy store stores");
    }

    /// A write is known to be stored.
    fn note(&mut self, id: &JournalId, what: What) {
        let journal = self.journal_mut(id);
        match what {
            What::Active(_) => journal.window.list_stored(),
            What::Events(first, last) => journal.window.stored(first, last),
            What::Cut | What::Tail(_) => {
                let of_take = |what: &What| matches!(what, What::Cut | What::Tail(_));
                let parts = journal.writes.iter().filter(|write| of_take(&write.what));
                let last = journal.writes.iter().find_map(|write| match write.what {
                    What::Tail(last) => Some(last),
                    What::Cut | What::Active(_) | What::Events(..) => None,
                });
                // Both parts, and not one of them twice.
                if let (Some(last), true, 2) = (last, parts.clone().all(|write| write.stored), parts.count())
                {
                    journal.window.take_stored(last);
                }
            }
        }
    }

    /// What a look that begins now covers.
    #[must_use]
    pub fn covers(&self) -> Covers {
        let mut covers = Covers::default();
        for (id, journal) in &self.journals {
            let listed =
                if self.rules.active_row_before_ack { journal.window.listed() } else { Part::Stored };
            let mut window = journal.window.clone();
            if listed == Part::Stored {
                window.list_stored();
            }
            covers.publish.extend(window.publishable().map(|upto| (id.clone(), upto)));
            let stored = journal.writes.iter().filter(|write| write.stored);
            let mut places = stored.filter_map(|write| match write.what {
                What::Active(place) => Some(place),
                What::Cut | What::Tail(_) | What::Events(..) => None,
            });
            covers.settled.extend(places.next_back().map(|place| (id.clone(), place)));
        }
        covers
    }

    /// Rule 10 and 11: looks, and publishes what was stored before. Whether it was clean.
    ///
    /// # Errors
    /// When there is no answer: then it is not clean.
    pub async fn look(&mut self) -> Result<bool, ReadError> {
        let covers = self.covers();
        self.look_for(covers).await
    }

    /// The same for what was known to be stored at an earlier moment.
    ///
    /// # Errors
    /// When there is no answer: then it is not clean.
    pub async fn look_for(&mut self, covers: Covers) -> Result<bool, ReadError> {
        if self.rules.look_before_ack && self.rows.look(self.of).await? == Look::Fenced {
            self.fenced = true;
        }
        if self.fenced {
            return Ok(false);
        }
        for (id, upto) in covers.publish {
            self.journal_mut(&id).window.publish(upto);
        }
        for (id, place) in covers.settled {
            self.replaced(&id, place).await;
        }
        Ok(true)
    }

    /// Everything from deciding to showing, as a live owner does it.
    ///
    /// # Errors
    /// When a look gives no answer.
    pub async fn say(&mut self, id: &JournalId, bodies: &[&[u8]]) -> Result<bool, ReadError> {
        self.append(id, bodies);
        self.store(id).await;
        self.look().await
    }

    /// Rule 19: a checkpoint of what is published; the write.
    #[must_use]
    pub fn checkpoint(&self, id: &JournalId) -> Mutation {
        let journal = self.journal(id);
        let published = journal.window.published();
        let seq = if self.rules.checkpoint_of_published { published } else { journal.window.last() };
        let mut chain = journal.chain.clone();
        chain.retain(|(_, last)| *last < seq);
        if let Some((epoch, _)) = journal.chain.iter().find(|(_, last)| *last >= seq) {
            chain.push((*epoch, seq));
        }
        Checkpoint { seq, writer: self.epoch, chain, ids: Vec::new(), state: seq.0.to_be_bytes().to_vec() }
            .put(id)
    }

    /// The seq of the checkpoint that a journal was opened from.
    #[must_use]
    pub fn opened_from(&self, id: &JournalId) -> Option<Seq> {
        self.journal(id).read.checkpoint.as_ref().map(|point| point.seq)
    }

    /// How many rows above the checkpoint were read.
    #[must_use]
    pub fn rows_read(&self, id: &JournalId) -> usize {
        self.journal(id).read.rows.len()
    }
}
