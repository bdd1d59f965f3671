//! What a check finds: counts that are exact, and a few findings of each kind to look at. Never holds chat text.

use std::fmt;

use crate::limits::CHECK_FINDINGS_SHOWN_MAX;

/// What kind of broken promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Acknowledged and gone.
    Lost,
    /// There more than once.
    Duplicated,
    /// In another order.
    Reordered,
    /// Not what was sent.
    Changed,
    /// Shown and not in the transcript.
    Ghost,
    /// Never answered.
    Unknown,
    /// Acknowledged and never shown live to the other side.
    Undelivered,
}

const KINDS: [(Kind, &str); 7] = [
    (Kind::Lost, "lost"),
    (Kind::Duplicated, "duplicated"),
    (Kind::Reordered, "reordered"),
    (Kind::Changed, "changed"),
    (Kind::Ghost, "ghost"),
    (Kind::Unknown, "unknown"),
    (Kind::Undelivered, "undelivered"),
];

/// One finding: its kind and one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The kind.
    pub kind: Kind,
    /// Which message or event, and what is wrong with it.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", KINDS[self.kind as usize].1, self.what)
    }
}

/// The findings of a check.
#[derive(Debug, Default)]
pub struct Findings {
    counts: [u64; KINDS.len()],
    shown: Vec<Finding>,
}

impl Findings {
    /// Adds one; the sentence is made only if it will be shown.
    pub fn add(&mut self, kind: Kind, what: impl FnOnce() -> String) {
        let count = &mut self.counts[kind as usize];
        *count += 1;
        if *count <= CHECK_FINDINGS_SHOWN_MAX as u64 {
            self.shown.push(Finding { kind, what: what() });
        }
    }

    /// How many of a kind.
    #[must_use]
    pub const fn count(&self, kind: Kind) -> u64 {
        self.counts[kind as usize]
    }

    /// Those to show, by kind, with a line for how many more there are.
    #[must_use]
    pub fn into_shown(mut self) -> Vec<Finding> {
        for (kind, _) in KINDS {
            let more = self.counts[kind as usize].saturating_sub(CHECK_FINDINGS_SHOWN_MAX as u64);
            if more > 0 {
                self.shown.push(Finding { kind, what: format!("and {more} more") });
            }
        }
        self.shown.sort_by_key(|finding| finding.kind);
        self.shown
    }
}
