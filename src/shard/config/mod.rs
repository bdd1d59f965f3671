//! The versioned configuration on this node and in the store. Never decides what a version means.

pub mod centers;
#[cfg(test)]
mod centers_tests;
pub mod versions;
