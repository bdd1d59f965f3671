//! Faults between the store and its servers, made by the proxy at every statement: what the store says of each is true, and
//! nothing is lost. Never breaks a server.

mod ground;
mod looks_and_claims;
mod node;
mod order;
mod pressure;
mod reads;
mod storm;
mod writes;
