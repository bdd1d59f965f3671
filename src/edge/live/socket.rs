//! The socket itself: writing with a deadline, closing with a code. Never knows what the frames say.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};

use crate::edge::Shared;
use crate::edge::auth::bearer::PROTOCOL;
use crate::limits::{
    CLOSE_WITHIN, SOCKET_GATHER_BYTES, SOCKET_READ_BYTES, SOCKET_WRITE_BYTES, WIRE_BYTES, WRITE_WITHIN,
};

/// Why the server ends a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Come back and resume from your last seq.
    Resume,
    /// The token expired, was wrong or was signed out.
    Token,
    /// The session is over.
    Over,
    /// The client does not speak the protocol.
    Protocol,
    /// The client is gone already.
    Gone,
}

impl End {
    const fn frame(self) -> Option<(u16, &'static str)> {
        match self {
            Self::Resume => Some((4000, "resume")),
            Self::Token => Some((4001, "token expired or wrong")),
            Self::Over => Some((4002, "session over")),
            Self::Protocol => Some((4003, "protocol error")),
            Self::Gone => None,
        }
    }
}

/// The upgrade with buffers that keep an idle socket small.
pub fn sized(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade
        .protocols([PROTOCOL])
        .read_buffer_size(SOCKET_READ_BYTES)
        .write_buffer_size(SOCKET_GATHER_BYTES)
        .max_write_buffer_size(SOCKET_WRITE_BYTES)
        .max_message_size(WIRE_BYTES)
        .max_frame_size(WIRE_BYTES)
}

/// Writes all frames and flushes once. A client that does not take them in time is too slow.
pub async fn write(socket: &mut WebSocket, frames: &mut Vec<Message>, shared: &Shared) -> Result<(), End> {
    if frames.is_empty() {
        return Ok(());
    }
    let all = async {
        for frame in frames.drain(..) {
            socket.feed(frame).await?;
        }
        socket.flush().await
    };
    let mut all = std::pin::pin!(all);
    // Nearly always the kernel takes everything at once, and no timer is needed.
    if let Some(done) = all.as_mut().now_or_never() {
        return done.map_err(|_| End::Gone);
    }
    tokio::select! {
        done = all => done.map_err(|_| End::Gone),
        () = shared.runtime.sleep(Duration::from_millis(WRITE_WITHIN)) => Err(End::Resume),
    }
}

/// Says why, waits a moment for the other side's close so that the code is not lost, and lets go.
pub async fn close(socket: &mut WebSocket, end: End, shared: &Shared) {
    let Some((code, reason)) = end.frame() else {
        return;
    };
    let reason = Utf8Bytes::from(reason);
    let goodbye = async {
        if socket.send(Message::Close(Some(CloseFrame { code, reason }))).await.is_err() {
            return;
        }
        while let Some(Ok(_)) = socket.next().await {}
    };
    tokio::select! {
        () = goodbye => {}
        () = shared.runtime.sleep(Duration::from_millis(CLOSE_WITHIN)) => {}
    }
}
