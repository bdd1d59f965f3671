//! Streams that the acceptor pushes: the feeder's end and the reader's end. A slow reader stops its own feeder and nothing
//! else. Never reorders, and never resumes: a reader whose stream was reset opens another.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

use super::client::Calls;
use super::credit::Credit;
use super::frames::Head;
use super::outbox::Outbox;
use super::{CallError, NotSent};
use crate::link::limits;

/// What a stream gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// The next item.
    Item(Bytes),
    /// The feeder ended it with this code.
    End(u16),
    /// The peer had no place for it: it was not begun.
    Busy,
    /// The link died or the feeder failed: resume elsewhere, from what was seen.
    Reset,
}

/// Where the connection's task puts what arrives for one stream.
#[derive(Debug)]
pub(super) struct Inbox {
    to: mpsc::Sender<Pushed>,
    held: Arc<AtomicUsize>,
}

/// The other end of an [`Inbox`].
#[derive(Debug)]
pub(super) struct Items {
    from: mpsc::Receiver<Pushed>,
    held: Arc<AtomicUsize>,
}

impl Inbox {
    /// Room for all items that credit allows, and for the end.
    pub(super) fn new() -> (Self, Items) {
        let (to, from) = mpsc::channel(limits::STREAM_ITEMS as usize + 1);
        let held = Arc::<AtomicUsize>::default();
        (Self { to, held: Arc::clone(&held) }, Items { from, held })
    }

    /// Keeps an item for the reader; `false` = the feeder had no credit for it.
    pub(super) fn put(&self, item: Bytes) -> bool {
        let before = self.held.fetch_add(item.len(), Ordering::Relaxed);
        let room = self.to.capacity() > 1 && before < limits::STREAM_BYTES as usize;
        // A reader that is gone has cancelled; what still arrives is dropped.
        room && !matches!(self.to.try_send(Pushed::Item(item)), Err(mpsc::error::TrySendError::Full(_)))
    }

    /// The feeder ended it.
    pub(super) fn end(self, code: u16) {
        let _ = self.to.try_send(Pushed::End(code));
    }

    /// It was not begun, or its feeder failed.
    pub(super) fn fail(self, error: &CallError) {
        let busy = matches!(error, CallError::NotSent(NotSent::PeerBusy));
        let _ = self.to.try_send(if busy { Pushed::Busy } else { Pushed::Reset });
    }
}

/// The reader's end of a stream. Dropping it cancels the stream.
#[derive(Debug)]
pub struct Subscription {
    id: u64,
    items: Items,
    calls: Calls,
    owed: (u32, u32),
    ended: Option<Pushed>,
}

impl Subscription {
    pub(super) const fn new(id: u64, items: Items, calls: Calls) -> Self {
        Self { id, items, calls, owed: (0, 0), ended: None }
    }

    /// The next item, or how it ended; the end is repeated for ever. Dropping the future loses nothing.
    pub async fn recv(&mut self) -> Pushed {
        if let Some(end) = &self.ended {
            return end.clone();
        }
        self.pay_back().await;
        let pushed = match self.items.from.try_recv() {
            Ok(pushed) => pushed,
            Err(TryRecvError::Empty) => self.items.from.recv().await.unwrap_or(Pushed::Reset),
            Err(TryRecvError::Disconnected) => Pushed::Reset,
        };
        self.note(&pushed);
        pushed
    }

    /// Gives credit back once half of it is owed; so the feeder always has some while the reader waits.
    async fn pay_back(&mut self) {
        let (items, bytes) = self.owed;
        if items < limits::STREAM_ITEMS / 2 && bytes < limits::STREAM_BYTES / 2 {
            return;
        }
        // When the link is gone, the inbox says so next.
        let _ = self.calls.line().outbox.send(Head::Credit { id: self.id, items, bytes }, Bytes::new()).await;
        self.owed = (0, 0);
    }

    fn note(&mut self, pushed: &Pushed) {
        match pushed {
            Pushed::Item(item) => {
                self.items.held.fetch_sub(item.len(), Ordering::Relaxed);
                let size = u32::try_from(item.len()).unwrap_or(u32::MAX);
                self.owed = (self.owed.0 + 1, self.owed.1.saturating_add(size));
            }
            Pushed::End(_) | Pushed::Busy | Pushed::Reset => self.ended = Some(pushed.clone()),
        }
    }

    /// The items alone, as a stream that is over when this is.
    pub fn into_stream(self) -> impl Stream<Item = Bytes> + Send {
        futures_util::stream::unfold(self, |mut this| async move {
            match this.recv().await {
                Pushed::Item(item) => Some((item, this)),
                Pushed::End(_) | Pushed::Busy | Pushed::Reset => None,
            }
        })
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.calls.line().give_up(self.id);
    }
}

/// The stream is over: its reader left or the link died.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stream is over, or the item is larger than a frame")]
pub struct PushError;

/// The feeder's end of a stream.
#[derive(Debug)]
pub struct Push {
    id: u64,
    credit: Arc<Credit>,
    outbox: Outbox,
}

impl Push {
    pub(super) const fn new(id: u64, credit: Arc<Credit>, outbox: Outbox) -> Self {
        Self { id, credit, outbox }
    }

    /// Pushes one item as soon as the reader has room for it.
    pub async fn send(&mut self, item: Bytes) -> Result<(), PushError> {
        if item.len() > limits::BODY_BYTES {
            return Err(PushError);
        }
        self.credit.take(item.len()).await;
        self.outbox.send(Head::Item { id: self.id }, item).await.map_err(|_| PushError)
    }
}
