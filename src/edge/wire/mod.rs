//! The wire's own words: how events, answers and requests look as JSON. Domain types are not serializable, so that a
//! rename inside never changes the API. Never decides anything.

pub mod acts;
pub mod answer;
pub mod bodies;
pub mod event;
pub mod frame;
pub mod time;
pub mod words;

#[cfg(test)]
mod tests;
