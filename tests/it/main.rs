//! Tests through the front door: the real binary as a process, asked over its listeners as clients ask. Never reaches
//! inside the server.

mod api;
mod bad;
mod center;
mod config;
mod crash;
mod doors;
mod metrics;
mod stop;
mod support;
mod talk;
mod text;
