//! The door of a node in a cluster: it finds the owner of a shard, here or on another node, and when the owner changes it asks
//! the new one the same again, under the same ids, until a deadline. Never keeps anything that matters.
//!
//! | file | what it does |
//! |---|---|
//! | `door` | the door's calls, one by one |
//! | `ground` | waits for an owner, and tries again |
//! | `lane` | one connection's ordered way to one session: what is unanswered is sent again, oldest first |
//! | `lanes` | all lanes of a node |
//! | `frames` | what stands in front of a lane's messages |
//! | `serve` | the other side: calls and lanes that come from other nodes |
//! | `away` | what workers say to each other across nodes |

mod away;
mod door;
mod frames;
mod ground;
mod lane;
mod lanes;
mod serve;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;

pub use away::Elsewhere;
pub use door::{Behind, ManyDoor};
pub use frames::{Climbing, Opening};
pub use ground::Ground;
pub use serve::Serve;

use crate::shard::door::Wait;

/// Who owns a shard, as a node knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// This node, at this epoch.
    Here(u64),
    /// Another node, at this epoch.
    There(Arc<str>, u64),
    /// No node is up.
    Nobody,
}

/// What a node knows of who owns what. It may be old; it never goes back.
pub trait Owners: Send + Sync + 'static {
    /// Who owns a shard.
    fn owner(&self, shard: u16) -> Owner;

    /// Ends when the owner of the shard is another than this one; at once if it is already.
    fn changed(&self, shard: u16, from: Owner) -> Wait<()>;

    /// All other nodes that are up.
    fn others(&self) -> Vec<Arc<str>>;
}

/// What a node asks another for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// A [`crate::shard::wire::Call`]; answered with a [`crate::shard::wire::Answer`].
    Call,
    /// A [`crate::shard::wire::Note`]; answered with nothing.
    Note,
    /// A [`frames::Climbing`]: one frame up a lane; answered with nothing once it has its place.
    Up,
}

/// There is no answer; what was asked may have been done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the other node gave no answer")]
pub struct Lost;

/// The way to other nodes.
pub trait Peers: Send + Sync + 'static {
    /// Asks a node.
    fn call(&self, node: &str, method: Method, body: Bytes, within: Duration) -> Wait<Result<Bytes, Lost>>;

    /// Opens a stream that a node feeds; it ends when the node ends it, or is lost.
    ///
    /// # Errors
    /// When there is no way to the node now.
    fn open(&self, node: &str, open: Bytes) -> Result<BoxStream<'static, Bytes>, Lost>;
}
