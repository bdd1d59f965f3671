//! What the dialer waits for on one connection: calls and streams by number, bounded. Never touches the wire.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::frames::Head;
use super::streams::Inbox;
use super::{CallError, NotSent, Refused, Unknown};
use crate::link::limits;

/// What a call came to.
pub(super) type Outcome = Result<Bytes, CallError>;

#[derive(Debug, Default)]
struct Waiting {
    last: u64,
    calls: HashMap<u64, oneshot::Sender<Outcome>>,
    streams: HashMap<u64, Inbox>,
    /// Cancels that found the outbox full.
    cancels: Vec<u64>,
    gone: bool,
}

/// Calls and streams that wait.
#[derive(Clone, Debug, Default)]
pub(super) struct Pending(Arc<Mutex<Waiting>>);

impl Pending {
    /// A number for a new call, and where its outcome arrives.
    pub(super) fn call(&self) -> Result<(u64, oneshot::Receiver<Outcome>), NotSent> {
        let mut waiting = self.0.lock();
        let id = waiting.next(|waiting| waiting.calls.len() < limits::CALLS_IN_FLIGHT)?;
        let (to, outcome) = oneshot::channel();
        waiting.calls.insert(id, to);
        Ok((id, outcome))
    }

    /// A number for a new stream whose items go into `inbox`.
    pub(super) fn stream(&self, inbox: Inbox) -> Result<u64, NotSent> {
        let mut waiting = self.0.lock();
        let id = waiting.next(|waiting| waiting.streams.len() < limits::STREAMS_PER_PEER)?;
        waiting.streams.insert(id, inbox);
        Ok(id)
    }

    /// Nobody waits for it any more; `true` if somebody did, so the other side must be told.
    pub(super) fn forget(&self, id: u64) -> bool {
        let mut waiting = self.0.lock();
        waiting.calls.remove(&id).is_some() | waiting.streams.remove(&id).is_some()
    }

    /// Keeps a cancel that found the outbox full. As many as were queued at most: each belongs to a frame in the outbox,
    /// or to something that was in flight.
    pub(super) fn cancel_later(&self, id: u64) {
        self.0.lock().cancels.push(id);
    }

    /// Those cancels, once.
    pub(super) fn cancels(&self) -> Vec<Head> {
        let cancels = std::mem::take(&mut self.0.lock().cancels);
        cancels.into_iter().map(|id| Head::Cancel { id }).collect()
    }

    /// Takes one frame of the acceptor; `false` = it broke the protocol. What nobody waits for any more is dropped.
    pub(super) fn settle(&self, head: Head, body: Bytes) -> bool {
        let mut waiting = self.0.lock();
        match head {
            Head::Reply { id } => waiting.answer(id, Ok(body)),
            Head::Refused { id, code } => waiting.answer(id, Err(Refused { code, body }.into())),
            Head::Failed { id } => waiting.fail(id, Unknown::Failed.into()),
            Head::Busy { id } => waiting.fail(id, NotSent::PeerBusy.into()),
            Head::Item { id } => return waiting.streams.get(&id).is_none_or(|inbox| inbox.put(body)),
            Head::End { id, code } => waiting.end(id, code),
            Head::Call { .. } | Head::Cancel { .. } | Head::Open { .. } | Head::Credit { .. } => {
                return false;
            }
        }
        true
    }

    /// The connection is gone: calls are unknown, streams are reset, and nothing new is taken.
    pub(super) fn close(&self) {
        let mut waiting = self.0.lock();
        waiting.gone = true;
        for (_, to) in waiting.calls.drain() {
            let _ = to.send(Err(Unknown::LinkLost.into()));
        }
        waiting.streams.clear();
    }
}

impl Waiting {
    fn next(&mut self, has_room: impl Fn(&Self) -> bool) -> Result<u64, NotSent> {
        if self.gone {
            return Err(NotSent::NoLink);
        }
        if !has_room(self) {
            return Err(NotSent::Busy);
        }
        self.last += 1;
        Ok(self.last)
    }

    fn answer(&mut self, id: u64, outcome: Outcome) {
        if let Some(to) = self.calls.remove(&id) {
            let _ = to.send(outcome);
        }
    }

    /// Of a call or of a stream.
    fn fail(&mut self, id: u64, error: CallError) {
        if let Some(inbox) = self.streams.remove(&id) {
            inbox.fail(&error);
        }
        self.answer(id, Err(error));
    }

    fn end(&mut self, id: u64, code: u16) {
        if let Some(inbox) = self.streams.remove(&id) {
            inbox.end(code);
        }
    }
}
