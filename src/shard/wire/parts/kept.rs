//! Refusals say which field is wrong and what is wanted in texts of the program, which live as long as it does. From
//! another node they come as bytes: each different text is kept once, for good, up to a bound. A release has some dozens,
//! and only nodes that know the cluster's secret send any.

use std::collections::BTreeSet;

use parking_lot::Mutex;

/// Different texts that are kept.
pub const KEPT_TEXTS: usize = 1_024;
/// Bytes of a text that is kept.
pub const KEPT_BYTES: usize = 256;

static PROGRAM: Kept = Kept::new();

/// The text for good; `otherwise` when it is too long or too many others are kept.
pub fn keep(text: &str, otherwise: &'static str) -> &'static str {
    PROGRAM.keep(text).unwrap_or(otherwise)
}

/// Texts that live as long as the program.
#[derive(Debug)]
pub struct Kept {
    texts: Mutex<BTreeSet<&'static str>>,
}

impl Kept {
    /// None yet.
    pub const fn new() -> Self {
        Self { texts: Mutex::new(BTreeSet::new()) }
    }

    /// The text for good; `None` past a bound.
    pub fn keep(&self, text: &str) -> Option<&'static str> {
        let mut texts = self.texts.lock();
        if let Some(known) = texts.get(text) {
            return Some(known);
        }
        if text.len() > KEPT_BYTES || texts.len() >= KEPT_TEXTS {
            return None;
        }
        let kept: &'static str = Box::leak(text.into());
        texts.insert(kept);
        Some(kept)
    }
}
