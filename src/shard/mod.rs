//! One worker task per shard runs the machines of the sessions and agents that this node owns; the [`door`] is the only
//! way to them. Never knows a wire format; reaches the world only through [`crate::runtime`] and [`crate::store::rows`].

pub mod door;
