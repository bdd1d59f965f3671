//! What differs between two configurations, in words for people. Never shows a secret: that it changed is all that is said.

use std::collections::BTreeSet;
use std::fmt;

use super::Center;
use super::entries::{Entry, KINDS, Written, entries};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What, such as `queue.shop` or `queue.shop.limit`.
    pub path: String,
    /// How.
    pub how: Difference,
}

/// How something differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Only in the new one.
    Added,
    /// Only in the old one.
    Removed,
    /// From one value to another, as they are written in the file; `None` is not there.
    Changed {
        /// In the old one.
        from: Option<String>,
        /// In the new one.
        to: Option<String>,
    },
    /// A hash or secret is another one now.
    SecretChanged,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.how {
            Difference::Added => write!(f, "+ {path}"),
            Difference::Removed => write!(f, "- {path}"),
            Difference::SecretChanged => write!(f, "~ {path}: changed (not shown)"),
            Difference::Changed { from, to } => {
                let show = |value: &Option<String>| value.clone().unwrap_or_else(|| "(nothing)".into());
                write!(f, "~ {path}: {} -> {}", show(from), show(to))
            }
        }
    }
}

/// What has to happen to `old` to become `new`, by kind and name; empty when they are the same, their versions apart.
#[must_use]
pub fn diff(old: &Center, new: &Center) -> Vec<Change> {
    let (old, new) = (entries(old), entries(new));
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let mut changes = Vec::new();
    for key in keys {
        let path = format!("{}.{}", KINDS[key.0], key.1);
        match (old.get(key), new.get(key)) {
            (Some(old), Some(new)) => changes.extend(within(&path, old, new)),
            (None, Some(_)) => changes.push(Change { path, how: Difference::Added }),
            (Some(_), None) | (None, None) => changes.push(Change { path, how: Difference::Removed }),
        }
    }
    changes
}

fn within(path: &str, old: &Entry, new: &Entry) -> Vec<Change> {
    let mut keys: Vec<&'static str> = old.iter().map(|(key, _)| *key).collect();
    keys.extend(new.iter().map(|(key, _)| *key).filter(|key| !old.iter().any(|(known, _)| known == key)));
    let change = |key: &'static str| {
        let (from, to) = (find(old, key), find(new, key));
        (from != to).then(|| Change { path: format!("{path}.{key}"), how: how(from, to) })
    };
    keys.into_iter().filter_map(change).collect()
}

fn find<'a>(entry: &'a Entry, key: &str) -> Option<&'a Written> {
    entry.iter().find(|(known, _)| *known == key).map(|(_, value)| value)
}

fn how(from: Option<&Written>, to: Option<&Written>) -> Difference {
    if from.or(to).is_some_and(|value| value.secret) {
        return Difference::SecretChanged;
    }
    Difference::Changed { from: from.map(|value| value.toml.clone()), to: to.map(|value| value.toml.clone()) }
}
