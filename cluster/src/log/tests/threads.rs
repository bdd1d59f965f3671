//! The writer's thread: order, groups, and what it says when the disk fails.

#![expect(clippy::disallowed_methods, reason = "a test waits and measures in real time")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use super::super::{Lock, Op, Wal};
use super::put;

const WAIT: Duration = Duration::from_secs(10);

#[test]
fn writes_are_durable_in_the_order_in_which_they_were_handed_over() {
    let dir = tempfile::tempdir().unwrap();
    let (wal, _) = Wal::open(Lock::take(dir.path()).unwrap()).unwrap();
    let (told, tells) = channel();
    for index in 1..=500 {
        let told = told.clone();
        wal.submit(vec![put(index)], move |result| told.send((index, result.is_ok())).unwrap());
    }
    for index in 1..=500 {
        assert_eq!(tells.recv_timeout(WAIT).unwrap(), (index, true));
    }
    drop(wal);
    let lock = retake(dir.path());
    assert_eq!(Wal::open(lock).unwrap().1.entries.len(), 500);
}

/// The directory is free once the writer's thread has ended.
fn retake(dir: &std::path::Path) -> Lock {
    let began = std::time::Instant::now();
    loop {
        match Lock::take(dir) {
            Ok(lock) => return lock,
            Err(error) => assert!(began.elapsed() < WAIT, "{error}"),
        }
        std::thread::yield_now();
    }
}

/// Writes and waits until it is durable.
fn write(wal: &Wal) {
    let (told, tells) = channel();
    wal.submit(vec![Op::Vote(vec![7; 200])], move |result| told.send(result.is_ok()).unwrap());
    assert!(tells.recv_timeout(WAIT).unwrap());
}

/// Prints how many writes a second the disk and the groups make of it.
#[test]
fn many_writers_share_a_sync() {
    const WRITERS: usize = 32;
    const EACH: usize = 40;
    let dir = tempfile::tempdir().unwrap();
    let (wal, _) = Wal::open(Lock::take(dir.path()).unwrap()).unwrap();
    let (wal, barrier) = (Arc::new(wal), Arc::new(Barrier::new(WRITERS)));
    let written = Arc::new(AtomicUsize::new(0));
    let began = std::time::Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                barrier.wait();
                (0..EACH).for_each(|_| write(&wal));
                written.fetch_add(EACH, Ordering::Relaxed);
            });
        }
    });
    let count = written.load(Ordering::Relaxed);
    println!("{count} durable writes of {WRITERS} writers in {:?}", began.elapsed());
    assert_eq!(count, WRITERS * EACH);
}

#[test]
fn after_a_failed_write_nothing_is_called_durable() {
    let dir = tempfile::tempdir().unwrap();
    let (wal, _) = Wal::open(Lock::take(dir.path()).unwrap()).unwrap();
    // The next segment cannot be created in a directory that is gone.
    std::fs::remove_dir_all(dir.path()).unwrap();
    let (told, tells) = channel();
    let mut failed = 0;
    for index in 1..=200 {
        let told = told.clone();
        wal.submit(vec![Op::Put { index, body: vec![1; 100_000] }], move |result| {
            told.send(result.is_ok()).unwrap();
        });
        let durable = tells.recv_timeout(WAIT).unwrap();
        failed += usize::from(!durable);
        assert!(failed == 0 || !durable, "a write after a failed one was called durable");
    }
    assert!(failed > 0);
    // This one would fit into the file that is still open.
    wal.submit(vec![Op::Vote(vec![1])], move |result| told.send(result.is_ok()).unwrap());
    assert!(!tells.recv_timeout(WAIT).unwrap());
}
