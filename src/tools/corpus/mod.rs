//! Conversations as a file, for `load` to play: JSON lines, one conversation each. Also turns the data set
//! `chitchat-dataset` into one. Never plays anything.
//!
//! ```json
//! {"id":"0001","turns":[{"side":"customer","at_ms":0,"text":"Hello"},{"side":"agent","at_ms":2100,"text":"Hi"}]}
//! ```

mod args;
mod chitchat;

#[cfg(test)]
mod corpus_tests;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

pub use args::CorpusArgs;
pub use chitchat::convert;

use super::history::Side;
use crate::limits::{CORPUS_CONVERSATIONS_MAX, HISTORY_LINE_BYTES_MAX};

/// One thing that somebody says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Who says it.
    pub side: Side,
    /// When, in milliseconds after the conversation began.
    pub at_ms: u64,
    /// What.
    pub text: String,
}

/// One conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// Its name in the corpus.
    pub id: String,
    /// What is said, in order.
    pub turns: Vec<Turn>,
}

impl Conversation {
    /// Whether each side says something.
    #[must_use]
    pub fn is_mutual(&self) -> bool {
        let says = |side| self.turns.iter().any(|turn| turn.side == side);
        says(Side::Customer) && says(Side::Agent)
    }
}

/// Reads the first conversations of a corpus, at most `most`.
///
/// # Errors
/// If the file cannot be read, a line is no conversation, or there is none.
pub fn read(path: &Path, most: usize) -> Result<Vec<Conversation>> {
    let file = std::fs::File::open(path).with_context(|| {
        format!("cannot open the corpus {}; `cargo xtask corpus` makes the standard one", path.display())
    })?;
    let mut conversations = Vec::new();
    for (number, line) in (1..).zip(BufReader::new(file).lines()) {
        if conversations.len() >= most.min(CORPUS_CONVERSATIONS_MAX) {
            break;
        }
        let line = line.with_context(|| format!("{} line {number}", path.display()))?;
        let parsed: Conversation = serde_json::from_str(&line)
            .with_context(|| format!("{} line {number} is no conversation", path.display()))?;
        conversations.push(parsed);
    }
    ensure!(!conversations.is_empty(), "the corpus {} has no conversation", path.display());
    Ok(conversations)
}

/// Writes a corpus.
///
/// # Errors
/// If the file cannot be written, or a conversation is longer than a line may be.
pub fn write(path: &Path, conversations: &[Conversation]) -> Result<()> {
    let file = std::fs::File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
    let mut out = std::io::BufWriter::new(file);
    for conversation in conversations {
        let line = serde_json::to_vec(conversation)?;
        ensure!(line.len() as u64 <= HISTORY_LINE_BYTES_MAX, "conversation {} is too long", conversation.id);
        out.write_all(&line)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}
