//! Checks of what a slice holds: order, bounds, limits, direction, sizes, and partitions that end.

use bytes::Bytes;

use super::{Ground, delete_at, put, row, whole};
use crate::store::rows::{Batch, Class, Mutation, Row, Slice, Table};

/// Bytes of the largest value that is checked: the size of a record's part.
const BIG: usize = 1 << 20;

/// Rows come in the order of their clustering keys as bytes, whatever the order of the writes.
pub async fn order(ground: &Ground) {
    let partition = ground.partition("order");
    let keys: [&[u8]; 7] = [b"b", b"", b"\xff\xff", b"a", b"\x00", b"ab", b"\xff"];
    for key in keys {
        ground.write(vec![put(Table::Journal, &partition, key, key)]).await;
    }
    let mut sorted = keys;
    sorted.sort_unstable();
    let expected: Vec<Row> = sorted.iter().map(|key| row(key, key)).collect();
    assert_eq!(ground.rows_of(Table::Journal, &partition).await, expected, "rows lie in the order of bytes");
}

/// `from` is inclusive, `to` is exclusive, and both may name keys that are not there.
pub async fn bounds(ground: &Ground) {
    let partition = ground.partition("bounds");
    fill(ground, &partition, 10).await;
    let cases: [(u8, Option<u8>, std::ops::Range<u8>); 6] = [
        (0, None, 0..10),
        (3, None, 3..10),
        (3, Some(7), 3..7),
        (3, Some(3), 3..3),
        (7, Some(3), 0..0),
        (9, Some(200), 9..10),
    ];
    for (from, to, expected) in cases {
        for reverse in [false, true] {
            let (from, to) = (Bytes::from(vec![from]), to.map(|to| Bytes::from(vec![to])));
            let page = ground.read(Slice { from, to, reverse, ..whole(Table::Journal, &partition) }).await;
            let mut keys: Vec<u8> = expected.clone().collect();
            if reverse {
                keys.reverse();
            }
            assert_eq!(keys_of(&page.rows), keys, "the slice {expected:?}, reverse {reverse}");
            assert!(!page.more, "nothing was left out of {expected:?}");
        }
    }
}

/// A limit of rows or of bytes ends a page and says that there is more; one row is returned all the same.
pub async fn limits(ground: &Ground) {
    let partition = ground.partition("limits");
    fill(ground, &partition, 10).await;
    // Each row has one byte of key and one of value.
    let cases: [(usize, usize, u8, bool); 6] = [
        (4, 1_000, 4, true),
        (10, 1_000, 10, false),
        (11, 1_000, 10, false),
        (100, 1, 1, true),
        (100, 7, 3, true),
        (100, 20, 10, false),
    ];
    for (limit, bytes, count, more) in cases {
        let page = ground.read(Slice { limit, bytes, ..whole(Table::Journal, &partition) }).await;
        assert_eq!(keys_of(&page.rows), (0..count).collect::<Vec<_>>(), "limit {limit}, bytes {bytes}");
        assert_eq!(page.more, more, "whether limit {limit}, bytes {bytes} leaves rows out");
    }
}

/// The largest key comes first, and the limit counts from there.
pub async fn reverse(ground: &Ground) {
    let partition = ground.partition("reverse");
    fill(ground, &partition, 10).await;
    let page = ground.read(Slice { limit: 3, reverse: true, ..whole(Table::Journal, &partition) }).await;
    assert_eq!((keys_of(&page.rows), page.more), (vec![9, 8, 7], true), "the last three rows");
    let to = Some(Bytes::from_static(&[2]));
    let page = ground.read(Slice { limit: 3, to, reverse: true, ..whole(Table::Journal, &partition) }).await;
    assert_eq!((keys_of(&page.rows), page.more), (vec![1, 0], false), "the rows before the third, backward");
}

/// Empty clustering keys and empty values are as good as others, in every table.
pub async fn empty_keys(ground: &Ground) {
    let partition = ground.partition("empty");
    for table in Table::ALL {
        if table == Table::Fences || table == Table::Cluster {
            continue;
        }
        ground.write(vec![put(table, &partition, b"", b""), put(table, &partition, b"k", b"")]).await;
        let rows = ground.rows_of(table, &partition).await;
        assert_eq!(rows, [row(b"", b""), row(b"k", b"")], "empty keys and values in {table:?}");
    }
    assert_eq!(
        ground.rows_of(Table::Journal, &ground.partition("nobody")).await,
        [],
        "no partition, no rows"
    );
}

/// A partition holds no row of another one, nor of another table, however alike their keys are.
pub async fn partitions_are_apart(ground: &Ground) {
    let short = ground.partition("apart");
    let long = ground.partition("apart2");
    ground
        .write(vec![
            put(Table::Journal, &short, b"2x", b"short"),
            put(Table::Journal, &long, b"x", b"long"),
            put(Table::Heads, &short, b"2x", b"head"),
        ])
        .await;
    assert_eq!(ground.rows_of(Table::Journal, &short).await, [row(b"2x", b"short")], "the shorter key");
    assert_eq!(ground.rows_of(Table::Journal, &long).await, [row(b"x", b"long")], "the longer key");
    assert_eq!(ground.rows_of(Table::Heads, &short).await, [row(b"2x", b"head")], "the other table");
}

/// A value of one MiB comes back as it was, and a limit of bytes below it returns it alone.
pub async fn big_values(ground: &Ground) {
    let partition = ground.partition("big");
    let value: Vec<u8> = (0..BIG).map(|i| u8::try_from(i % 251).expect("a remainder of 251")).collect();
    ground.write(vec![put(Table::Records, &partition, b"1", &value)]).await;
    ground.write(vec![put(Table::Records, &partition, b"2", &value)]).await;
    let page = ground.read(Slice { bytes: 1_000, ..whole(Table::Records, &partition) }).await;
    assert!(page.rows == [row(b"1", &value)] && page.more, "the first of two big rows, alone");
    let rows = ground.rows_of(Table::Records, &partition).await;
    assert!(rows == [row(b"1", &value), row(b"2", &value)], "both big rows, unchanged");
}

/// A deleted partition is empty, its neighbours are whole, and an absent one is deleted without complaint.
pub async fn partition_delete(ground: &Ground) {
    let (gone, kept) = (ground.partition("delete"), ground.partition("delete-not"));
    for chunk in 0_u16..6 {
        let puts = (0..1_000).map(|i| put(Table::Journal, &gone, &(chunk * 1_000 + i).to_be_bytes(), b"row"));
        ground.write(puts.collect()).await;
    }
    ground.write(vec![put(Table::Journal, &kept, b"k", b"kept")]).await;
    ground.write(vec![put(Table::Heads, &gone, b"k", b"head")]).await;
    for _ in 0..2 {
        let mutations = vec![Mutation::DeletePartition { table: Table::Journal, partition: gone.clone() }];
        let stored = ground.rows.write(Batch { mutations, class: Class::Upkeep }).await;
        assert_eq!(stored, Ok(()), "a partition is deleted, also when nothing is left of it");
        assert_eq!(ground.rows_of(Table::Journal, &gone).await, [], "a deleted partition is empty");
    }
    assert_eq!(ground.rows_of(Table::Journal, &kept).await, [row(b"k", b"kept")], "the neighbour");
    assert_eq!(ground.rows_of(Table::Heads, &gone).await, [row(b"k", b"head")], "the same key elsewhere");
    ground
        .write(vec![delete_at(Table::Heads, &gone, b"k", 2), delete_at(Table::Heads, &gone, b"no", 2)])
        .await;
    assert_eq!(ground.rows_of(Table::Heads, &gone).await, [], "single rows, one of them absent");
}

async fn fill(ground: &Ground, partition: &Bytes, count: u8) {
    let puts = (0..count).map(|i| put(Table::Journal, partition, &[i], b"v"));
    ground.write(puts.collect()).await;
}

fn keys_of(rows: &[Row]) -> Vec<u8> {
    rows.iter().map(|row| row.clustering[0]).collect()
}
