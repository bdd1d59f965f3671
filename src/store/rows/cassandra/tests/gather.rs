//! The limits of a slice, and what of a range is left after a refusal.

use bytes::Bytes;

use super::super::read::Gather;
use crate::limits::{CASSANDRA_PAGE_BYTES, CASSANDRA_PAGE_ROWS};
use crate::store::rows::contract::{row, whole};
use crate::store::rows::{Slice, Table};

fn slice() -> Slice {
    whole(Table::Journal, &Bytes::from_static(b"p"))
}

#[test]
fn one_row_more_than_wanted_tells_that_there_is_more() {
    let mut gather = Gather::new(&Slice { limit: 2, ..slice() });
    assert_eq!(gather.page_size(), 3, "two rows, and one to tell");
    gather.take(row(b"1", b"v"));
    gather.take(row(b"2", b"v"));
    assert!(!gather.full, "just enough");
    gather.take(row(b"3", b"v"));
    assert!(gather.full && gather.rows.len() == 2, "one too many");
}

#[test]
fn pages_follow_the_size_of_the_rows() {
    let mut gather = Gather::new(&slice());
    assert_eq!(gather.page_size(), 1_025, "a mebibyte of rows of a kibibyte, and one");
    gather.take(row(b"1", &vec![0; CASSANDRA_PAGE_BYTES]));
    assert_eq!(gather.page_size(), 2, "large rows come in small pages");
    let small = Gather::new(&Slice { bytes: 10, ..slice() });
    assert_eq!(small.page_size(), 2, "few bytes are wanted");
    let mut tiny = Gather::new(&slice());
    tiny.take(row(b"1", b""));
    assert_eq!(tiny.page_size(), i32::try_from(CASSANDRA_PAGE_ROWS).expect("fits"), "never more than that");
}

#[test]
fn the_rest_lies_behind_the_last_row() {
    let range = Slice { from: Bytes::from_static(b"b"), to: Some(Bytes::from_static(b"d")), ..slice() };
    let mut gather = Gather::new(&range);
    assert_eq!(gather.rest(&range), (range.from.clone(), range.to.clone()), "nothing was read");
    gather.take(row(b"a", b"of an earlier range"));
    assert_eq!(gather.rest(&range), (range.from.clone(), range.to.clone()), "nothing of this range");
    gather.take(row(b"c", b""));
    assert_eq!(gather.rest(&range), (Bytes::from_static(b"c\0"), range.to.clone()), "forward");
    let back = Slice { reverse: true, ..range.clone() };
    let mut gather = Gather::new(&back);
    gather.take(row(b"c", b""));
    assert_eq!(gather.rest(&back), (range.from.clone(), Some(Bytes::from_static(b"c"))), "backward");
}
