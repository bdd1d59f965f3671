//! Rules 8, 9 and 11: what is in flight above the published seq, and up to where an owner may publish. Lives outside the
//! machine, so that a machine that panics loses none of it (trace F7). Never stores, looks or answers by itself.

use std::collections::VecDeque;

use crate::words::Seq;

/// At most this many events may be above the published seq before a new input is taken.
pub const EVENTS: usize = 32;

/// At most this many bytes may be above the published seq before a new input is taken.
pub const BYTES: usize = 256 * 1024;

/// The in-flight part of one journal in one epoch.
#[derive(Clone, Debug, Default)]
pub struct Window {
    published: Seq,
    waiting: VecDeque<Slot>,
    bytes: usize,
    take: Part,
    listed: Part,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    bytes: usize,
    stored: bool,
    /// The last event of its decision.
    ends: bool,
}

/// How a part that every publication waits for stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// Not sent.
    #[default]
    Missing,
    /// Sent, outcome not known.
    Sent,
    /// Stored.
    Stored,
}

impl Window {
    /// The window of a journal whose prefix ends at `last` and is known to be final up to `watermark`.
    /// `taken`: this epoch's cut is there already, from an earlier life in the same epoch, and with it all that is adopted.
    #[must_use]
    pub fn open(watermark: Seq, last: Seq, taken: bool) -> Self {
        if taken {
            return Self { published: last, take: Part::Stored, ..Self::default() };
        }
        let slots = usize::try_from(last.0 - watermark.0).unwrap_or(usize::MAX);
        let adopted = std::iter::repeat_n(Slot { bytes: 0, stored: false, ends: true }, slots).collect();
        Self { published: watermark, waiting: adopted, ..Self::default() }
    }

    /// Everything at or below is published.
    #[must_use]
    pub fn published(&self) -> Seq {
        self.published
    }

    /// The last seq, published or not.
    #[must_use]
    pub fn last(&self) -> Seq {
        Seq(self.published.0 + self.waiting.len() as u64)
    }

    /// Whether a new input may be taken. Checked before an input, never inside it.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.waiting.len() < EVENTS && self.bytes < BYTES
    }

    /// Nothing unknown, all published: the journal may be unloaded.
    #[must_use]
    pub fn is_still(&self) -> bool {
        self.waiting.is_empty() && self.take != Part::Sent && self.listed != Part::Sent
    }

    /// How the take stands.
    #[must_use]
    pub fn take(&self) -> Part {
        self.take
    }

    /// How the active row of this epoch stands.
    #[must_use]
    pub fn listed(&self) -> Part {
        self.listed
    }

    /// The take was sent, with every adopted row above the watermark.
    pub fn take_sent(&mut self) {
        self.take = Part::Sent;
    }

    /// Both parts of the take are stored, and with them the adopted rows.
    pub fn take_stored(&mut self, adopted_last: Seq) {
        self.take = Part::Stored;
        self.stored(self.published.next(), adopted_last);
    }

    /// The active row of this epoch was sent.
    pub fn list_sent(&mut self) {
        self.listed = Part::Sent;
    }

    /// The active row of this epoch is stored.
    pub fn list_stored(&mut self) {
        self.listed = Part::Stored;
    }

    /// The active row is about to be deleted: waking needs it again.
    pub fn unlisted(&mut self) {
        self.listed = Part::Missing;
    }

    /// An own event was sent; `ends` when it is the last of its decision.
    pub fn push(&mut self, bytes: usize, ends: bool) -> Seq {
        self.bytes += bytes;
        self.waiting.push_back(Slot { bytes, stored: false, ends });
        self.last()
    }

    /// The rows from `first` to `last` are stored.
    pub fn stored(&mut self, first: Seq, last: Seq) {
        for seq in first.0..=last.0 {
            let place = seq.checked_sub(self.published.0 + 1).and_then(|n| usize::try_from(n).ok());
            if let Some(slot) = place.and_then(|n| self.waiting.get_mut(n)) {
                slot.stored = true;
            }
        }
    }

    /// Up to where a clean look that begins *now* would allow to publish; `None` when there is nothing for it to allow.
    #[must_use]
    pub fn publishable(&self) -> Option<Seq> {
        publishable(
            self.take,
            self.listed,
            self.published,
            self.waiting.iter().map(|slot| (slot.stored, slot.ends)),
        )
    }

    /// A look that began when `upto` was publishable was clean.
    pub fn publish(&mut self, upto: Seq) {
        while self.published < upto {
            let Some(slot) = self.waiting.pop_front() else { return };
            self.bytes -= slot.bytes;
            self.published = self.published.next();
        }
    }
}

/// Rule 11 as a function: both parts of the take and the active row are stored, and every event up to the answer is, which ends
/// a decision. For each event: whether it is stored, and whether it ends its decision.
#[must_use]
pub fn publishable(
    take: Part,
    listed: Part,
    published: Seq,
    events: impl Iterator<Item = (bool, bool)>,
) -> Option<Seq> {
    if take != Part::Stored || listed != Part::Stored {
        return None;
    }
    let ready = events.take_while(|(stored, _)| *stored).zip(1..);
    ready.filter(|((_, ends), _)| *ends).last().map(|(_, count)| Seq(published.0 + count))
}
