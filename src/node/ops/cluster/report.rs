//! The cluster as `/cluster.json` tells it and the command line reads it. Additions are optional fields, so that command
//! lines of other releases understand it. Never holds anything of a conversation.

use serde::{Deserialize, Serialize};

/// The cluster as one node sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The node that was asked.
    pub node: String,
    /// Its release.
    pub release: String,
    /// Its clock, milliseconds since 1970.
    pub at: u64,
    /// The life of the Raft log.
    pub generation: u32,
    /// The level of stored and spoken things that all nodes understand.
    pub level: u32,
    /// The agreement on the map.
    pub raft: Raft,
    /// All nodes that the map or the members know, by name.
    pub nodes: Vec<Node>,
    /// All shards, by number.
    pub shards: Vec<Shard>,
    /// Edges that are connected to this node.
    #[serde(default)]
    pub edges: usize,
    /// Takeovers and hand-overs that this node saw, oldest first.
    pub takeovers: Vec<Takeover>,
}

/// How the agreement on the map stands, as the node sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raft {
    /// The term.
    pub term: u64,
    /// Who leads.
    pub leader: Option<String>,
    /// The last entry of the node's log.
    pub last_log: u64,
    /// The last one that it knows to be committed.
    pub committed: u64,
    /// The one that its map stands at.
    pub applied: u64,
    /// The one that its snapshot stands at.
    pub snapshot: u64,
    /// Milliseconds since a majority last answered; the leader knows it.
    pub quorum_silent_ms: Option<u64>,
    /// Why the node has left the agreement by itself: it must be started again.
    pub failed: Option<String>,
}

/// One node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its newest life; 0 for a member that has not joined the map yet.
    pub incarnation: u64,
    /// `up`, `draining`, `deposed`, `gone`, or `joining`.
    pub state: String,
    /// Why that life ended.
    pub ended: Option<String>,
    /// Its failure domain.
    pub zone: String,
    /// Where other nodes reach it.
    pub peer: String,
    /// Its other doors, each as `name=address`.
    pub doors: Vec<String>,
    /// Whether it votes on the map.
    pub votes: bool,
    /// Whether it receives the map without a vote.
    pub learns: bool,
    /// Whether it leads, as far as the asked node knows.
    pub leads: bool,
    /// Shards that it owns.
    pub shards: usize,
    /// The highest level that its release understands.
    pub level: u32,
    /// Raft entries that it lacks; the leader knows it.
    pub lag: Option<u64>,
    /// How the asked node's link to it fares; none for that node itself, and where no link is kept.
    pub link: Option<String>,
}

/// One shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Its number.
    pub shard: u16,
    /// Its owner; none while nobody is up.
    pub owner: Option<String>,
    /// Since which epoch, `generation.counter`.
    pub epoch: String,
}

/// One takeover or hand-over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Takeover {
    /// `takeover` or `hand_over`.
    pub what: String,
    /// The node that lost the shards.
    pub node: String,
    /// Its life that did.
    pub incarnation: u64,
    /// Why that life ended.
    pub why: Option<String>,
    /// Whether the asked node itself found that it was gone.
    pub found_here: bool,
    /// When it began, milliseconds since 1970.
    pub at: u64,
    /// Shards that changed their owner.
    pub shards: usize,
    /// Those that came to the asked node.
    pub gained: usize,
    /// Sessions in those.
    pub sessions: usize,
    /// Phases that are over, in order.
    pub phases: Vec<Phase>,
}

/// A phase that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// `deposed`, `fenced`, `read`, `acknowledged`.
    pub phase: String,
    /// When it was over, milliseconds since the beginning.
    pub ms: f64,
}
