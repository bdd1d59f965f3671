//! An agent's working day, pure: sign-ins, states and reservations of capacity, as a journal of its own (promise P9).
//! No IO, no clock, no randomness, no async, ordered maps only.
//!
//! [`AgentDay`] is the state; [`AgentDay::decide`] says what an input makes happen, [`AgentDay::apply`] makes it so and
//! [`AgentDay::effects`] says what the state wants of others. [`AgentSoft`] is what a takeover may forget.
//!
//! How an agent and a session agree about one reservation, whatever is lost, repeated or late:
//!
//! | the session says | the reservation here | what happens | answer |
//! |---|---|---|---|
//! | `Held` | reserved | `Offered` | |
//! | `Denied` | reserved, offered | `Released{Denied}` | |
//! | `NotHeld` | reserved, offered, engaged | `Released{Denied}`: asked past the deadline only, so it is the last word | |
//! | `Denied`, `Held` | engaged | nothing: an old answer | |
//! | any | gone | nothing: an old answer | |
//! | engage | reserved, offered | `Engaged` | `Done` |
//! | engage | engaged | nothing | `Done` |
//! | engage | denied before, capacity is free and somebody is signed in | `Engaged`: the session's later word wins | `Done` |
//! | engage | denied before but no capacity, released or unknown | nothing: capacity is decided here | `GaveUp` |
//! | release | held in any stage, or denied before | `Released{Session}` | `Done` |
//! | release | released or unknown | nothing: it is free | `Done` |
//!
//! An errand to engage what was released is an old one, or the session was asked a second time by an old copy of the question
//! and offered it again. `GaveUp` is right in both cases: a session that does not hold the reservation ignores it, and one
//! that does gives the customer back their place in line instead of an agent without capacity.

mod day;
mod decide;
mod effects;
pub mod event;
mod refusal;
mod soft;

#[cfg(test)]
mod tests;

pub use day::{AgentDay, Device, Past, Reservation, SavedAgentDay};
pub use decide::{AgentDecision, AgentDraft, AgentReceipt};
pub use effects::{AgentEffect, AgentWant};
pub use refusal::AgentRefusal;
pub use soft::AgentSoft;
