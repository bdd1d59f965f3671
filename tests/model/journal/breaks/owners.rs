//! Rules 1, 3, 9 and 13: who owns, for how long, and how much it may have in flight.

use super::super::config::{Break, Journal};
use super::super::properties::BOUNDED;
use super::{loses, notices};

#[test]
fn a_released_owner_finishes() {
    let model = Journal::of(2, 1).with(|m| m.handover = true);
    loses("release, then finish and ack", model, &[Break::ReleaseThenFinish]);
}

#[test]
fn a_shard_is_moved_from_a_live_owner() {
    let model = Journal::of(2, 1).with(|m| m.handover = true);
    loses("moved from a live owner", model, &[Break::MovedLive]);
}

#[test]
fn a_worker_restarts_in_its_epoch() {
    loses("worker restarted within its epoch", Journal::of(2, 2), &[Break::RestartInEpoch]);
}

#[test]
fn adopted_rows_do_not_count_in_the_window() {
    let model = Journal::of(3, 2).with(|m| m.window = Some(1));
    notices("adopted rows not counted in the window", model, &[Break::AdoptedNotCounted], &[BOUNDED]);
}
