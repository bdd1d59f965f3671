//! What a drill can see from outside: histories of people, logs of nodes, the map. Never judges.

pub mod history;
pub mod logs;
pub mod owners;
pub mod waits;
pub mod window;
