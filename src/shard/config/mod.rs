//! The versioned configuration on this node and in the store. Never decides what a version means.

pub mod centers;
pub mod versions;
