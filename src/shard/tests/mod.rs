//! Tests of the shards through their door, on a store in memory that is killed and loses power, under a clock that the
//! test moves. Each life of a node is one runtime; when it is dropped, nothing of that life goes on.

pub(in crate::shard) mod life;
mod list;
mod many;
pub(in crate::shard) mod poison;
mod power;
mod repeat;
mod restarts;
mod sizes;
mod sleep;
