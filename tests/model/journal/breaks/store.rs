//! Fences, looks and the order of reads.

use super::super::config::{Break, Journal};
use super::loses;

#[test]
fn no_fence() {
    loses("no fence", Journal::of(2, 1), &[Break::NoFence]);
}

#[test]
fn no_look() {
    loses("no look", Journal::of(2, 1), &[Break::NoLook]);
}

#[test]
fn look_before_the_store_has_ended() {
    loses("look before the store has ended", Journal::of(2, 1), &[Break::EarlyLook]);
}

#[test]
fn only_the_last_owner_is_fenced() {
    loses("only the last owner is fenced", Journal::of(3, 1), &[Break::FenceLastOnly]);
}
