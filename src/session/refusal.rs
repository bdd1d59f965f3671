//! Why a session says no. Part of the protocol with clients: `edge/refusals.rs` gives each its code and its advice.

use crate::words::Seq;

/// A domain refusal: nothing was stored, and repeating the same input will be refused again unless the state changes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such session.
    #[error("there is no such session")]
    NoSession,
    /// Create was asked under an id that already names a session with another content.
    #[error("this creation key already names another session")]
    AlreadyCreated,
    /// The caller is not, or no longer, a party of this session.
    #[error("the caller is not in this session")]
    NotInSession,
    /// The caller's role may not do this.
    #[error("this role may not do that")]
    NotAllowed,
    /// The chat is closed.
    #[error("the chat is closed")]
    Closed,
    /// The interaction is stopped.
    #[error("the interaction is over")]
    Stopped,
    /// The message id was used before with other content.
    #[error("this message id was used before with other content")]
    IdReused,
    /// A field is too large, too long or too many.
    #[error("{field} is over its limit of {limit}")]
    TooLarge {
        /// Which, as on the wire.
        field: &'static str,
        /// The limit, in the field's unit.
        limit: u64,
    },
    /// A field is empty, has control characters, or is not one of the allowed values.
    #[error("{field}: {wants}")]
    Malformed {
        /// Which, as on the wire.
        field: &'static str,
        /// What is wanted.
        wants: &'static str,
    },
    /// Userdata outside the name space that the caller may write.
    #[error("this key belongs to a name space that the caller may not write")]
    WrongNamespace,
    /// There is no such party here now.
    #[error("there is no such party in this session")]
    NoParty,
    /// There is no such offer, or it ended.
    #[error("there is no such offer, or it has ended")]
    NoOffer,
    /// The caller has no assignment here.
    #[error("the caller has no assignment in this session")]
    NotAssigned,
    /// The transfer's target is not configured.
    #[error("there is no such queue or agent")]
    NoTarget,
    /// The disposition is not one of the service's codes.
    #[error("the service has no such disposition")]
    NoDisposition,
    /// The sender is over its rate.
    #[error("too many events; wait {retry_ms} ms")]
    TooFast {
        /// When to try again.
        retry_ms: u64,
    },
    /// The owner knows fewer events than the sender does.
    #[error("this owner knows only up to {known}")]
    Stale {
        /// The owner's last seq.
        known: Seq,
    },
}
