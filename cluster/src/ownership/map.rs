//! The map itself, and what may be read from it. Never changes: that is `apply`'s.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::command::Reason;
use super::words::{Addresses, Epoch, Incarnation, NodeName, Nonce, Shard};

/// Who is here and who owns what, at one index of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Map {
    pub(super) generation: u32,
    pub(super) level: u32,
    pub(super) nodes: BTreeMap<NodeName, Node>,
    pub(super) lives: BTreeMap<Incarnation, Life>,
    pub(super) shards: Vec<Holding>,
    pub(super) newest: Incarnation,
}

/// A node, in whatever life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Its newest life.
    pub incarnation: Incarnation,
    /// Where it answers.
    pub addresses: Addresses,
    /// Its failure domain.
    pub zone: String,
    /// The highest level that its release understands.
    pub level: u32,
    /// Its latest joins, oldest first, by which a repeat is known.
    pub(super) joins: VecDeque<(Nonce, Incarnation)>,
}

/// One life of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Life {
    /// Whose.
    pub node: NodeName,
    /// How far it has come.
    pub state: State,
    /// Why it ended, once it has.
    pub ended: Option<Reason>,
}

/// How far a life has come. It never goes back, and from the two last there is no way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum State {
    /// It owns shards and takes more.
    Up,
    /// It owns shards, takes none and gives them away.
    Draining,
    /// It owns nothing; its fence is not known to be stored.
    Deposed,
    /// Its fence is stored.
    Gone,
}

/// Who owns a shard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Holding {
    /// The owner; none when nobody was up.
    pub owner: Option<Incarnation>,
    /// Since which epoch; raised by every change of owner.
    pub epoch: Epoch,
}

impl Map {
    /// Whether the log's first command has been applied.
    #[must_use]
    pub fn is_founded(&self) -> bool {
        self.generation != 0
    }

    /// The life of this log; 0 before it is founded.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// What all nodes understand.
    #[must_use]
    pub fn level(&self) -> u32 {
        self.level
    }

    /// All nodes by name.
    #[must_use]
    pub fn nodes(&self) -> &BTreeMap<NodeName, Node> {
        &self.nodes
    }

    /// The lives that are remembered: all that are not gone, and a few that are.
    #[must_use]
    pub fn lives(&self) -> &BTreeMap<Incarnation, Life> {
        &self.lives
    }

    /// How many shards there are.
    #[must_use]
    pub fn shard_count(&self) -> u16 {
        u16::try_from(self.shards.len()).unwrap_or(u16::MAX)
    }

    /// All shards with their owners.
    pub fn shards(&self) -> impl Iterator<Item = (Shard, Holding)> + '_ {
        (0..).map(Shard).zip(self.shards.iter().copied())
    }

    /// Who owns a shard; none for a shard that does not exist.
    #[must_use]
    pub fn holding(&self, shard: Shard) -> Option<Holding> {
        self.shards.get(usize::from(shard.0)).copied()
    }

    /// The shards of one life, lowest first.
    pub fn owned_by(&self, incarnation: Incarnation) -> impl Iterator<Item = (Shard, Epoch)> + '_ {
        let mine = move |(_, holding): &(Shard, Holding)| holding.owner == Some(incarnation);
        self.shards().filter(mine).map(|(shard, holding)| (shard, holding.epoch))
    }

    /// How far a life has come; one that was given and is not remembered is gone. None: it was never given.
    #[must_use]
    pub fn state(&self, incarnation: Incarnation) -> Option<State> {
        let given = (1..=self.newest.0).contains(&incarnation.0);
        self.lives.get(&incarnation).map(|life| life.state).or(given.then_some(State::Gone))
    }

    /// The lives in one state, oldest first.
    pub fn in_state(&self, state: State) -> impl Iterator<Item = Incarnation> + '_ {
        self.lives.iter().filter(move |(_, life)| life.state == state).map(|(at, _)| *at)
    }

    /// Those whose fences a new owner must store before it reads (rule 4).
    pub fn unfenced(&self) -> impl Iterator<Item = Incarnation> + '_ {
        self.in_state(State::Deposed)
    }
}

impl State {
    /// Whether a life in this state owns shards.
    #[must_use]
    pub const fn owns(self) -> bool {
        matches!(self, Self::Up | Self::Draining)
    }
}
