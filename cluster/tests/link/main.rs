//! The peer port through its public face, on loopback.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod calls;
mod detector;
mod edges;
mod hello;
mod pipes;
mod pool;
mod streams;
mod support;
mod tls;
mod watched;
