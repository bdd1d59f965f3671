//! The store in two layers: [`rows`], a port that knows no rule, and [`journal`], the protocol's rules without IO.

pub mod codec;
pub mod journal;
pub mod rows;
