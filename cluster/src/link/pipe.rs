//! A pipe: frames to one peer and back, in order, on a connection of its own, so that no other use delays them.
//! Never matches answers to requests and never reconnects.

use std::io;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{SinkExt, StreamExt as _};
use tokio::time::timeout;

use super::limits;
use super::wire::Connection;
use super::words::{PeerId, PipeLane};

/// Why a pipe can no longer be used; make a new one.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The other side closed it in good order.
    #[error("the other side closed the pipe")]
    Closed,
    /// The connection died, or nothing could be written for too long.
    #[error("the pipe broke: {0}")]
    Io(#[from] io::Error),
    /// A frame is larger than [`limits::FRAME_BYTES`]; the pipe itself is still good.
    #[error("a frame of {0} bytes is too large")]
    TooLarge(usize),
}

/// Frames in order, both ways.
#[derive(Debug)]
pub struct Pipe(Connection);

impl Pipe {
    pub(crate) const fn new(connection: Connection) -> Self {
        Self(connection)
    }

    /// Who is at the other end.
    #[must_use]
    pub const fn peer(&self) -> &PeerId {
        self.0.peer()
    }

    /// Sends one frame now. A future that is dropped half way may have sent it or not.
    pub async fn send(&mut self, frame: Bytes) -> Result<(), Broken> {
        self.feed(frame).await?;
        self.flush().await
    }

    /// Puts one frame behind those that the next flush sends.
    pub async fn feed(&mut self, frame: Bytes) -> Result<(), Broken> {
        if frame.len() > limits::FRAME_BYTES {
            return Err(Broken::TooLarge(frame.len()));
        }
        within(self.0.wire.feed(frame)).await
    }

    /// Sends what was fed.
    pub async fn flush(&mut self) -> Result<(), Broken> {
        within(SinkExt::<Bytes>::flush(&mut self.0.wire)).await
    }

    /// The next frame. Dropping the future loses nothing.
    pub async fn recv(&mut self) -> Result<Bytes, Broken> {
        match self.0.wire.next().await {
            Some(frame) => Ok(frame?.freeze()),
            None => Err(Broken::Closed),
        }
    }
}

/// No write may hang for longer than a link's user time-out has long noticed.
async fn within(write: impl Future<Output = io::Result<()>>) -> Result<(), Broken> {
    let late = |_| Broken::Io(io::ErrorKind::TimedOut.into());
    Ok(timeout(limits::WRITE_WITHIN, write).await.map_err(late)??)
}

/// What serves pipes that peers open.
pub trait PipeHandler: Send + Sync + 'static {
    /// Uses one pipe until it breaks; dropped when the port stops.
    fn serve(&self, from: PeerId, lane: PipeLane, pipe: Pipe) -> BoxFuture<'_, ()>;
}
