//! Why an agent's day says no. `edge/refusals.rs` gives each its code and its advice; the matchmaker reads those of `Reserve`.

/// A domain refusal: nothing was stored, and the same input will be refused again unless the state changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgentRefusal {
    /// The day has not begun: the caller writes `Opened` first.
    #[error("the working day has not begun")]
    NotOpen,
    /// The day is over: the caller asks the next one.
    #[error("the working day is over")]
    Ended,
    /// No device is signed in, or not this one.
    #[error("this agent or device is not signed in")]
    NotSignedIn,
    /// The agent takes no offers now.
    #[error("the agent is not ready")]
    NotReady,
    /// All capacity is promised.
    #[error("the agent has no free capacity")]
    AtCapacity,
    /// The offer's deadline has passed or is further away than any offer may last.
    #[error("the offer's deadline has passed or is too far away")]
    BadDeadline,
    /// This reservation is over.
    #[error("this reservation is over")]
    Over,
    /// This reservation id belongs to another session, or the session has another one here.
    #[error("the reservation contradicts one that is held")]
    Conflict,
    /// As many devices as may be are signed in.
    #[error("too many devices are signed in; the limit is {limit}")]
    TooManyDevices {
        /// The limit.
        limit: usize,
    },
    /// A field is empty, too long, or has control characters.
    #[error("{field}: {wants}")]
    Malformed {
        /// Which, as on the wire.
        field: &'static str,
        /// What is wanted.
        wants: &'static str,
    },
}
