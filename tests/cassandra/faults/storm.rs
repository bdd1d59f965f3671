//! Connections that break again and again under many writers: every write is stored in the end, once, and none that was
//! refused is there.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{join, join_all};
use holdfast::store::rows::contract::put;
use holdfast::store::rows::{Table, WriteError};

use super::ground::{Ground, in_time, write};

const WRITERS: u8 = 16;
const ROWS: u8 = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_broken_connections_loses_nothing() {
    let Some(ground) = Ground::new().await else { return };
    let (done, mut over) = tokio::sync::watch::channel(false);
    let writing = async {
        let keys = (0..WRITERS).map(|writer| ground.key(&format!("storm/{writer}"))).collect::<Vec<_>>();
        let repeats = in_time("all writers", join_all(keys.iter().map(|key| writer(&ground, key)))).await;
        done.send_replace(true);
        (keys, repeats.into_iter().sum::<usize>())
    };
    let breaking = async {
        let mut storms = 0;
        while tokio::time::timeout(Duration::from_millis(80), over.wait_for(|over| *over)).await.is_err() {
            ground.proxies.iter().for_each(crate::proxy::Proxy::cut);
            storms += 1;
            if storms == 12 {
                break;
            }
        }
        storms
    };
    let ((keys, repeats), storms) = join(writing, breaking).await;
    eprintln!("{repeats} repeats in {storms} storms");
    assert!(repeats > 0, "the storms were felt");
    for key in keys {
        let rows = ground.rows(Table::Journal, &key).await;
        let expected = (0..ROWS).map(|row| Bytes::from(vec![row])).collect::<Vec<_>>();
        let found = rows.into_iter().map(|row| row.clustering).collect::<Vec<_>>();
        assert_eq!(found, expected, "every row once");
    }
}

/// Writes rows one after the other, each until it is stored; how many had to be written again.
async fn writer(ground: &Ground, partition: &Bytes) -> usize {
    let mut repeats = 0;
    for row in 0..ROWS {
        let row = [put(Table::Journal, partition, &[row], b"row")];
        loop {
            match write(&ground.store, &row).await {
                Ok(()) => break,
                Err(WriteError::Unknown(_) | WriteError::Refused(_)) => repeats += 1,
            }
        }
    }
    repeats
}
