//! A disk that is full or fails: input is refused, nothing is lost, and it goes on by itself; after a failed sync it does not.

use std::sync::atomic::AtomicUsize;

use super::disk::Disk;
use super::powercut::options;
use super::*;
use crate::store::rows::contract::put;
use crate::store::rows::{Batch, Class, Refused, Rows, Table, WriteError};

fn batch(i: u16, class: Class) -> Batch {
    let value = vec![7; 4_000];
    Batch { mutations: vec![put(Table::Journal, &b"p".to_vec().into(), &i.to_be_bytes(), &value)], class }
}

#[tokio::test]
async fn a_write_that_finds_no_space_is_stored_when_space_returns() {
    let disk = Disk::new();
    let store = open_at(Box::new(disk.clone()), options()).unwrap();
    disk.set_room(Some(1 << 20));
    let writes: Vec<_> = (0..600).map(|i| store.write(batch(i, Class::Upkeep))).collect();
    while store.stats().outages.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(store.write(batch(9_999, Class::Input)).await, Err(WriteError::Refused(Refused::Full)));
    disk.set_room(None);
    for write in writes {
        assert_eq!(write.await, Ok(()));
    }
    assert_eq!(ground(&store).rows_of(Table::Journal, &b"p".to_vec().into()).await.len(), 600);
    while store.write(batch(9_999, Class::Input)).await.is_err() {
        tokio::task::yield_now().await;
    }
    assert!(store.stats().reopened.load(Ordering::Relaxed) > 0);
}

#[tokio::test]
async fn a_failed_sync_ends_the_process() {
    let disk = Disk::new();
    let deaths = Arc::new(AtomicUsize::new(0));
    let count = deaths.clone();
    let die: super::super::Die = Arc::new(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let store = open_at(Box::new(disk.clone()), Options { die, ..options() }).unwrap();
    // The write is the first access, its sync the second.
    disk.die_in(2);
    let write = store.write(batch(1, Class::Input));
    while deaths.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    store.close();
    assert!(matches!(write.await, Err(WriteError::Unknown(_))));
}
