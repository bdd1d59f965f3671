//! Shard workers and the door.
