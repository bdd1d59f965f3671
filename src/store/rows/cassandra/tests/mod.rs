//! Tests of the parts that need no cluster.

mod circuit;
mod gather;
mod groups;
mod halves;
mod lanes;
mod policy;
mod tls;
