//! The Raft log on disk. Never knows what an entry means.
