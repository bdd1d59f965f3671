//! What is measured beside the server in the same run, so that its figures are ratios: the disk itself, and PostgreSQL. Never
//! measures Holdfast.

pub mod fsync;
pub mod postgres;
