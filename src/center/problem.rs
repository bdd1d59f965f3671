//! What is wrong with a configuration file, said so that it can be mended without reading the manual. Never repeats a value
//! that may be a secret.

use std::fmt;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, as the caller named it.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The full key, such as `service.shop.timers.leave_after`; empty for a file that is not TOML.
    pub key: String,
    /// What is wrong and what is allowed.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

/// The candidate that was probably meant, if any is close.
pub(super) fn nearest<'a>(word: &str, allowed: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = allowed.map(|candidate| (distance(word, candidate), candidate));
    let (distance, candidate) = near.min()?;
    (distance <= 1 + word.chars().count() / 3).then_some(candidate)
}

/// `; did you mean x?`, or nothing.
pub(super) fn hint<'a>(word: &str, allowed: impl Iterator<Item = &'a str>) -> String {
    // A very long word is no misspelling, and comparing it would cost.
    let word = if word.len() > 64 { "" } else { word };
    nearest(word, allowed).map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"))
}

/// How many letters are to be added, removed or changed.
fn distance(one: &str, two: &str) -> usize {
    let two: Vec<char> = two.chars().collect();
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for column in 1..row.len() {
            let change = diagonal + usize::from(two[column - 1] != letter);
            diagonal = row[column];
            row[column] = change.min(diagonal + 1).min(row[column - 1] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}
