//! Checks of which write stays, in the tables whose rows are written again. Timestamps come from the caller, never from a clock.

use super::{Ground, delete_at, put_at, row};
use crate::store::rows::Table;

/// The larger timestamp stays, whichever came first; a smaller delete deletes nothing.
pub async fn larger_wins(ground: &Ground) {
    for table in Table::ALL.into_iter().filter(|table| table.rewritten() && *table != Table::Cluster) {
        let partition = ground.partition("larger");
        ground.write(vec![put_at(table, &partition, b"k", (b"five", 5))]).await;
        ground.write(vec![put_at(table, &partition, b"k", (b"three", 3))]).await;
        assert_eq!(ground.rows_of(table, &partition).await, [row(b"k", b"five")], "{table:?}: an older put");
        ground.write(vec![delete_at(table, &partition, b"k", 4)]).await;
        assert_eq!(
            ground.rows_of(table, &partition).await,
            [row(b"k", b"five")],
            "{table:?}: an older delete"
        );
        ground.write(vec![put_at(table, &partition, b"k", (b"six", 6))]).await;
        assert_eq!(ground.rows_of(table, &partition).await, [row(b"k", b"six")], "{table:?}: a newer put");
        ground.write(vec![delete_at(table, &partition, b"k", 7)]).await;
        assert_eq!(ground.rows_of(table, &partition).await, [], "{table:?}: a newer delete");
        ground.write(vec![put_at(table, &partition, b"k", (b"eight", 8))]).await;
        assert_eq!(ground.rows_of(table, &partition).await, [row(b"k", b"eight")], "{table:?}: back again");
    }
}

/// At equal timestamps a delete wins over a put, and the larger value over the smaller.
pub async fn equal_timestamps(ground: &Ground) {
    let partition = ground.partition("equal");
    for values in [[b"aa", b"bb"], [b"bb", b"aa"]] {
        for value in values {
            ground.write(vec![put_at(Table::ActiveSessions, &partition, values[0], (value, 5))]).await;
        }
    }
    let rows = ground.rows_of(Table::ActiveSessions, &partition).await;
    assert_eq!(rows, [row(b"aa", b"bb"), row(b"bb", b"bb")], "the larger value, in both orders");
    ground.write(vec![delete_at(Table::ActiveSessions, &partition, b"aa", 5)]).await;
    let rows = ground.rows_of(Table::ActiveSessions, &partition).await;
    assert_eq!(rows, [row(b"bb", b"bb")], "a delete of the same timestamp wins");
}

/// The same write once more changes nothing, also in the tables that keep no timestamps.
pub async fn repeats(ground: &Ground) {
    let partition = ground.partition("repeats");
    for table in [Table::Journal, Table::Records, Table::Heads, Table::Wakeups] {
        for _ in 0..3 {
            ground.write(vec![put_at(table, &partition, b"k", (b"once", 9))]).await;
        }
        assert_eq!(
            ground.rows_of(table, &partition).await,
            [row(b"k", b"once")],
            "{table:?}: a repeated put"
        );
    }
    for _ in 0..2 {
        ground.write(vec![delete_at(Table::Wakeups, &partition, b"k", 10)]).await;
        assert_eq!(ground.rows_of(Table::Wakeups, &partition).await, [], "a repeated delete");
    }
}
