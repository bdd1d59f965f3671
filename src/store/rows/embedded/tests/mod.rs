//! Tests of the embedded store, through its front door.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Embedded, Options, open, open_at};
use crate::store::rows::contract::{self, Ground};

mod basics;
pub(crate) mod disk;
mod history;
mod model;
mod outage;
mod powercut;
mod threads;

/// A store in a directory of its own, which ends with the test.
struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn options(&self) -> Options {
        Options { reserve_bytes: 0, cache_bytes: 16 << 20, ..Options::new(self.dir.path()) }
    }

    fn open(&self) -> Arc<Embedded> {
        open(self.options()).unwrap()
    }
}

fn ground(store: &Arc<Embedded>) -> Ground {
    Ground { rows: store.clone(), salt: "run".into() }
}

#[tokio::test]
async fn it_keeps_the_contract() {
    let home = Home::new();
    contract::all(&ground(&home.open())).await;
}

/// The log is so small here that rows are read from the log's memory, from a lap on its way, and from the database.
#[tokio::test]
async fn it_keeps_the_contract_across_laps() {
    let store = open_at(Box::new(disk::Disk::new()), powercut::options()).unwrap();
    contract::all(&ground(&store)).await;
    assert!(store.stats().checkpoints.load(Ordering::Relaxed) > 10);
}
