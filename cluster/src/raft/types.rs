//! The type configuration of openraft, and short names for its types. Never holds behaviour.

use serde::{Deserialize, Serialize};

use super::machine::Machine;
use crate::ownership::{Answer, Command, Refusal};
use crate::transport::Peer;

openraft::declare_raft_types!(
    /// Commands of the map, agreed on by members with drawn numbers.
    pub Types:
        D = Command,
        R = Reply,
        NodeId = u64,
        Node = Peer,
);

/// What applying an entry gave; nothing for entries that are no commands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply(pub Option<Result<Answer, Refusal>>);

/// The running member.
pub type Raft = openraft::Raft<Types, Machine>;
/// An entry of the log.
pub type Entry = openraft::alias::EntryOf<Types>;
/// The place of an entry.
pub type LogId = openraft::alias::LogIdOf<Types>;
/// A vote.
pub type Vote = openraft::alias::VoteOf<Types>;
/// Who votes and who listens, with the entry that says so.
pub type StoredMembership = openraft::alias::StoredMembershipOf<Types>;
/// What a snapshot stands for.
pub type SnapshotMeta = openraft::alias::SnapshotMetaOf<Types>;
/// A snapshot with its bytes.
pub type Snapshot = openraft::alias::SnapshotOf<Types, Vec<u8>>;
