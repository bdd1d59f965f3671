//! What goes through pipes between members: a greeting that says for whom, then requests and replies, each a version byte
//! and a postcard form. Never trusts what it reads: a frame that is not understood ends its pipe.

use bytes::Bytes;
use openraft::raft::{TransferLeaderRequest, VoteRequest, VoteResponse};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::limits;
use crate::ownership::{Answer, Command, NodeName, Refusal};
use crate::raft::types::{SnapshotMeta, Types, Vote};
use crate::transport::{Broken, Peer};

/// The form that this release speaks. A member of another form is refused by dropping its pipe.
const VERSION: u8 = 1;

/// The first frame of every pipe. An address may have gone to another process since: who is not meant hangs up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greeting {
    /// The cluster of the sender; none before its first join.
    pub cluster: Option<u128>,
    /// The member that is meant; none for whoever answers.
    pub to: Option<u64>,
    /// What follows.
    pub purpose: Purpose,
}

/// What follows a greeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// Entries and heartbeats, each answered in its turn.
    Appends,
    /// One snapshot.
    Snapshot,
    /// Numbered calls, answered in any order.
    Calls,
}

/// The head of a snapshot; its bytes follow in frames.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SnapshotHead {
    /// The leader's vote.
    pub vote: Vote,
    /// What it stands for.
    pub meta: SnapshotMeta,
    /// How many bytes follow.
    pub bytes: u64,
}

/// A call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Request {
    /// Give me your vote.
    Vote(VoteRequest<Types>),
    /// Would you?
    PreVote(VoteRequest<Types>),
    /// The leader hands over.
    Transfer(TransferLeaderRequest<Types>),
    /// What only the leader can do.
    Ask(Ask),
}

/// What a call is answered with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Response {
    /// To a vote or pre-vote.
    Vote(VoteResponse<Types>),
    /// To a hand-over of leadership: it was received.
    Transfer,
    /// To an ask.
    Told(Told),
    /// The member has stopped.
    Stopped,
}

/// What only the leader can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask {
    /// Append a command.
    Propose(Command),
    /// Let this member listen, or take note of its new address.
    Admit {
        /// Its number.
        member: u64,
        /// Its name and address.
        peer: Peer,
    },
    /// Let this node vote.
    Promote(NodeName),
    /// Drop this node from the members.
    Remove(NodeName),
    /// Let this node lead.
    Transfer(NodeName),
}

/// What became of an ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// The command was applied, at this index.
    Proposed {
        /// Where it stands in the log.
        index: u64,
        /// What it did.
        reply: Result<Answer, Refusal>,
    },
    /// The member listens now, in this cluster.
    Admitted {
        /// The cluster's number.
        cluster: u128,
    },
    /// It is done.
    Done,
    /// Somebody else leads, perhaps this one. Nothing was done.
    Elsewhere(Option<(u64, Peer)>),
    /// It cannot be done, and was not.
    Impossible(String),
    /// It may have been done or may yet be.
    Unknown,
}

/// The bytes of a frame.
pub fn encode(value: &impl Serialize) -> Result<Bytes, Broken> {
    let frame = postcard::to_extend(value, vec![VERSION]).map_err(|error| Broken(error.to_string()))?;
    if frame.len() > limits::FRAME_BYTES_MAX {
        return Err(Broken(format!("a frame of {} bytes", frame.len())));
    }
    Ok(frame.into())
}

/// What a frame says.
pub fn decode<T: DeserializeOwned>(frame: &[u8]) -> Result<T, Broken> {
    match frame.split_first() {
        Some((&VERSION, body)) => postcard::from_bytes(body).map_err(|error| Broken(error.to_string())),
        Some((version, _)) => Err(Broken(format!("a frame of version {version}"))),
        None => Err(Broken("an empty frame".to_owned())),
    }
}
