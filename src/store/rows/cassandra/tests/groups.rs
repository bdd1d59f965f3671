//! How batches are cut.

use bytes::Bytes;

use super::super::write::group::{split, weigh};
use crate::limits::{CASSANDRA_BATCH_BYTES, CASSANDRA_BATCH_ROWS};
use crate::store::rows::contract::{delete_at, put};
use crate::store::rows::{Mutation, Table};

/// One group per table and partition, whatever the order, nothing lost.
#[test]
fn by_partition() {
    let (a, b) = (Bytes::from_static(b"a"), Bytes::from_static(b"b"));
    let mutations = vec![
        put(Table::Journal, &a, b"1", b"x"),
        put(Table::Heads, &a, b"1", b"x"),
        put(Table::Journal, &b, b"1", b"x"),
        delete_at(Table::Journal, &a, b"2", 7),
        Mutation::DeletePartition { table: Table::Heads, partition: a.clone() },
    ];
    let weight = weigh(&mutations);
    let groups = split(mutations);
    let seen: Vec<_> =
        groups.iter().map(|g| (g.key.table, g.key.partition.clone(), g.changes.len())).collect();
    assert_eq!(seen, [(Table::Journal, a.clone(), 2), (Table::Heads, a, 2), (Table::Journal, b, 1)]);
    assert_eq!(groups.iter().map(|g| g.bytes).sum::<usize>(), weight, "every byte is in a group");
    assert!(split(Vec::new()).is_empty(), "nothing, no group");
}

/// No group is larger than a request may be, except a row that is larger by itself.
#[test]
fn within_bounds() {
    let a = Bytes::from_static(b"a");
    let rows = (0..CASSANDRA_BATCH_ROWS * 2 + 1).map(|i| put(Table::Journal, &a, &i.to_be_bytes(), b"x"));
    let sizes: Vec<_> = split(rows.collect()).iter().map(|g| g.changes.len()).collect();
    assert_eq!(sizes, [CASSANDRA_BATCH_ROWS, CASSANDRA_BATCH_ROWS, 1]);
    let big = vec![0; CASSANDRA_BATCH_BYTES + 1];
    let half = vec![0; CASSANDRA_BATCH_BYTES / 2 - 10];
    let values = [&half, &big, &half, &half];
    let rows = values.iter().enumerate().map(|(i, value)| put(Table::Records, &a, &i.to_be_bytes(), value));
    let sizes: Vec<_> = split(rows.collect()).iter().map(|g| g.changes.len()).collect();
    assert_eq!(sizes, [2, 1, 1], "the big one alone, the small ones together where they fit");
}
