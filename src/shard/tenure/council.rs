//! The port to the agreement on the map. The real one is the crate `holdfast-cluster`; tests and simulations have others.

use std::sync::Arc;

pub use holdfast_cluster::View;
use holdfast_cluster::ownership::{Answer, Command};

use crate::runtime::watch;
use crate::shard::door::Wait;

/// The outcome of a proposal is not known; proposing it again adds nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the map has not answered: {0}")]
pub struct Unsure(pub String);

/// The agreement on the map.
pub trait Council: Send + Sync + 'static {
    /// The map, as new as this node knows it.
    fn view(&self) -> Arc<View>;

    /// Sees a number that grows with every change of the map.
    fn changed(&self) -> watch::Receiver<u64>;

    /// Proposes a change. What the map refuses is an answer that changes nothing.
    fn propose(&self, command: Command) -> Wait<Result<Answer, Unsure>>;
}
