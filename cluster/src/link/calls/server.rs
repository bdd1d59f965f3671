//! The acceptor's side: runs one task per call and stream, bounded per peer and in all, and ends them when the caller gave
//! up, the deadline passed or the link died. Never begins what it has no place for.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_util::codec::{FramedRead, LengthDelimitedCodec};

use super::credit::Credit;
use super::frames::{Head, MessageEncoder, decode, next};
use super::outbox::{Outbox, write};
use super::streams::Push;
use super::{Handler, Refused};
use crate::link::counters::{LinkCounters, count};
use crate::link::limits;
use crate::link::tasks::Tasks;
use crate::link::wire::{Connection, Reading};
use crate::link::words::PeerId;

/// What all connections of one port share.
#[derive(Clone)]
pub(crate) struct Host {
    pub(crate) handler: Arc<dyn Handler>,
    /// Places for calls, of all peers together.
    pub(crate) places: Arc<Semaphore>,
    pub(crate) counters: Arc<LinkCounters>,
    pub(crate) tasks: Tasks,
}

/// One call or stream under way.
struct Running {
    task: AbortHandle,
    credit: Option<Arc<Credit>>,
}

/// What is under way for one connection.
type Work = Mutex<HashMap<u64, Running>>;

/// One connection; what is under way for it ends with it.
struct Serving<'a> {
    host: &'a Host,
    from: PeerId,
    outbox: Outbox,
    work: Arc<Work>,
    calls: Arc<Semaphore>,
    streams: Arc<Semaphore>,
}

/// Serves one connection until it ends.
pub(crate) async fn serve(connection: Connection, host: &Host) {
    let from = connection.peer.clone();
    let Ok((reader, writer)) = connection.split(MessageEncoder) else { return };
    let (outbox, waiting) = Outbox::new();
    let serving = Serving {
        host,
        from,
        outbox,
        work: Arc::default(),
        calls: Arc::new(Semaphore::new(limits::CALLS_PER_PEER)),
        streams: Arc::new(Semaphore::new(limits::STREAMS_PER_PEER)),
    };
    tokio::select! {
        () = serving.read(reader) => {}
        _ended = write(waiting, writer, Vec::new) => {}
    }
}

impl Drop for Serving<'_> {
    fn drop(&mut self) {
        for (_, running) in self.work.lock().drain() {
            running.task.abort();
        }
    }
}

impl Serving<'_> {
    async fn read(&self, mut reader: FramedRead<Reading, LengthDelimitedCodec>) {
        while let Some(frame) = next(&mut reader).await {
            let understood = match frame.ok().and_then(decode) {
                Some((head, body)) => self.take(head, body).await,
                None => false,
            };
            if !understood {
                return count(&self.host.counters.protocol_errors);
            }
        }
    }

    /// Takes one frame of the dialer; `false` = it broke the protocol.
    async fn take(&self, head: Head, body: Bytes) -> bool {
        match head {
            Head::Call { id, .. } | Head::Open { id, .. } if self.work.lock().contains_key(&id) => {
                return false;
            }
            Head::Call { id, method, left_ms } => {
                let left = Duration::from_millis(left_ms.into()).min(limits::CALL_WITHIN);
                self.begin(id, |this| this.call(id, method, body, left)).await;
            }
            Head::Open { id, method, items, bytes } => {
                self.begin(id, |this| this.stream(id, method, body, Credit::new(items, bytes))).await;
            }
            Head::Cancel { id } => self.cancel(id),
            Head::Credit { id, items, bytes } => self.give(id, items, bytes),
            Head::Reply { .. }
            | Head::Refused { .. }
            | Head::Busy { .. }
            | Head::Failed { .. }
            | Head::Item { .. }
            | Head::End { .. } => return false,
        }
        true
    }

    /// Begins it if there is a place, and says so if there is none.
    async fn begin(&self, id: u64, start: impl FnOnce(&Self) -> Option<()>) {
        if start(self).is_none() {
            count(&self.host.counters.calls_turned_away);
            // Whoever floods this connection waits here, and nobody else does.
            let _ = self.outbox.send(Head::Busy { id }, Bytes::new()).await;
        }
    }

    fn call(&self, id: u64, method: u16, body: Bytes, left: Duration) -> Option<()> {
        let places = (place(&self.calls)?, place(&self.host.places)?);
        let (host, from, outbox) = (self.host.clone(), self.from.clone(), self.outbox.clone());
        self.run(id, None, async move {
            let _places = places;
            let handled = AssertUnwindSafe(host.handler.call(from, method, body)).catch_unwind();
            let Ok(outcome) = timeout(left, handled).await else {
                return count(&host.counters.calls_given_up);
            };
            count(&host.counters.calls_handled);
            let (head, body) = answer(id, outcome);
            let _ = timeout(left, outbox.send(head, body)).await;
        });
        Some(())
    }

    fn stream(&self, id: u64, method: u16, body: Bytes, credit: Credit) -> Option<()> {
        let place = place(&self.streams)?;
        let (host, from, outbox) = (self.host.clone(), self.from.clone(), self.outbox.clone());
        let credit = Arc::new(credit);
        let push = Push::new(id, Arc::clone(&credit), outbox.clone());
        count(&host.counters.streams_served);
        self.run(id, Some(credit), async move {
            let _place = place;
            let fed = AssertUnwindSafe(host.handler.stream(from, method, body, push)).catch_unwind().await;
            let head = fed.map_or(Head::Failed { id }, |code| Head::End { id, code });
            let _ = outbox.send(head, Bytes::new()).await;
        });
        Some(())
    }

    /// The lock is held over the start, so that the task cannot end before it is known.
    fn run(&self, id: u64, credit: Option<Arc<Credit>>, task: impl Future<Output = ()> + Send + 'static) {
        let work = Arc::clone(&self.work);
        let mut running = self.work.lock();
        let task = self.host.tasks.start(async move {
            task.await;
            work.lock().remove(&id);
        });
        running.insert(id, Running { task, credit });
    }

    fn cancel(&self, id: u64) {
        if let Some(running) = self.work.lock().remove(&id) {
            running.task.abort();
            count(&self.host.counters.calls_given_up);
        }
    }

    fn give(&self, id: u64, items: u32, bytes: u32) {
        let credit = self.work.lock().get(&id).and_then(|running| running.credit.clone());
        if let Some(credit) = credit {
            credit.give(items, bytes);
        }
    }
}

fn place(places: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    Arc::clone(places).try_acquire_owned().ok()
}

/// What is said of an outcome; a handler that panicked, or whose answer no frame can hold, has failed.
fn answer(id: u64, outcome: Result<Result<Bytes, Refused>, Box<dyn std::any::Any + Send>>) -> (Head, Bytes) {
    let (head, body) = match outcome {
        Ok(Ok(body)) => (Head::Reply { id }, body),
        Ok(Err(Refused { code, body })) => (Head::Refused { id, code }, body),
        Err(_) => (Head::Failed { id }, Bytes::new()),
    };
    if body.len() > limits::BODY_BYTES { (Head::Failed { id }, Bytes::new()) } else { (head, body) }
}
