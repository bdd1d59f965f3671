//! The rules hold: every variant of the protocol, searched to its end. A debug build searches the smaller bounds only.

use super::config::{Journal, Kind, Order};
use crate::search::{holds, huge, large};

fn check(name: &str, model: Journal) {
    holds(&format!("journal {name}"), model);
}

/// Bounds that a debug build leaves out.
fn check_large(name: &str, model: Journal) {
    if large() {
        check(name, model);
    } else {
        eprintln!("model journal {name}: left out of a debug build");
    }
}

/// Bounds that only a long run searches.
fn check_huge(name: &str, model: Journal) {
    if huge() {
        check(name, model);
    } else {
        eprintln!("model journal {name}: left to HOLDFAST_MODEL=huge");
    }
}

#[test]
fn rules_hold() {
    check("2x2", Journal::of(2, 2));
    check("3x1", Journal::of(3, 1));
    check("2x3", Journal::of(2, 3));
    check_large("3x2", Journal::of(3, 2));
    check_large("4x1", Journal::of(4, 1));
    check_huge("3x3", Journal::of(3, 3));
    check_large("2x4", Journal::of(2, 4));
}

#[test]
fn segments_are_read_before_heads() {
    let with = |m: Journal| m.with(|m| m.order = Order::JournalFirst);
    check("2x2, segments first", with(Journal::of(2, 2)));
    check("3x1, segments first", with(Journal::of(3, 1)));
    check_large("3x2, segments first", with(Journal::of(3, 2)));
    check_large("4x1, segments first", with(Journal::of(4, 1)));
}

#[test]
fn reads_repair() {
    let with = |m: Journal| m.with(|m| m.repair = true);
    check("2x2, read repair", with(Journal::of(2, 2)));
    check("2x3, read repair", with(Journal::of(2, 3)));
    check_large("3x2, read repair", with(Journal::of(3, 2)));
    check_large("4x1, read repair", with(Journal::of(4, 1)));
}

#[test]
fn hand_overs() {
    let with = |m: Journal| m.with(|m| m.handover = true);
    check("2x2, hand-overs", with(Journal::of(2, 2)));
    check("3x1, hand-overs", with(Journal::of(3, 1)));
    check_large("3x2, hand-overs", with(Journal::of(3, 2)));
    check_large("4x1, hand-overs", with(Journal::of(4, 1)));
}

#[test]
fn a_node_comes_back() {
    let with = |m: Journal| m.with(|m| m.same_node = Some((0, m.owners - 1)));
    check("3x1, re-incarnation", with(Journal::of(3, 1)));
    check_large("3x2, re-incarnation", with(Journal::of(3, 2)));
}

#[test]
fn sessions_are_loaded_again() {
    let with = |m: Journal| m.with(|m| m.reload = true);
    check("2x2, loaded again", with(Journal::of(2, 2)));
    check_large("3x1, loaded again", with(Journal::of(3, 1)));
    check_large("2x3, loaded again", with(Journal::of(2, 3)));
}

#[test]
fn machines_fail() {
    let with = |m: Journal| m.with(|m| m.quarantine = true);
    check("2x2, quarantine", with(Journal::of(2, 2)));
    check_large("3x2, quarantine", with(Journal::of(3, 2)));
}

#[test]
fn readers_of_the_store() {
    // The rows first: a row's `final` speaks of cuts that are on a quorum by then.
    let with = |m: Journal| m.with(|m| (m.reader, m.order) = (true, Order::JournalFirst));
    check("2 owners and a reader x2", with(Journal::of(3, 2)));
    check("2 owners and a reader x2, read repair", with(Journal::of(3, 2)).with(|m| m.repair = true));
}

#[test]
fn decisions_of_two() {
    let of = |owners, kinds: &[Kind]| Journal::of(owners, 0).with(|m| m.kinds = kinds.to_vec());
    let two = [Kind::Single, Kind::Double];
    check("2 owners, an event and a decision of two", of(2, &two));
    check("2 owners, two decisions of two", of(2, &[Kind::Double; 2]));
    check("3 owners, a decision of two", of(3, &two[1..]));
    check_huge("3 owners, an event and a decision of two", of(3, &two));
    check_large(
        "2 owners, two events and a decision of two",
        of(2, &[Kind::Single, Kind::Single, Kind::Double]),
    );
}

#[test]
fn windows() {
    let with = |m: Journal, size| m.with(|m| m.window = Some(size));
    check("2x3, window of 1", with(Journal::of(2, 3), 1));
    check("2x3, window of 2", with(Journal::of(2, 3), 2));
    check_large("3x2, window of 1", with(Journal::of(3, 2), 1));
    check_large("2x4, window of 1", with(Journal::of(2, 4), 1));
    check_large("2x4, window of 2", with(Journal::of(2, 4), 2));
}

#[test]
fn old_message_ids() {
    let with = |m: Journal| m.with(|m| (m.ids, m.window) = (Some(1), Some(1)));
    check("2x2, ids of 1 event", with(Journal::of(2, 2)));
    check("2x3, ids of 1 event", with(Journal::of(2, 3)));
    check_large("3x2, ids of 1 event", with(Journal::of(3, 2)));
}

#[test]
fn checkpoints() {
    let with = |m: Journal| m.with(|m| m.points = true);
    check("2x2, checkpoints", with(Journal::of(2, 2)));
    check_large("3x1, checkpoints", with(Journal::of(3, 1)));
    check_large("2x3, checkpoints", with(Journal::of(2, 3)));
    check_large("3x2, checkpoints", with(Journal::of(3, 2)));
}

#[test]
fn lives() {
    check("2x1 and a close", Journal::of(2, 1).living());
    check("2x2 and a close", Journal::of(2, 2).living());
    check("2x1 and a close, purges", Journal::of(2, 1).living().with(|m| m.purge = true));
    check_large("3x1 and a close", Journal::of(3, 1).living());
    check_large("2x2 and a close, read repair", Journal::of(2, 2).living().with(|m| m.repair = true));
}

#[test]
fn generations() {
    let with = |generations: &[u8], messages| {
        Journal::of(generations.len() as u8, messages).with(|m| m.generations = generations.to_vec())
    };
    check("generations 0 1 2, 1 message", with(&[0, 1, 2], 1));
    check("generations 0 0 1, 1 message", with(&[0, 0, 1], 1));
    check_large("generations 0 1 2, 2 messages", with(&[0, 1, 2], 2));
    check_large("generations 0 1 1 2, 1 message", with(&[0, 1, 1, 2], 1));
    check_large("generations 0 1 2 3, 1 message", with(&[0, 1, 2, 3], 1));
}

#[test]
fn everything_together() {
    let with = |m: Journal| m.living().with(|m| (m.handover, m.points, m.purge) = (true, true, true));
    check("2x1 and a close, everything", with(Journal::of(2, 1)));
    check_large("2x2 and a close, everything", with(Journal::of(2, 2)));
    check_huge("3x1 and a close, everything", with(Journal::of(3, 1)));
}
