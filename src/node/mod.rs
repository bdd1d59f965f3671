//! A process: its configuration, listeners, logs, life and command line. Puts the other rooms together and never knows
//! chat.

pub mod addresses;
pub mod assembly;
pub mod cli;
pub mod config;
pub mod exit;
pub mod inside;
pub mod lifecycle;
pub mod listeners;
pub mod logs;
pub mod ops;
