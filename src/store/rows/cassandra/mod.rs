//! The rows port on Apache Cassandra.

pub mod connect;
pub mod options;
pub mod stats;
