//! The conversation, pure: `decide` says what an input makes happen, `apply` makes it so. Replay uses `apply` only.
//! No IO, no clock, no randomness, no async, ordered maps only.
//!
//! | file | what it answers |
//! |---|---|
//! | [`event`], [`input`], [`refusal`] | the closed lists: what can have happened, be asked, be refused |
//! | `state`, `apply` | what is remembered, and what each event does to it |
//! | `soft` | who was seen when, and how fast they write: forgotten by a takeover without harm |
//! | `decide` | what an input makes happen |
//! | `effects` | what the state wants from others, and when it wants to be woken |
//! | `view` | who may see what |
//!
//! **Tearing.** A decision is several events; the journal adopts and publishes them whole or not at all. The rules are
//! level-triggered all the same: should a journal end within a decision, as one of an early release may, then
//! [`Session::next_wake`] is at once, and one [`input::Input::Clock`] makes it go on.

mod apply;
mod decide;
mod effects;
pub mod event;
pub mod input;
mod outcome;
pub mod refusal;
mod soft;
mod state;
#[cfg(test)]
mod tests;
mod view;

pub use effects::{Effect, Want};
pub use outcome::{Decision, Draft, Ephemeral, Receipt, Rules};
pub use refusal::Refusal;
pub use soft::Soft;
pub(crate) use state::{Ended, Entry, FlowAt, Line, Offer, Past, Place, Present, Tally, Work};
pub use state::{Head, Phase, RecordState, Session};
pub use view::{Level, Reader};
