//! What travels when, and together with what.

use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::prelude::*;

use super::super::write::Item;
use super::super::write::group::{Key, split};
use super::super::write::lanes::{Bounds, Lanes, Parcel};
use crate::limits::CASSANDRA_BATCH_ROWS;
use crate::store::rows::Table;
use crate::store::rows::contract::put;

fn item(partition: u8, row: u32, rows: usize) -> Item {
    let partition = Bytes::from(vec![partition]);
    let puts = (0..rows).map(|i| {
        put(Table::Journal, &partition, &(row + u32::try_from(i).expect("few")).to_be_bytes(), b"v")
    });
    let group = split(puts.collect()).into_iter().next().expect("one group");
    Item { group, ticket: None }
}

fn key(parcel: &Parcel) -> Key {
    parcel.items[0].group.key.clone()
}

/// What waits in a lane travels together when a request comes home.
#[test]
fn waiting_rows_travel_together() {
    let mut lanes = Lanes::new(Bounds { of_lane: 1, of_all: 10 });
    let first = lanes.offer(item(1, 0, 1)).expect("the lane is free");
    for row in 1..=5 {
        assert!(lanes.offer(item(1, row, 1)).is_none(), "the lane is busy");
    }
    assert!(lanes.offer(item(2, 0, 1)).is_some(), "another lane is free");
    assert_eq!(lanes.waiting(), 5);
    let second = lanes.arrived(&key(&first)).expect("five wait");
    assert_eq!((second.items.len(), second.rows, lanes.waiting()), (5, 5, 0), "all in one request");
    assert!(lanes.arrived(&key(&second)).is_none(), "nothing waits");
}

/// A parcel holds no more rows than a request may.
#[test]
fn parcels_are_bounded() {
    let mut lanes = Lanes::new(Bounds { of_lane: 1, of_all: 10 });
    let first = lanes.offer(item(1, 0, 1)).expect("the lane is free");
    for row in 0..3 {
        assert!(lanes.offer(item(1, row * 1_000, CASSANDRA_BATCH_ROWS / 2)).is_none());
    }
    let second = lanes.arrived(&key(&first)).expect("three wait");
    assert_eq!((second.items.len(), second.rows), (2, CASSANDRA_BATCH_ROWS), "two fit");
    let third = lanes.arrived(&key(&second)).expect("one waits");
    assert_eq!(third.items.len(), 1);
}

/// With all places taken, lanes take their turns in the order in which they came.
#[test]
fn first_come_first_served() {
    let mut lanes = Lanes::new(Bounds { of_lane: 2, of_all: 1 });
    let first = lanes.offer(item(1, 0, 1)).expect("the place is free");
    for lane in [2, 3, 1, 2] {
        assert!(lanes.offer(item(lane, 9, 1)).is_none(), "the place is taken");
    }
    let second = lanes.arrived(&key(&first)).expect("four wait");
    assert_eq!(
        (key(&second).partition[0], second.items.len()),
        (2, 2),
        "the first that waited, with its company"
    );
    let third = lanes.arrived(&key(&second)).expect("two wait");
    assert_eq!(key(&third).partition[0], 3);
    let last = lanes.arrived(&key(&third)).expect("one waits");
    assert_eq!(key(&last).partition[0], 1);
    assert!(lanes.arrived(&key(&last)).is_none());
}

proptest! {
    /// Whatever comes and goes: bounds hold, every item travels once, and nothing is left behind.
    #[test]
    fn everything_arrives(
        steps in proptest::collection::vec((any::<bool>(), 0_u8..4), 1..200),
        of_lane in 1_usize..4, of_all in 1_usize..6,
    ) {
        let mut lanes = Lanes::new(Bounds { of_lane, of_all });
        let (mut away, mut sent, mut offered) = (Vec::new(), 0, 0);
        for (offer, lane) in steps {
            let go = if offer || away.is_empty() {
                offered += 1;
                lanes.offer(item(lane, offered, 1))
            } else {
                let home: Parcel = away.swap_remove(usize::from(lane) % away.len());
                lanes.arrived(&key(&home))
            };
            sent += go.iter().map(|parcel| parcel.items.len()).sum::<usize>();
            away.extend(go);
            let mut by_lane = BTreeMap::new();
            away.iter().for_each(|parcel| *by_lane.entry(key(parcel).partition).or_insert(0) += 1);
            prop_assert!(away.len() <= of_all && by_lane.values().all(|count| *count <= of_lane));
            prop_assert_eq!(sent + lanes.waiting(), offered as usize);
        }
        while let Some(home) = away.pop() {
            let next = lanes.arrived(&key(&home));
            sent += next.iter().map(|parcel| parcel.items.len()).sum::<usize>();
            away.extend(next);
        }
        prop_assert_eq!((sent, lanes.waiting(), lanes.is_idle()), (offered as usize, 0, true));
    }
}
