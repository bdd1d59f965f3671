//! One line of the chronicle: a change of owners as this node saw it. Never holds anything of a conversation.

use std::time::Duration;

use holdfast_cluster::ownership::{Incarnation, NodeName, Reason};

use crate::words::Time;

/// How shards came to lose their owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A life was deposed, and others took over.
    Takeover,
    /// An owner that lives gave shards to this node.
    HandOver,
}

/// A change of owners as this node saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which kind.
    pub what: What,
    /// The node that lost the shards.
    pub node: NodeName,
    /// Its life that did.
    pub life: Incarnation,
    /// Why that life ended; none for a hand-over.
    pub why: Option<Reason>,
    /// Whether this node itself found that it was gone, before the map said so.
    pub found_here: bool,
    /// When it began: it was found to be gone, or the map showed the change.
    pub at: Time,
    /// Shards that changed their owner.
    pub shards: usize,
    /// Those that came to this node.
    pub gained: usize,
    /// Sessions that the active lists of those name.
    pub sessions: usize,
    /// How long it took.
    pub phases: Phases,
}

/// When each phase was over, since the beginning; none: not yet, or not on this node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    /// The map showed the new owners.
    pub deposed: Option<Duration>,
    /// Every fence that this node's new shards wait for was stored, and their workers began.
    pub fenced: Option<Duration>,
    /// The active lists of all of them were read.
    pub read: Option<Duration>,
    /// The first change in any of them was acknowledged. It comes when a client sends, and says nothing in an idle shard.
    pub acknowledged: Option<Duration>,
}

impl Phases {
    /// The phases that are over, by name, in order.
    pub fn over(&self) -> impl Iterator<Item = (&'static str, Duration)> {
        let all = [
            ("deposed", self.deposed),
            ("fenced", self.fenced),
            ("read", self.read),
            ("acknowledged", self.acknowledged),
        ];
        all.into_iter().filter_map(|(name, when)| Some((name, when?)))
    }
}
