//! Rules 4, 5, 10 and 11: fences, looks, the order of reads, and what the store is assumed to keep.

use super::super::config::{Break, Journal, Order};
use super::super::properties::SHOWN;
use super::{loses, notices};

#[test]
fn nobody_is_fenced() {
    loses("no fence", Journal::of(2, 1), &[Break::NoFence]);
}

#[test]
fn published_without_a_look() {
    loses("no look", Journal::of(2, 1), &[Break::NoLook]);
}

#[test]
fn a_look_that_begins_before_the_store_has_ended() {
    loses("look before the store has ended", Journal::of(2, 1), &[Break::EarlyLook]);
}

#[test]
fn only_the_last_owner_is_fenced() {
    loses("last owner fenced only", Journal::of(3, 1), &[Break::FenceLastOnly]);
}

#[test]
fn only_the_last_owner_is_fenced_and_it_had_not_recovered() {
    let model = Journal::of(3, 1).with(|m| m.handover = true);
    loses("last owner fenced only, hand-over of an unrecovered shard", model, &[Break::FenceLastOnly]);
}

#[test]
fn segments_are_read_before_the_fences_are_stored() {
    let model = Journal::of(2, 1).with(|m| m.order = Order::JournalFirst);
    loses("journal read before the fences", model, &[Break::EarlyRead]);
}

#[test]
fn heads_are_read_before_the_fences_are_stored() {
    loses("heads read before the fences", Journal::of(2, 1), &[Break::EarlyRead]);
}

#[test]
fn fences_vanish() {
    loses("fences vanish", Journal::of(2, 1), &[Break::FencesVanish]);
}

#[test]
fn a_replica_forgets() {
    loses("a replica forgets", Journal::of(2, 1), &[Break::ReplicaForgets]);
}

#[test]
fn what_was_adopted_is_shown_without_a_look() {
    loses("adopted prefix without look, rewriting", Journal::of(3, 2), &[Break::AdoptedNotLookedFor]);
    let repair = Journal::of(3, 2).with(|m| (m.repair, m.rewrite) = (true, false));
    loses("adopted prefix without look, read repair", repair, &[Break::AdoptedNotLookedFor]);
}

#[test]
fn a_reader_shows_all_that_the_store_holds() {
    for repair in [false, true] {
        let order = Order::JournalFirst;
        let model = Journal::of(3, 2).with(|m| (m.reader, m.repair, m.order) = (true, repair, order));
        let name = if repair { "a reader shows the store, read repair" } else { "a reader shows the store" };
        notices(name, model, &[Break::ReaderShowsAll], &[SHOWN]);
    }
}

#[test]
fn a_reader_of_the_store_reads_the_heads_first() {
    let model = Journal::of(3, 2).with(|m| m.reader = true);
    notices("a reader of the store reads the heads first", model, &[], &[SHOWN]);
}

#[test]
fn an_old_incarnation_publishes_by_the_looks_of_the_new_one() {
    let model = Journal::of(3, 1).with(|m| m.same_node = Some((0, 2)));
    loses("looks of another incarnation", model, &[Break::OldIncarnation]);
}
