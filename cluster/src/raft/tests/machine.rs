//! Snapshots on disk. Never checks the map's rules.

use openraft::storage::{RaftSnapshotBuilder, RaftStateMachine};
use openraft::vote::RaftLeaderId;

use super::super::machine::Machine;
use super::super::types::{LogId, SnapshotMeta, StoredMembership, Types};
use crate::ownership::{Command, Map, apply};

fn meta(index: u64) -> SnapshotMeta {
    let leader = openraft::alias::LeaderIdOf::<Types>::new(1, 1);
    let last_log_id = Some(LogId::new(leader.to_committed(), index));
    SnapshotMeta { last_log_id, last_membership: StoredMembership::default() }
}

fn snapshot(generation: u32) -> Vec<u8> {
    let mut map = Map::default();
    apply(&mut map, &Command::Found { generation, shards: 4 }, 1).unwrap();
    postcard::to_stdvec(&map).unwrap()
}

async fn stored(machine: &mut Machine) -> Option<u64> {
    let current = machine.get_current_snapshot().await.unwrap()?;
    current.meta.last_log_id.map(|at| at.index)
}

#[tokio::test]
async fn a_snapshot_that_was_built_slowly_does_not_undo_a_newer_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut machine = Machine::new(dir.path(), std::sync::Arc::default());
    assert_eq!(stored(&mut machine).await, None);
    machine.install_snapshot(&meta(10), snapshot(7)).await.unwrap();
    let mut slow = machine.try_create_snapshot_builder(true).await.unwrap();
    machine.install_snapshot(&meta(20), snapshot(8)).await.unwrap();
    slow.build_snapshot().await.unwrap();
    assert_eq!(stored(&mut machine).await, Some(20));
}

#[tokio::test]
async fn a_damaged_snapshot_is_refused_with_its_name_and_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let mut machine = Machine::new(dir.path(), std::sync::Arc::default());
    machine.install_snapshot(&meta(10), snapshot(7)).await.unwrap();
    let path = dir.path().join("snapshot");
    let whole = std::fs::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x40;
        std::fs::write(&path, bytes).unwrap();
        let said = machine.get_current_snapshot().await.unwrap_err().to_string();
        assert!(said.contains(path.to_str().unwrap()) && said.contains("joins again"), "{said}");
    }
    std::fs::write(&path, &whole[..3]).unwrap();
    assert!(machine.get_current_snapshot().await.is_err());
}
