//! The way out: resolve, connect, TLS, hello, each within its time. Never tries twice, and not at all soon after a hello
//! was refused.

mod holdback;

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_util::either::Either;

use crate::link::counters::{LinkCounters, count};
use crate::link::hello::{HelloError, Identity, TlsFault, ask};
use crate::link::limits;
use crate::link::pipe::Pipe;
use crate::link::wire::{Connection, Io, Socket, strange};
use crate::link::words::{Addressee, Lane, PipeLane};

use holdback::Holdback;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// The host is there and its port is closed: the process is gone, or not there yet.
    #[error("the port is closed")]
    PortClosed,
    /// The network says that the host is not there.
    #[error("the host is unreachable")]
    Unreachable,
    /// Nothing answered in time, the name is unknown, or this node has no network itself.
    #[error("no answer: {0}")]
    Silent(String),
    /// A hello to this peer was refused a moment ago; nothing was tried.
    #[error("the last hello was refused ({why}); the next one has to wait {} ms", .wait.as_millis())]
    HeldBack {
        /// Until the next may be tried.
        wait: Duration,
        /// What was said of the last one.
        why: Arc<str>,
    },
    /// The connection broke.
    #[error("connection failed: {0}")]
    Failed(io::Error),
    /// The hello failed.
    #[error(transparent)]
    Hello(#[from] HelloError),
}

impl DialError {
    fn from_connect(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::ConnectionRefused => Self::PortClosed,
            ErrorKind::HostUnreachable => Self::Unreachable,
            ErrorKind::TimedOut | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => {
                Self::Silent(error.to_string())
            }
            _ => Self::Failed(error),
        }
    }

    /// Whether trying again soon is pointless: somebody has to change something first.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        match self {
            Self::Hello(error) => error.is_refusal(),
            Self::HeldBack { .. } => true,
            Self::PortClosed | Self::Unreachable | Self::Silent(_) | Self::Failed(_) => false,
        }
    }
}

/// TLS of the way out; the configuration can be replaced while running.
#[derive(Debug)]
pub struct DialerTls {
    config: ArcSwap<ClientConfig>,
    name: Option<ServerName<'static>>,
}

impl DialerTls {
    /// `name` is what every peer's certificate is issued for; without it, each peer's own host name is asked for.
    #[must_use]
    pub fn new(config: Arc<ClientConfig>, name: Option<ServerName<'static>>) -> Arc<Self> {
        Arc::new(Self { config: ArcSwap::from(config), name })
    }

    /// The next connections use this.
    pub fn replace(&self, config: Arc<ClientConfig>) {
        self.config.store(config);
    }

    async fn wrap(&self, socket: Socket, addr: &str) -> io::Result<Io> {
        let name = match &self.name {
            Some(name) => name.clone(),
            None => host(addr).to_owned().try_into().map_err(|_| io::Error::from(ErrorKind::InvalidInput))?,
        };
        let connector = TlsConnector::from(self.config.load_full());
        Ok(Either::Right(connector.connect(name, socket).await?.into()))
    }
}

/// A handshake that failed; a name that cannot be looked for in a certificate is nobody's fault but the address's.
fn failed(error: io::Error) -> DialError {
    match TlsFault::of(&error) {
        Some(fault) => HelloError::Tls(fault).into(),
        None => DialError::Failed(error),
    }
}

/// The host of `host:port`, without the brackets of an IPv6 address.
fn host(addr: &str) -> &str {
    let host = addr.rsplit_once(':').map_or(addr, |(host, _)| host);
    host.trim_start_matches('[').trim_end_matches(']')
}

/// Connects to peers.
#[derive(Clone, Debug)]
pub struct Dialer {
    identity: Arc<Identity>,
    tls: Option<Arc<DialerTls>>,
    counters: Arc<LinkCounters>,
    held: Arc<Holdback>,
}

impl Dialer {
    /// A dialer that introduces itself as `identity`.
    #[must_use]
    pub fn new(identity: Arc<Identity>, tls: Option<Arc<DialerTls>>, counters: Arc<LinkCounters>) -> Self {
        Self { identity, tls, counters, held: Arc::default() }
    }

    /// Who this node is.
    #[must_use]
    pub const fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// What is counted.
    #[must_use]
    pub const fn counters(&self) -> &Arc<LinkCounters> {
        &self.counters
    }

    /// One attempt to reach `to` at `addr` (`host:port`). None is made soon after one was refused.
    pub async fn dial(&self, addr: &str, to: Addressee, lane: Lane) -> Result<Connection, DialError> {
        if let Some((wait, why)) = self.held.wait(addr, &to, lane) {
            return Err(DialError::HeldBack { wait, why });
        }
        let dialed = self.attempt(addr, to.clone(), lane).await;
        match &dialed {
            Ok(_) => self.held.release(addr, &to, lane),
            Err(DialError::Hello(why)) if why.is_refusal() => self.held.refused(addr, &to, lane, why),
            Err(_) => {}
        }
        count(match &dialed {
            Ok(_) => &self.counters.dialed,
            Err(error) if error.is_refusal() => &self.counters.hellos_refused,
            Err(_) => &self.counters.dials_failed,
        });
        dialed
    }

    /// How long a hello to this peer has to wait, because the last one was refused.
    #[must_use]
    pub fn held_back(&self, addr: &str, to: &Addressee, lane: Lane) -> Option<Duration> {
        self.held.wait(addr, to, lane).map(|(wait, _)| wait)
    }

    /// This peer was met elsewhere: what was refused before may pass now.
    pub fn release(&self, addr: &str, to: &Addressee, lane: Lane) {
        self.held.release(addr, to, lane);
    }

    /// One attempt to open a pipe.
    pub async fn pipe(&self, addr: &str, to: Addressee, lane: PipeLane) -> Result<Pipe, DialError> {
        Ok(Pipe::new(self.dial(addr, to, Lane::Pipe(lane)).await?))
    }

    async fn attempt(&self, addr: &str, to: Addressee, lane: Lane) -> Result<Connection, DialError> {
        let connected = timeout(limits::CONNECT_WITHIN, TcpStream::connect(addr)).await;
        let late = |_| DialError::Silent(format!("{} ms", limits::CONNECT_WITHIN.as_millis()));
        let stream = connected.map_err(late)?.map_err(DialError::from_connect)?;
        let socket = Socket::new(stream).map_err(DialError::Failed)?;
        let hello = async {
            let io = match &self.tls {
                Some(tls) => tls.wrap(socket, addr).await.map_err(failed)?,
                None => Either::Left(socket),
            };
            Ok(ask(strange(io), &self.identity, to, lane).await?)
        };
        timeout(limits::HELLO_WITHIN, hello).await.unwrap_or(Err(DialError::Hello(HelloError::Late)))
    }
}

#[cfg(test)]
mod tests {
    //! What an address says about the host.

    use super::host;

    #[test]
    fn the_host_of_an_address_is_found() {
        assert_eq!(host("node-1.peers:7400"), "node-1.peers");
        assert_eq!(host("[::1]:7400"), "::1");
        assert_eq!(host("10.0.0.1:7400"), "10.0.0.1");
    }
}
