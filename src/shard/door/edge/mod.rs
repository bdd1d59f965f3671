//! Edges: processes that serve customers alone, without store, shard or vote, in front of the nodes of a cluster. What a node
//! lets them do and tells them, and what they know by that. An edge's door is a [`super::many::ManyDoor`] that owns nothing.
//! Never gives an edge what a customer's door does not need: one may be captured.
//!
//! | file | what it does |
//! |---|---|
//! | `rights` | what may be asked: by a node everything, by an edge what customers ask |
//! | `tell` | a node's side: what it tells an edge for as long as that listens |
//! | `heard` | an edge's side: what it was told, by whom it is told anything, and so who owns what |

mod heard;
mod rights;
mod tell;

pub use crate::shard::wire::Chart;
pub use heard::Heard;
pub use rights::{Denied, Rights};
pub use tell::Teller;
