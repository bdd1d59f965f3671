//! What is told of a drill: figures with their bounds, a table, a picture. Never touches a process.

pub mod judge;
mod long;
pub mod noticed;
pub mod picture;
pub mod table;
