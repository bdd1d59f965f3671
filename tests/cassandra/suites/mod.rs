//! The contract suites on a real cluster, whatever its version and its number of nodes.

mod doctor;
mod fresh;
mod journal;
mod node;
mod rows;
mod schema;
pub mod shards;
