//! Who owns which shard: the [`Map`] and its one transition, [`apply()`]. Pure: no IO, no clock, no chance, ordered
//! collections only, so that every node that applies the same log holds the same map. Never decides that a node is dead:
//! it is told so by [`Command::Depose`].
//!
//! The rules are 1 to 3 and 13 of the ownership protocol. *A shard leaves a living incarnation only by a release that the
//! incarnation itself proposed* (trace F5), *and every change of owner raises the shard's epoch*, also back to the same
//! node. Applying a command twice adds nothing, because the outcome of a proposal may be unknown and it is sent again.

mod apply;
mod command;
mod map;
mod spread;
mod words;

#[cfg(test)]
mod tests;

pub use apply::apply;
pub use command::{Answer, Command, Join, Reason, Refusal};
pub use map::{Holding, Life, Map, Node, State};
pub use spread::surplus;
pub use words::{Addresses, Epoch, Incarnation, NodeName, Nonce, Shard};
