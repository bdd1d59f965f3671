//! The dialer's side: sends calls, waits for their answers until the deadline, and cancels what nobody waits for.
//! Never repeats a call.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;
use tokio_util::codec::{FramedRead, LengthDelimitedCodec};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::frames::{Head, MessageEncoder, decode, next};
use super::outbox::{Outbox, Unsent, write};
use super::pending::Pending;
use super::streams::{Inbox, Subscription};
use super::{CallError, NotSent, Unknown};
use crate::link::counters::{LinkCounters, count};
use crate::link::limits;
use crate::link::tasks::Tasks;
use crate::link::wire::{Connection, Reading};
use crate::link::words::{Lane, PeerId};

/// One connection for calls. Cheap to clone; the connection closes with its last clone.
#[derive(Clone, Debug)]
pub struct Calls {
    peer: PeerId,
    line: Line,
    open: CancellationToken,
    closed: CancellationToken,
    _last: Arc<DropGuard>,
}

/// What a call, a subscription and the connection's task share.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) pending: Pending,
    pub(super) outbox: Outbox,
    counters: Arc<LinkCounters>,
}

impl Line {
    /// Ends the wait for a call or stream, and tells the other side if it still works on it.
    pub(super) fn give_up(&self, id: u64) {
        let told = !self.pending.forget(id)
            || self.outbox.try_send(Head::Cancel { id }, Bytes::new()) != Err(Unsent::Full);
        if !told {
            self.pending.cancel_later(id);
        }
    }
}

/// Cancels its call unless the outcome arrived before.
struct Waiter<'a>(&'a Line, u64);

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.give_up(self.1);
    }
}

/// Tells everybody who waits, however the connection's task ends.
struct End(Pending, CancellationToken);

impl Drop for End {
    fn drop(&mut self) {
        self.0.close();
        self.1.cancel();
    }
}

impl Calls {
    /// Begins calling over a connection of the lane for calls; call from within the runtime that shall run it.
    ///
    /// # Panics
    /// If the connection is of another lane.
    pub fn start(connection: Connection, counters: &Arc<LinkCounters>) -> io::Result<Self> {
        Self::start_among(connection, counters, &Tasks::default())
    }

    /// The same as one of `tasks`.
    pub(crate) fn start_among(
        connection: Connection,
        counters: &Arc<LinkCounters>,
        tasks: &Tasks,
    ) -> io::Result<Self> {
        let is_for_calls = matches!(connection.lane, Lane::Calls | Lane::Edge);
        assert!(is_for_calls, "calls need a connection of their lane");
        let peer = connection.peer.clone();
        let (outbox, waiting) = Outbox::new();
        let line = Line { pending: Pending::default(), outbox, counters: Arc::clone(counters) };
        let (reader, writer) = connection.split(MessageEncoder)?;
        let (open, closed) = (CancellationToken::new(), CancellationToken::new());
        let (running, stop) = (line.clone(), open.clone());
        let end = End(running.pending.clone(), closed.clone());
        tasks.spawn(async move {
            let _end = end;
            tokio::select! {
                _ended = read(reader, &running) => {}
                _ended = write(waiting, writer, || running.pending.cancels()) => {}
                () = stop.cancelled() => {}
            }
        });
        let last = Arc::new(open.clone().drop_guard());
        Ok(Self { peer, line, open, closed, _last: last })
    }

    /// Who answers.
    #[must_use]
    pub const fn peer(&self) -> &PeerId {
        &self.peer
    }

    /// Closes the connection for all clones: what is in flight becomes unknown, and streams are reset.
    pub fn close(&self) {
        self.open.cancel();
    }

    /// Ends when the connection is gone.
    pub async fn closed(&self) {
        self.closed.cancelled().await;
    }

    /// Asks, and waits for the answer for at most `within` (and never longer than [`limits::CALL_WITHIN`]). Dropping the
    /// future cancels the call at the other side, as far as it was not done yet.
    pub async fn call(&self, method: u16, body: Bytes, within: Duration) -> Result<Bytes, CallError> {
        let outcome = self.ask(method, body, within.min(limits::CALL_WITHIN)).await;
        let counters = &self.line.counters;
        match &outcome {
            Err(CallError::NotSent(_)) => count(&counters.calls_not_sent),
            Err(CallError::Unknown(_)) => count(&counters.calls_unknown),
            Ok(_) | Err(CallError::Refused(_)) => {}
        }
        outcome
    }

    async fn ask(&self, method: u16, body: Bytes, within: Duration) -> Result<Bytes, CallError> {
        fits(&body)?;
        let (id, outcome) = self.line.pending.call()?;
        let left_ms = u32::try_from(within.as_millis()).unwrap_or(u32::MAX);
        self.queue(id, Head::Call { id, method, left_ms }, body)?;
        count(&self.line.counters.calls_sent);
        let _waiter = Waiter(&self.line, id);
        match timeout(within, outcome).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(Unknown::LinkLost.into()),
            Err(_) => Err(Unknown::Deadline.into()),
        }
    }

    /// Opens a stream that the other side pushes. Whether it wants to is known with the first thing that arrives.
    pub fn open(&self, method: u16, body: Bytes) -> Result<Subscription, NotSent> {
        fits(&body)?;
        let (inbox, items) = Inbox::new();
        let id = self.line.pending.stream(inbox)?;
        let (items_credit, bytes) = (limits::STREAM_ITEMS, limits::STREAM_BYTES);
        self.queue(id, Head::Open { id, method, items: items_credit, bytes }, body)?;
        count(&self.line.counters.streams_opened);
        Ok(Subscription::new(id, items, self.clone()))
    }

    pub(super) const fn line(&self) -> &Line {
        &self.line
    }

    fn queue(&self, id: u64, head: Head, body: Bytes) -> Result<(), NotSent> {
        self.line.outbox.try_send(head, body).map_err(|unsent| {
            self.line.pending.forget(id);
            match unsent {
                Unsent::Full => NotSent::Busy,
                Unsent::Gone => NotSent::NoLink,
            }
        })
    }
}

fn fits(body: &Bytes) -> Result<(), NotSent> {
    if body.len() > limits::BODY_BYTES { Err(NotSent::TooLarge) } else { Ok(()) }
}

/// Settles what arrives until the connection ends or the other side breaks the protocol.
async fn read(mut reader: FramedRead<Reading, LengthDelimitedCodec>, line: &Line) {
    while let Some(frame) = next(&mut reader).await {
        let read = frame.ok().and_then(decode);
        let understood = read.is_some_and(|(head, body)| line.pending.settle(head, body));
        if !understood {
            return count(&line.counters.protocol_errors);
        }
    }
}
