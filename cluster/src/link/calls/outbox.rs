//! What waits to be written to one connection, bounded in frames and bytes, and the loop that writes it in batches.
//! Never reorders.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::SinkExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;
use tokio_util::codec::FramedWrite;

use super::frames::{Head, Message, MessageEncoder};
use crate::link::limits;
use crate::link::wire::Writing;

/// Frames of one batch; a batch is what must be written within [`limits::WRITE_WITHIN`].
const BATCH: usize = 256;

/// A bound is reached, or the connection is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unsent {
    /// Too much waits.
    Full,
    /// The connection is gone.
    Gone,
}

/// The way into the queue.
#[derive(Clone, Debug)]
pub(super) struct Outbox {
    frames: mpsc::Sender<Message>,
    bytes: Arc<Semaphore>,
}

impl Outbox {
    /// An empty queue, and the end that is written.
    pub(super) fn new() -> (Self, mpsc::Receiver<Message>) {
        let (frames, waiting) = mpsc::channel(limits::OUTBOX_FRAMES);
        (Self { frames, bytes: Arc::new(Semaphore::new(limits::OUTBOX_BYTES)) }, waiting)
    }

    /// Queues a frame if there is room now.
    pub(super) fn try_send(&self, head: Head, body: Bytes) -> Result<(), Unsent> {
        let counted = match size(&body) {
            0 => None,
            size => {
                let counted = Arc::clone(&self.bytes).try_acquire_many_owned(size);
                Some(counted.map_err(|_| Unsent::Full)?)
            }
        };
        let sent = self.frames.try_send(Message { head, body, _counted: counted });
        sent.map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Unsent::Full,
            mpsc::error::TrySendError::Closed(_) => Unsent::Gone,
        })
    }

    /// Queues a frame as soon as there is room. A future that is dropped has sent nothing.
    pub(super) async fn send(&self, head: Head, body: Bytes) -> Result<(), Unsent> {
        let counted = self.counted(&body).await?;
        self.frames.send(Message { head, body, _counted: counted }).await.map_err(|_| Unsent::Gone)
    }

    async fn counted(&self, body: &Bytes) -> Result<Option<OwnedSemaphorePermit>, Unsent> {
        match size(body) {
            0 => Ok(None),
            size => {
                let counted = Arc::clone(&self.bytes).acquire_many_owned(size).await;
                counted.map(Some).map_err(|_| Unsent::Gone)
            }
        }
    }
}

/// No body is larger than a frame, and the outbox has room for several.
fn size(body: &Bytes) -> u32 {
    u32::try_from(body.len()).unwrap_or(u32::MAX)
}

/// Writes what is queued until the connection breaks or nobody can queue any more. `more` gives frames that found the
/// queue full.
pub(super) async fn write(
    mut waiting: mpsc::Receiver<Message>,
    mut writer: FramedWrite<Writing, MessageEncoder>,
    more: impl Fn() -> Vec<Head>,
) -> io::Result<()> {
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        let late = more().into_iter().map(|head| Message { head, body: Bytes::new(), _counted: None });
        batch.extend(late);
        timeout(limits::WRITE_WITHIN, flush(&mut writer, &mut batch)).await??;
    }
    Ok(())
}

async fn flush(
    writer: &mut FramedWrite<Writing, MessageEncoder>,
    batch: &mut Vec<Message>,
) -> io::Result<()> {
    for message in batch.drain(..) {
        writer.feed(message).await?;
    }
    writer.flush().await
}
