//! A listener: one address, one set of routes, its own TLS and its own bound on connections. Accepts, serves and drains;
//! never knows what the routes do.

mod connection;
#[cfg(test)]
mod tests;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::config::Door;
use crate::limits;
use crate::metrics;
use crate::runtime::Runtime;

pub use connection::Io;
pub use tls::{Mutual, Renew, Tls, TlsError};

pub(super) use connection::REQUEST_ID;
use connection::{Connection, Counted};

/// What answers on a listener.
#[derive(Clone)]
pub enum App {
    /// HTTP routes.
    Http(Router),
    /// A protocol of its own on the bare connection.
    Raw(Arc<dyn Fn(Io, SocketAddr) -> crate::shard::door::Wait<()> + Send + Sync>),
}

/// How a listener is told to end.
#[derive(Clone, Debug, Default)]
pub struct Closing {
    /// Accept nothing new; finish what is asked.
    pub gently: CancellationToken,
    /// Cut what is left.
    pub now: CancellationToken,
}

/// Why a listener cannot open.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address is taken, or not ours.
    #[error("listen.{name}.address: cannot listen on {address}: {error}")]
    Bind {
        /// Which listener.
        name: &'static str,
        /// Where.
        address: SocketAddr,
        /// What the system said.
        error: std::io::Error,
    },
    /// Certificate or key cannot be used.
    #[error("listen.{name}.tls_certificate, listen.{name}.tls_key: {error}")]
    Tls {
        /// Which listener.
        name: &'static str,
        /// What is wrong.
        error: TlsError,
    },
}

/// One open listener.
pub struct Listener {
    name: &'static str,
    socket: TcpListener,
    address: SocketAddr,
    tls: Option<Arc<Tls>>,
    limit: u32,
    places: Arc<Semaphore>,
}

impl Listener {
    /// Opens the address; connections wait until [`Listener::serve`].
    pub fn bind(name: &'static str, door: &Door) -> Result<Self, ListenError> {
        let tls = match (&door.tls_certificate, &door.tls_key) {
            (Some(certificate), Some(key)) => {
                let tls = Tls::open(certificate, key).map_err(|error| ListenError::Tls { name, error })?;
                Some(Arc::new(tls))
            }
            _ => None,
        };
        let bind = || {
            let socket = if door.address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
            socket.set_reuseaddr(true)?;
            socket.bind(door.address)?;
            let socket = socket.listen(limits::LISTEN_BACKLOG)?;
            Ok((socket.local_addr()?, socket))
        };
        let (address, socket) =
            bind().map_err(|error| ListenError::Bind { name, address: door.address, error })?;
        let limit = u32::try_from(door.connections).unwrap_or(u32::MAX);
        Ok(Self { name, socket, address, tls, limit, places: Arc::new(Semaphore::new(limit as usize)) })
    }

    /// The bare socket, for whoever serves it in another way.
    #[must_use]
    pub fn into_socket(self) -> TcpListener {
        self.socket
    }

    /// Where it listens, with the port that the system chose.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as a URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", if self.tls.is_some() { "https" } else { "http" }, self.address)
    }

    /// Its TLS, to read the files again.
    #[must_use]
    pub fn tls(&self) -> Option<Arc<Tls>> {
        self.tls.clone()
    }

    /// Accepts and serves until told to close, then waits for the open connections, WebSockets included.
    pub async fn serve(self, app: App, runtime: Arc<dyn Runtime>, closing: Closing) {
        loop {
            let accepted = tokio::select! {
                biased;
                () = closing.gently.cancelled() => break,
                accepted = self.socket.accept() => accepted,
            };
            match accepted {
                Ok(accepted) => self.admit(accepted, &app, &runtime, &closing),
                Err(error) => {
                    tracing::warn!(listener = self.name, %error, "a connection could not be accepted");
                    runtime.sleep(Duration::from_millis(limits::ACCEPT_PAUSE_MS)).await;
                }
            }
        }
        drop(self.socket);
        tokio::select! {
            _all = self.places.acquire_many(self.limit) => {}
            () = closing.now.cancelled() => {}
        }
    }

    fn admit(
        &self,
        (stream, peer): (TcpStream, SocketAddr),
        app: &App,
        runtime: &Arc<dyn Runtime>,
        closing: &Closing,
    ) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            metrics::shed("connections");
            return refuse(&stream, self.tls.is_some());
        };
        metrics::listeners().accepted.with_label_values(&[self.name]).inc();
        let connection = Connection {
            name: self.name,
            stream,
            peer,
            tls: self.tls.as_ref().map(|tls| tls.acceptor()),
            counted: Counted::new(self.name, place),
            closing: closing.clone(),
        };
        runtime.spawn(Box::pin(connection.run(app.clone(), Arc::clone(runtime))));
    }
}

/// Says on a plain connection why it is closed; a client that speaks TLS could not read it.
fn refuse(stream: &TcpStream, tls: bool) {
    const BODY: &str = "{\"type\":\"/problems/connections\",\"title\":\"Too many connections\",\"status\":503,\
        \"code\":\"connections\",\"detail\":\"this node holds as many connections as it may; try again, or another node\"}";
    if tls {
        return;
    }
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nconnection: close\r\n\
         content-type: application/problem+json\r\ncontent-length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    let _ = stream.try_write(answer.as_bytes());
}
