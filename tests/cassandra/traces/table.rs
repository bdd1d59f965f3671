//! What the traces cover: each mutation of the model and each trace of the protocol's section 6 is replayed by a script, or is
//! named here with the reason. Needs no server and never plays anything.

use std::collections::BTreeSet;

use super::scripts;

/// The models, for the names of their mutations.
const MODELS: [&str; 2] =
    [include_str!("../../model/journal/config.rs"), include_str!("../../model/list/mod.rs")];

/// The traces of the protocol's section 6; those of several parts with a letter for each.
const TRACES: [&str; 25] = [
    "F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8a", "F8b", "F9a", "F9b", "F9c", "F9d", "F10a", "F10b",
    "F11", "F12a", "F12b", "F13a", "F13b", "F14", "F15a", "F15b", "F15c", "F15d",
];

/// What cannot be replayed on servers, or is not worth it, and why.
const ELSEWHERE: [(&str, &str); 2] = [
    (
        "F8a",
        "a voter that lost its disk is Raft's affair: the store sees nothing of it; the cluster crate's tests take disks away",
    ),
    (
        "F15d",
        "a second take in one epoch is F7 again: one key with two contents, which goes_on_without_memory replays",
    ),
];

/// The variants of a model's `Break`.
fn mutations() -> BTreeSet<&'static str> {
    let bodies = MODELS.map(|model| model.split("enum Break {").nth(1).expect("it has breaks"));
    let bodies = bodies.map(|body| body.split('}').next().expect("its end"));
    let lines = bodies.into_iter().flat_map(str::lines).map(str::trim);
    lines.filter(|line| !line.starts_with("//")).filter_map(|line| line.strip_suffix(',')).collect()
}

/// All that must be replayed.
fn wanted() -> BTreeSet<&'static str> {
    let mut wanted = mutations();
    wanted.extend(TRACES);
    wanted
}

#[test]
fn each_mutation_of_the_model_and_each_trace_of_the_protocol_is_replayed_or_says_why_not() {
    assert!(mutations().len() > 40, "the models are read: {:?}", mutations());
    let replayed = scripts::all().iter().flat_map(|trace| trace.replays).copied().collect::<BTreeSet<_>>();
    let elsewhere = ELSEWHERE.iter().map(|(name, _)| *name).collect::<BTreeSet<_>>();
    let covered = replayed.union(&elsewhere).copied().collect::<BTreeSet<_>>();
    let missing = wanted().difference(&covered).copied().collect::<Vec<_>>();
    assert!(
        missing.is_empty(),
        "no script of tests/cassandra/traces replays {missing:?}: write one, or say why not"
    );
    let unknown = covered.difference(&wanted()).copied().collect::<Vec<_>>();
    assert!(unknown.is_empty(), "{unknown:?} is no mutation and no trace: take it away, or correct its name");
    let both = replayed.intersection(&elsewhere).copied().collect::<Vec<_>>();
    assert!(both.is_empty(), "{both:?} is replayed after all: say no longer why not");
}
