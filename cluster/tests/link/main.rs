//! The peer port through its public face, on loopback.

mod calls;
mod hello;
mod pipes;
mod streams;
mod support;
