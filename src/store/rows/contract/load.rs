//! Checks with many writers at once: what was answered with success is read from then on, and nothing is lost.

use bytes::Bytes;
use futures_util::future::join_all;

use super::{Ground, put, row};
use crate::store::rows::Table;

/// Rows that each writer writes, and writers.
const ROWS: u16 = 20;
const WRITERS: u16 = 100;

/// A read that begins after a write's success finds the row.
pub async fn read_your_writes(ground: &Ground) {
    let partition = ground.partition("own");
    for i in 0..50_u16 {
        let (key, value) = (i.to_be_bytes(), format!("value {i}"));
        ground.write(vec![put(Table::Journal, &partition, &key, value.as_bytes())]).await;
        let rows = ground.rows_of(Table::Journal, &partition).await;
        assert_eq!(rows.last(), Some(&row(&key, value.as_bytes())), "the row that was just stored");
    }
}

/// Many writers in few partitions: each finds its rows as soon as it has its answer, and all are there at the end.
pub async fn many_writers(ground: &Ground) {
    join_all((0..WRITERS).map(|writer| write_and_read(ground, writer))).await;
    let mut total = 0;
    for i in 0..10 {
        total += ground.rows_of(Table::Journal, &place(ground, i)).await.len();
    }
    assert_eq!(total, usize::from(ROWS * WRITERS), "every row of every writer");
}

async fn write_and_read(ground: &Ground, writer: u16) {
    let partition = place(ground, writer % 10);
    for i in 0..ROWS {
        let key = [writer.to_be_bytes(), i.to_be_bytes()].concat();
        ground.write(vec![put(Table::Journal, &partition, &key, &key)]).await;
        let rows = ground.rows_of(Table::Journal, &partition).await;
        let found = rows.iter().filter(|row| row.clustering.starts_with(&writer.to_be_bytes())).count();
        assert_eq!(found, usize::from(i) + 1, "writer {writer} finds all it has written");
    }
}

fn place(ground: &Ground, number: u16) -> Bytes {
    ground.partition(&format!("many {number}"))
}
