//! Names that point from one part of the configuration to another: collected while the files are read, checked when all are.

use super::Center;
use super::fields::Place;
use super::problem::{Problem, hint};

/// What a name points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Unit,
    Queue,
    Hours,
}

/// A name and where it is written.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) place: Place,
}

/// A problem for every name that points nowhere.
pub(super) fn check(center: &Center, references: &[Reference]) -> Vec<Problem> {
    references.iter().filter_map(|reference| missing(center, reference)).collect()
}

fn missing(center: &Center, reference: &Reference) -> Option<Problem> {
    let Reference { kind, name, place } = reference;
    let (known, word): (Vec<&str>, _) = match kind {
        Kind::Unit => (center.units.keys().map(String::as_str).collect(), "unit"),
        Kind::Queue => (center.queues.keys().map(String::as_str).collect(), "queue"),
        Kind::Hours => (center.hours.keys().map(String::as_str).collect(), "hours"),
    };
    if known.contains(&name.as_str()) {
        return None;
    }
    let hint = hint(name, known.iter().copied());
    let listed: Vec<_> = known.iter().copied().take(10).collect();
    let more = if known.len() > listed.len() { ", …" } else { "" };
    let there = if listed.is_empty() {
        format!("none are defined; add a [{word}.{name}] table")
    } else {
        format!("defined: {}{more}", listed.join(", "))
    };
    Some(place.problem(format!("there is no {word} `{name}`{hint} ({there})")))
}
