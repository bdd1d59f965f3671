//! Rules 6 to 8: the cut, the repeated rows, what waits for both, and decisions that are whole or not at all.

use super::super::config::{Break, Journal, Kind, Order};
use super::super::properties::{DECIDED, KEPT, ONCE};
use super::{kinds, loses, notices};
use crate::search::large;

#[test]
fn the_protocol_as_it_was_written_first() {
    let broken = [Break::FenceLastOnly, Break::LazyCut];
    for (name, model) in [("3x2", Journal::of(3, 2)), ("4x1", Journal::of(4, 1))] {
        let model = model.with(|m| (m.repair, m.rewrite) = (true, false));
        loses(&format!("as written first, {name}"), model, &broken);
    }
}

#[test]
fn no_cuts() {
    notices("no cut", Journal::of(3, 2), &[Break::NoCut], &[ONCE, KEPT]);
}

#[test]
fn a_cut_that_comes_with_the_first_own_event() {
    if large() {
        loses("lazy cut, rewriting", Journal::of(4, 1), &[Break::LazyCut]);
        let repair = Journal::of(4, 1).with(|m| (m.repair, m.rewrite) = (true, false));
        loses("lazy cut, read repair", repair, &[Break::LazyCut]);
    }
}

#[test]
fn publishing_does_not_wait_for_the_cut() {
    loses("heads part not awaited", Journal::of(3, 2), &[Break::HeadsNotAwaited]);
    let other = Journal::of(3, 2).with(|m| m.order = Order::JournalFirst);
    loses("heads part not awaited, segments first", other, &[Break::HeadsNotAwaited]);
}

#[test]
fn publishing_does_not_wait_for_the_repeated_rows() {
    loses("journal part not awaited", Journal::of(3, 1), &[Break::JournalNotAwaited]);
    let other = Journal::of(3, 1).with(|m| m.order = Order::JournalFirst);
    loses("journal part not awaited, segments first", other, &[Break::JournalNotAwaited]);
}

#[test]
fn neither_rewriting_nor_read_repair() {
    loses("neither rewriting nor read repair", Journal::of(3, 1).with(|m| m.rewrite = false), &[]);
}

#[test]
fn a_torn_decision_is_adopted() {
    notices("torn decision adopted", kinds(2, &[Kind::Double]), &[Break::TornAdopted], &[DECIDED]);
}

#[test]
fn half_a_decision_is_published() {
    notices("half a decision published", kinds(2, &[Kind::Double]), &[Break::HalfPublished], &[DECIDED]);
    notices(
        "half a decision published and lost",
        kinds(2, &[Kind::Double]),
        &[Break::HalfPublished],
        &[KEPT],
    );
}

#[test]
fn a_torn_tail_is_dropped_though_it_was_published() {
    let model = kinds(2, &[Kind::Single, Kind::Double]);
    let broken = [Break::HalfPublished, Break::TornDroppedAnywhere];
    notices("torn tail dropped below the watermark", model, &broken, &[KEPT]);
}
