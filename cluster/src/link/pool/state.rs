//! How a link fares, as far as the network says. Decides nothing.

use std::sync::Arc;

use crate::link::dial::DialError;
use crate::link::hello::HelloError;
use crate::link::words::PeerId;

/// How the link to one peer fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkState {
    /// It is up.
    Connected,
    /// It was lost, or an attempt broke off half way; the next attempt will tell more.
    Resetting,
    /// The host answers that the port is closed: no process listens there.
    Refused,
    /// The network says that the host is not there.
    Unreachable,
    /// Nothing answers in time, or the name is not known.
    Silent,
    /// Something answers and refuses the hello: another node, another secret, another program.
    TurnedAway,
}

impl LinkState {
    /// The word for logs and metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Resetting => "resetting",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Silent => "silent",
            Self::TurnedAway => "turned_away",
        }
    }

    /// What a failed attempt says.
    pub(super) fn of(error: &DialError) -> Self {
        match error {
            DialError::PortClosed => Self::Refused,
            DialError::Unreachable => Self::Unreachable,
            DialError::Silent(_) => Self::Silent,
            DialError::HeldBack { .. } => Self::TurnedAway,
            DialError::Hello(error) if error.is_refusal() => Self::TurnedAway,
            DialError::Hello(HelloError::Late) => Self::Silent,
            DialError::Failed(_) | DialError::Hello(_) => Self::Resetting,
        }
    }
}

/// What is told of every change; the peer is named by the incarnation that the map gives it.
pub type Observer = Arc<dyn Fn(&PeerId, LinkState) + Send + Sync>;
