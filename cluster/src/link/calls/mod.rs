//! Many requests over one connection: calls whose answers come in any order, and streams that the other side pushes.
//! Only the side that dialed calls. Never sends anything twice, and never calls an unknown outcome a failure.

mod client;
mod credit;
mod frames;
mod outbox;
mod pending;
mod server;
mod streams;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::words::PeerId;

pub use client::Calls;
pub(crate) use server::{Host, serve};
pub use streams::{Push, PushError, Pushed, Subscription};

/// Why a call was not sent: it was certainly not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// There is no connection to this peer now.
    #[error("no link to the peer")]
    NoLink,
    /// As much is in flight to this peer as may be.
    #[error("too much is in flight to the peer")]
    Busy,
    /// The peer handles as much as it may, and did not begin this.
    #[error("the peer is busy")]
    PeerBusy,
    /// The body is larger than [`super::limits::BODY_BYTES`].
    #[error("the body is too large")]
    TooLarge,
}

/// Why the outcome of a call is unknown: it may have been done, or be done later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// No answer by the deadline.
    #[error("no answer by the deadline")]
    Deadline,
    /// The connection died before the answer came.
    #[error("the link died before the answer")]
    LinkLost,
    /// The peer's handler failed while at it.
    #[error("the peer failed while handling it")]
    Failed,
}

/// The peer's handler said no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("refused with code {code}")]
pub struct Refused {
    /// Whatever the two handlers mean by it.
    pub code: u16,
    /// More of it.
    pub body: Bytes,
}

/// Why a call has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Certainly not begun.
    #[error("not sent: {0}")]
    NotSent(#[from] NotSent),
    /// May have been done.
    #[error("outcome unknown: {0}")]
    Unknown(#[from] Unknown),
    /// Answered with no.
    #[error(transparent)]
    Refused(#[from] Refused),
}

/// What serves the calls and streams of peers, each in a task of its own: two calls that are under way together are handled
/// in any order. A call's future is dropped when the caller gave up, the deadline passed
/// or the link died.
pub trait Handler: Send + Sync + 'static {
    /// Answers one call.
    fn call(&self, from: PeerId, method: u16, body: Bytes) -> BoxFuture<'_, Result<Bytes, Refused>>;

    /// Feeds one stream until there is nothing more to say; answers with its closing code.
    fn stream(&self, from: PeerId, method: u16, body: Bytes, push: Push) -> BoxFuture<'_, u16>;
}
