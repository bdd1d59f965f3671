//! Rule 9: no message twice, whatever its sender repeats and however little an owner remembers.

use super::super::config::{Break, Journal};
use super::super::properties::{ONCE, SAME};
use super::notices;

fn short(owners: u8, messages: usize) -> Journal {
    Journal::of(owners, messages).with(|m| (m.ids, m.window) = (Some(1), Some(1)))
}

#[test]
fn only_own_events_are_searched() {
    notices("no look-up in the adopted prefix", Journal::of(3, 2), &[Break::NoLookUp], &[ONCE]);
}

#[test]
fn what_is_not_in_the_window_counts_as_new() {
    notices("no paging for old ids", short(2, 2), &[Break::NoPaging], &[ONCE]);
}

#[test]
fn a_repeat_carries_a_new_after() {
    notices("after renewed at a repeat", short(2, 2), &[Break::AfterRenewed], &[ONCE]);
}

#[test]
fn an_owner_that_knows_less_accepts() {
    notices("stale owner accepts, after dishonest", short(2, 2), &[Break::StaleAccepts], &[ONCE]);
}

#[test]
fn rows_off_the_chain_are_found() {
    notices("paging off the chain", short(2, 3), &[Break::PagingOffChain], &[SAME]);
}
