//! Connections of load clients. All kinds look the same from outside: text frames of the WebSocket protocol come out,
//! sends go in, and a lost connection says so once. Never reconnects and never keeps a message: that is for the caller.

mod http;
pub(super) mod rest;
mod socket;
pub(super) mod wire;

use tokio_tungstenite::tungstenite::Utf8Bytes;

pub(super) use http::HttpLink;
pub(super) use socket::SocketLink;

/// What came out of a connection.
#[derive(Debug)]
pub(super) enum Got {
    /// A text frame.
    Frame(Utf8Bytes),
    /// The connection is gone: connect again and resume.
    Lost,
    /// The server says that the session is over.
    Over,
    /// The server does not accept the token.
    Denied,
}

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Nobody there, or not now: another attempt may succeed.
    Passing,
    /// The session is over.
    Over,
    /// The token is not accepted.
    Denied,
}

impl Refusal {
    /// What an HTTP status means to somebody who wants to connect.
    pub fn of(status: u16) -> Self {
        match status {
            401 | 403 => Self::Denied,
            404 | 410 => Self::Over,
            _ => Self::Passing,
        }
    }
}

/// A customer's connection.
pub(super) enum Link {
    /// Both directions on a WebSocket.
    Socket(Box<SocketLink>),
    /// Requests, and a stream or polls.
    Http(HttpLink),
}

impl Link {
    /// Number of the WebSocket for the history's sends; 0 if sends are requests of their own.
    pub fn carrier(&self) -> u32 {
        match self {
            Self::Socket(socket) => socket.number,
            Self::Http(_) => 0,
        }
    }

    /// Number of the connection for the history's events.
    pub fn number(&self) -> u32 {
        match self {
            Self::Socket(socket) => socket.number,
            Self::Http(http) => http.number,
        }
    }

    /// Sends a message: a frame on a socket, the body of a request otherwise. On a socket it leaves with the next flush.
    pub async fn say(&mut self, text: String) -> bool {
        match self {
            Self::Socket(socket) => socket.feed(text).await,
            Self::Http(http) => http.post("messages", text),
        }
    }

    /// Asks for the end of the session, under an id.
    pub async fn close_session(&mut self, id: &str) -> bool {
        match self {
            Self::Socket(socket) => socket.send(wire::json(&wire::Op::Close { id })).await,
            Self::Http(http) => http.post("close", format!("{{\"id\":\"{id}\"}}")),
        }
    }

    /// Asks for a sign of life.
    pub async fn ping(&mut self) -> bool {
        match self {
            Self::Socket(socket) => socket.send(wire::json(&wire::Op::Ping)).await,
            Self::Http(_) => true,
        }
    }

    /// Lets out what was sent. Says whether the connection still stands.
    pub async fn flush(&mut self) -> bool {
        match self {
            Self::Socket(socket) => socket.flush().await,
            Self::Http(_) => true,
        }
    }

    /// The next that comes out; may be dropped half-way without losing anything.
    pub async fn next(&mut self) -> Got {
        match self {
            Self::Socket(socket) => socket.next().await,
            Self::Http(http) => http.next().await,
        }
    }
}
