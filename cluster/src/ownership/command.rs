//! What may be asked of the map, and what it answers. Never holds the transition itself.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::words::{Addresses, Epoch, Incarnation, NodeName, Nonce, Shard};

/// A change of the map, an entry of the log. Variants are only ever added, at the end: they are stored by their position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// The first entry of a new log.
    Found {
        /// The life of this log, taken from the store; 1 to 2^20 − 1.
        generation: u32,
        /// How many shards there are for ever.
        shards: u16,
    },
    /// A node begins a life. Its former life is deposed.
    Join(Join),
    /// A life has ended, or is to end. Its shards are spread over the nodes that are up.
    Depose {
        /// Which life.
        incarnation: Incarnation,
        /// Why, for people.
        reason: Reason,
    },
    /// An owner has ended a shard's worker for good and gives the shard away.
    Release {
        /// Which shard.
        shard: Shard,
        /// The epoch that it owned the shard at; any other is ignored.
        epoch: Epoch,
        /// The owner; any other is ignored.
        by: Incarnation,
        /// Who shall have it. None, or one that is not up: the least loaded.
        to: Option<Incarnation>,
    },
    /// The fence of a deposed life is known to be stored.
    Fenced {
        /// Which life.
        incarnation: Incarnation,
    },
    /// A life takes no further shards and gives its own away.
    Drain {
        /// Which life.
        incarnation: Incarnation,
    },
    /// What all nodes understand is raised.
    SetLevel {
        /// To this; never lower than it is.
        level: u32,
    },
    /// A node that is gone for good is dropped from the map.
    Forget {
        /// Which node.
        node: NodeName,
    },
}

/// What a node says of itself when it begins a life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// Who joins.
    pub node: NodeName,
    /// Where it answers.
    pub addresses: Addresses,
    /// The failure domain that it stands in; empty where there is none.
    pub zone: String,
    /// The highest level that its release understands.
    pub level: u32,
    /// Drawn once per life, kept in every repeat.
    pub nonce: Nonce,
}

/// Why a life was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Reason {
    /// Its link was reset and its port refuses.
    PortRefuses,
    /// Its link was reset and its host cannot be reached.
    Unreachable,
    /// Nothing was heard of it for too long.
    Silent,
    /// The node joined again.
    Rejoined,
    /// It gave itself up.
    GaveUp,
    /// It has drained and stopped.
    Stopped,
    /// A person said so.
    Operator,
}

/// What a command did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// The map changed.
    Done,
    /// It was so already, or the sender does not own what it released. Nothing changed.
    Unchanged,
    /// The life that the join began, also for a repeat of it.
    Joined(Incarnation),
    /// Who has the released shard now, and since which epoch.
    Released {
        /// The new owner; none when nobody is up.
        to: Option<Incarnation>,
        /// Its epoch.
        epoch: Epoch,
    },
}

/// Why a command changed nothing although its sender meant it to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Refusal {
    /// Everything but `Found` needs a founded map.
    #[error("the map is not founded yet")]
    NotFounded,
    /// A map is founded once.
    #[error("the map was founded before, with another generation or number of shards")]
    AlreadyFounded,
    /// A field breaks its bound.
    #[error("a field of the command breaks its bound")]
    Malformed,
    /// No life of this number was ever given.
    #[error("this incarnation was never given")]
    UnknownIncarnation,
    /// A fence is reported for a life that nobody deposed.
    #[error("this incarnation is not deposed")]
    NotDeposed,
    /// The release is too old for a cluster that has raised its level, or a level is asked for that not all announce.
    #[error("not every node understands this level")]
    LevelNotAnnounced,
    /// Levels are never lowered.
    #[error("the level is higher already")]
    LevelLowered,
    /// The map holds as many nodes or unfenced lives as it may.
    #[error("the map is full: forget nodes, or let the store take the fences")]
    Full,
    /// A node that lives cannot be forgotten.
    #[error("the node is not gone")]
    NotGone,
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found { generation, shards } => {
                write!(f, "found generation {generation} of {shards} shards")
            }
            Self::Join(join) => write!(f, "join {}", join.node),
            Self::Depose { incarnation, reason } => write!(f, "depose {incarnation}: {reason:?}"),
            Self::Release { shard, epoch, by, .. } => write!(f, "release {shard} at {epoch} by {by}"),
            Self::Fenced { incarnation } => write!(f, "fenced {incarnation}"),
            Self::Drain { incarnation } => write!(f, "drain {incarnation}"),
            Self::SetLevel { level } => write!(f, "set level {level}"),
            Self::Forget { node } => write!(f, "forget {node}"),
        }
    }
}
