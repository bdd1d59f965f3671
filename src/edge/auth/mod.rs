//! Who is it? Tokens that any node verifies, API keys by their hash, passwords, signed identities. Never keeps a session
//! or an agent; what an agent may do is read from the configuration at every request, so that a change counts at once.

pub mod attempts;
pub mod bearer;
pub mod callers;
pub mod creations;
pub mod identity;
pub mod keys;
pub mod password;
pub mod token;

#[cfg(test)]
mod creations_tests;
#[cfg(test)]
mod tests;

pub use callers::{Customer, Party, Session, Staff};
