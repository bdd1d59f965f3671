//! The rules hold: every variant of the protocol, searched to its end. Small bounds in a debug build.

use super::config::{Journal, Kind, Order};
use crate::search::{holds, large};

fn check(name: &str, model: Journal) {
    holds(&format!("journal {name}"), model);
}

#[test]
fn two_owners_two_messages() {
    check("2x2", Journal::of(2, 2));
}

#[test]
fn three_owners_one_message() {
    check("3x1", Journal::of(3, 1));
}

#[test]
fn two_owners_two_messages_journal_first() {
    check("2x2 journal first", Journal::of(2, 2).with(|m| m.order = Order::JournalFirst));
}

#[test]
fn three_owners_two_messages() {
    if large() {
        check("3x2", Journal::of(3, 2));
    }
}

#[test]
fn decisions() {
    check(
        "2 owners, a decision of two",
        Journal::of(2, 0).with(|m| m.kinds = vec![Kind::Single, Kind::Double]),
    );
}

#[test]
fn life() {
    check("2x1 life", Journal::of(2, 1).living());
}
