//! openraft's own suite over the log and the machine on a real disk.

mod golden;
mod machine;

use openraft::StorageError;
use openraft::testing::log::{StoreBuilder, Suite};
use tempfile::TempDir;

use super::machine::Machine;
use super::storage::Storage;
use super::types::Types;
use crate::log::{Lock, Wal};

struct Builder;

impl StoreBuilder<Types, Storage, Machine, TempDir> for Builder {
    async fn build(&self) -> Result<(TempDir, Storage, Machine), StorageError<Types>> {
        let dir = tempfile::tempdir().unwrap();
        let (wal, found) = Wal::open(Lock::take(dir.path()).unwrap()).unwrap();
        let storage = Storage::new(wal, &found).unwrap();
        let machine = Machine::new(dir.path(), std::sync::Arc::default());
        Ok((dir, storage, machine))
    }
}

#[tokio::test]
async fn openraft_finds_nothing_wrong() {
    Suite::test_all(Builder).await.unwrap();
}
