//! The peer port: one door between nodes, opened by a hello that proves the cluster's secret on both sides, with mutual
//! TLS under it where that is configured. Never knows what a frame means, and never repeats anything that was sent.
//!
//! | part | what it is |
//! |---|---|
//! | [`Identity`] | who this node is, and the key of the secret |
//! | [`Port`] | accepts: hello, then the service of the lane |
//! | [`Dialer`] | connects: TCP, TLS, hello |
//! | [`Calls`] | many requests and pushed streams over one connection |
//! | [`Pipe`] | frames in order, for one use |
//! | [`Links`] | one [`Calls`] per known peer, kept up; says how each link fares |

mod calls;
mod counters;
mod dial;
mod hello;
pub mod limits;
mod pipe;
mod pool;
mod port;
mod tasks;
mod wire;
mod words;

pub use calls::{
    CallError, Calls, Handler, NotSent, Push, PushError, Pushed, Refused, Subscription, Unknown,
};
pub use counters::{LinkCounters, LinkFigures};
pub use dial::{DialError, Dialer, DialerTls};
pub use hello::{HelloError, HelloRefusal, Identity, IdentityError, TlsFault};
pub use pipe::{Broken, Pipe, PipeHandler};
pub use pool::{ConnectError, LinkState, Links, Observer};
pub use port::{Met, Port, Services};
pub use wire::Connection;
pub use words::{Addressee, Lane, Peer, PeerId, PipeLane};
