//! A list over so many deleted rows that Cassandra refuses to read it whole: it is read in halves.

use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use futures_util::future::join_all;
use holdfast::runtime::Real;
use holdfast::store::rows::cassandra::{Cassandra, unchecked};
use holdfast::store::rows::contract::{delete_at, put, whole};
use holdfast::store::rows::{Batch, Class, Mutation, Rows, Slice, Table};

use crate::{contact_points, keyspace};

/// Deleted rows; the server refuses a read at 100,000 by default.
const DELETED: u32 = 120_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tombstones() {
    let Some(points) = contact_points() else { return };
    let options = keyspace::prepared(points).await;
    let runtime = Real::start();
    let partition = Bytes::from(format!("tombstones/{:032x}", runtime.random()));
    let store = Cassandra::open(runtime, options, unchecked());
    store.reachable().await;

    let write = |mutations: Vec<Mutation>| store.write(Batch { mutations, class: Class::Upkeep });
    // Keys as the list has them: a letter, a time of this day in milliseconds, and chance.
    let key = |i: u32| {
        let time = 1_790_000_000_000 + u64::from(i) * 700;
        let chance = u64::from(i).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        [b"s".as_slice(), &time.to_be_bytes()[2..], &chance.to_be_bytes()].concat()
    };
    let kept = [10, 60_000, 119_990];
    let puts = kept.map(|i| put(Table::ActiveSessions, &partition, &key(i), b"open"));
    assert_eq!(write(puts.to_vec()).await, Ok(()));
    for chunk in (0..DELETED).collect::<Vec<_>>().chunks(20_000) {
        let gone = chunk.chunks(500).map(|few| {
            let few = few.iter().filter(|i| !kept.contains(i));
            write(few.map(|i| delete_at(Table::ActiveSessions, &partition, &key(*i), 9)).collect())
        });
        assert!(join_all(gone).await.iter().all(Result::is_ok), "the deletes are stored");
    }

    for reverse in [false, true] {
        let page = store.read(Slice { reverse, ..whole(Table::ActiveSessions, &partition) }).await;
        let page = page.expect("the list is read all the same");
        let mut keys: Vec<Bytes> = kept.map(|i| key(i).into()).to_vec();
        if reverse {
            keys.reverse();
        }
        let found: Vec<Bytes> = page.rows.into_iter().map(|row| row.clustering).collect();
        assert_eq!((found, page.more), (keys, false), "what is left of it, in order, reverse {reverse}");
    }
    assert!(store.stats().halved.load(Relaxed) > 0, "the server did refuse");
}
