//! The list holds in its bounds, and fails with each of its rules broken.

use super::{Break, List};
use crate::search::{fails, holds, huge, large};

const FOUND: &[&str] = &["P6 found"];

fn list(owners: u8, writes: usize, places: bool) -> List {
    List { owners, writes, places, breaks: Vec::new() }
}

fn broken(name: &str, places: bool, rule: Break) {
    let size = if places { 4 } else { 5 };
    let model = List { breaks: vec![rule], ..list(3, size, places) };
    fails(&format!("list {name}"), model, FOUND);
}

#[test]
fn one_row_that_comes_and_goes() {
    holds("list 2 owners, 6 writes each", list(2, 6, false));
    holds("list 3 owners, 2 writes each", list(3, 2, false));
    if large() {
        holds("list 3 owners, 3 writes each", list(3, 3, false));
    }
    if huge() {
        holds("list 3 owners, 4 writes each", list(3, 4, false));
    }
}

#[test]
fn rows_at_places_behind_a_mark() {
    holds("list with places 2 owners, 4 writes each", list(2, 4, true));
    if large() {
        holds("list with places 3 owners, 2 writes each", list(3, 2, true));
    }
    if huge() {
        holds("list with places 3 owners, 3 writes each", list(3, 3, true));
    }
}

#[test]
fn an_owner_relies_on_the_row_of_the_owner_before() {
    broken("relying on the former row", false, Break::RelyOnFormer);
}

#[test]
fn an_ack_does_not_wait_for_the_row() {
    broken("ack before the row", false, Break::AckBeforeRow);
    broken("ack before the row, places", true, Break::AckBeforeRow);
}

#[test]
fn timestamps_by_clocks() {
    broken("clock timestamps", false, Break::ClockStamps);
}

#[test]
fn a_counter_per_session() {
    broken("counter restarts at unload", false, Break::CounterPerSession);
}

#[test]
fn the_last_delete_is_sent_early() {
    broken("last delete before the last event", false, Break::LastDeleteEarly);
    broken("last delete before the last event, places", true, Break::LastDeleteEarly);
}

#[test]
fn deletes_without_a_look() {
    broken("delete without a look", false, Break::DeleteWithoutLook);
    broken("delete without a look, places", true, Break::DeleteWithoutLook);
}

#[test]
fn marks_that_pass_living_rows() {
    broken("mark passes rows on their way", true, Break::MarkPassesOwn);
    broken("mark passes rows of others", true, Break::MarkPassesFound);
    broken("mark by an owner that has not read", true, Break::MarkUnread);
}
