//! What is wrong with a configuration, where, and what would be right. Never prints a secret: it is given none.

use std::collections::BTreeMap;
use std::fmt;

use toml::de::{DeTable, DeValue};

use super::keys::Key;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line of a file.
    File {
        /// The file as it was named.
        file: String,
        /// Counted from 1.
        line: usize,
    },
    /// An environment variable.
    Variable(String),
    /// A flag on the command line.
    Flag,
    /// Nobody set it.
    Default,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line } => write!(f, "{file}:{line}"),
            Self::Variable(name) => write!(f, "environment {name}"),
            Self::Flag => f.write_str("command line"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub place: Place,
    /// Which key, dotted; empty when the text is no TOML at all.
    pub key: String,
    /// What is wrong with it.
    pub problem: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.problem)?;
        match Key::find(&self.key) {
            Some(key) => write!(f, " (allowed: {})", key.allowed),
            None => Ok(()),
        }
    }
}

/// Everything that is wrong, one line each.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Findings(pub Vec<Finding>);

/// The line of every key of one TOML text.
#[derive(Clone, Debug, Default)]
pub struct Lines(BTreeMap<String, usize>);

impl Lines {
    /// Reads a text; what does not parse comes back as (line, message).
    pub fn of(text: &str) -> Result<Self, Vec<(usize, String)>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        if errors.is_empty() {
            let mut lines = BTreeMap::new();
            walk(text, "", table.get_ref(), &mut lines);
            return Ok(Self(lines));
        }
        let at = |error: &toml::de::Error| error.span().map_or(1, |span| line(text, span.start));
        Err(errors.iter().map(|error| (at(error), error.message().to_owned())).collect())
    }

    /// The line of a key, or of the nearest table above it.
    #[must_use]
    pub fn line(&self, key: &str) -> usize {
        let mut key = key;
        loop {
            match (self.0.get(key), key.rsplit_once('.')) {
                (Some(line), _) => return *line,
                (None, Some((above, _))) => key = above,
                (None, None) => return 1,
            }
        }
    }

    /// Every key that is no table.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let table = |key: &str| {
            self.0
                .range(format!("{key}.")..)
                .next()
                .is_some_and(|(next, _)| next.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
        };
        self.0.keys().map(String::as_str).filter(move |key| !table(key))
    }
}

fn walk(text: &str, prefix: &str, table: &DeTable<'_>, lines: &mut BTreeMap<String, usize>) {
    for (key, value) in table {
        let path =
            if prefix.is_empty() { key.get_ref().to_string() } else { format!("{prefix}.{}", key.get_ref()) };
        lines.insert(path.clone(), line(text, key.span().start));
        if let DeValue::Table(inner) = value.get_ref() {
            walk(text, &path, inner, lines);
        }
    }
}

fn line(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}
