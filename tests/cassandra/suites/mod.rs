//! The contract suites on a real cluster, whatever its version and its number of nodes.

mod rows;
