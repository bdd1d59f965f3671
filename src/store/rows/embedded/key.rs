//! How rows lie in the file: one ordered map of bytes for all tables. It knows no database.
//!
//! Key: table tag, length of the partition key (2 bytes), partition key, clustering key. So a partition is one range and
//! its rows lie in clustering order. One map instead of ten, because each map that a commit touches costs it pages.
//! Value: the row; behind it, for tables that are written again, the write timestamp (8 bytes).

use crate::store::rows::Table;

/// Bytes that stand before the partition key.
const HEAD: usize = 3;
/// Bytes of the timestamp behind a value.
const STAMP: usize = 8;

/// The tag of a table in the file. Part of the format: numbers are never given again.
pub(super) const fn tag(table: Table) -> u8 {
    match table {
        Table::Cluster => 1,
        Table::Fences => 2,
        Table::Heads => 3,
        Table::Journal => 4,
        Table::ActiveSessions => 5,
        Table::Wakeups => 6,
        Table::RecordHeads => 7,
        Table::Records => 8,
        Table::RecordIndex => 9,
        Table::Config => 10,
    }
}

/// Whether a partition key can be stored; its length has two bytes.
pub(super) fn fits(partition: &[u8]) -> bool {
    u16::try_from(partition.len()).is_ok()
}

/// Replaces `out` with the prefix that all rows of a partition share.
pub(super) fn prefix(out: &mut Vec<u8>, table: Table, partition: &[u8]) {
    out.clear();
    out.push(tag(table));
    let length = u16::try_from(partition.len()).expect("the length was checked when the batch came in");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(partition);
}

/// Replaces `out` with the key of a row.
pub(super) fn row(out: &mut Vec<u8>, table: Table, partition: &[u8], clustering: &[u8]) {
    prefix(out, table, partition);
    out.extend_from_slice(clustering);
}

/// The first key behind everything that starts with `prefix`.
pub(super) fn behind(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            break;
        }
    }
    // The tag is small, so something is left: the end is never the empty key.
    end
}

/// The keys of a whole table.
pub(super) fn table_range(table: Table) -> std::ops::Range<[u8; 1]> {
    [tag(table)]..[tag(table) + 1]
}

/// The partition and clustering key within a key of the file; `None` if it is damaged.
pub(super) fn split(key: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = u16::from_be_bytes(key.get(1..HEAD)?.try_into().ok()?);
    key.get(HEAD..)?.split_at_checked(usize::from(length))
}

/// Replaces `out` with the stored form of a row's content.
pub(super) fn stamp(out: &mut Vec<u8>, value: &[u8], timestamp: i64) {
    out.clear();
    out.extend_from_slice(value);
    out.extend_from_slice(&timestamp.to_be_bytes());
}

/// The content and timestamp of a stored row; a table that is never rewritten keeps none, and answers 0.
pub(super) fn unstamp(table: Table, stored: &[u8]) -> Option<(&[u8], i64)> {
    if !table.rewritten() {
        return Some((stored, 0));
    }
    let (value, stamp) = stored.split_at_checked(stored.len().checked_sub(STAMP)?)?;
    Some((value, i64::from_be_bytes(stamp.try_into().ok()?)))
}
