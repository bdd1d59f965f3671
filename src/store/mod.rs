//! The store in two layers: [`rows`], a port that knows no rule, and [`journal`], the protocol's rules without IO.
//! [`reading`] reads for the rules; [`contract`] shows that both layers together keep what the protocol promises.

pub mod codec;
pub mod contract;
pub mod journal;
pub mod reading;
pub mod rows;
