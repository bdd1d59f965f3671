//! Entries and heartbeats to one member, many under way at once. Never ends with a reply outstanding, unless it is dropped:
//! openraft drains every stream to its end, and a stream that stays open stops its replication.

use futures_util::{Stream, StreamExt};
use openraft::errors::RPCError;
use openraft::raft::{AppendEntriesRequest, StreamAppendResult};
use tokio::time::timeout;

use super::network::{Client, lost};
use super::wire::{decode, encode};
use crate::limits;
use crate::raft::types::Types;
use crate::transport::Broken;

type Reply = Result<StreamAppendResult<Types>, RPCError<Types>>;

/// One stream of openraft over the client's pipe.
pub struct Appending<'c, S> {
    client: &'c mut Client,
    input: S,
    /// The input has ended, or the pipe is gone.
    ended: bool,
    /// Replies that are still to come.
    waiting: usize,
}

/// What happened first.
enum Event {
    Request(Option<AppendEntriesRequest<Types>>),
    Reply(StreamAppendResult<Types>),
    /// A reply to a stream before this one.
    Stale,
}

impl<'c, S: Stream<Item = AppendEntriesRequest<Types>> + Send + Unpin> Appending<'c, S> {
    /// A stream over the pipe that the client has.
    pub fn new(client: &'c mut Client, input: S) -> Self {
        Self { client, input, ended: false, waiting: 0 }
    }

    /// The next reply, in the order of the requests; none once the input has ended and all replies are in.
    pub async fn next(mut self) -> Option<(Reply, Self)> {
        loop {
            if self.ended && self.waiting == 0 {
                return None;
            }
            match self.step().await {
                Ok(None) => {}
                Ok(Some(reply)) => {
                    if reply.is_err() {
                        // The receiver closes after a conflict or a higher vote.
                        self.abandon();
                    }
                    return Some((Ok(reply), self));
                }
                Err(broken) => {
                    self.abandon();
                    return Some((Err(lost(broken)), self));
                }
            }
        }
    }

    async fn step(&mut self) -> Result<Option<StreamAppendResult<Types>>, Broken> {
        match self.event().await? {
            Event::Reply(reply) => {
                self.waiting -= 1;
                return Ok(Some(reply));
            }
            Event::Stale => self.client.owed -= 1,
            Event::Request(None) => self.ended = true,
            Event::Request(Some(request)) => self.send(&request).await?,
        }
        Ok(None)
    }

    async fn event(&mut self) -> Result<Event, Broken> {
        let expected = self.waiting > 0;
        if !expected {
            return self.first().await;
        }
        let stalled = |_| Broken("the member does not answer".to_owned());
        timeout(limits::APPEND_STALL, self.first()).await.map_err(stalled)?
    }

    async fn first(&mut self) -> Result<Event, Broken> {
        let (owed, waiting, ended) = (self.client.owed, self.waiting, self.ended);
        let pipe = self.client.pipe().as_mut().ok_or_else(|| Broken("closed".to_owned()))?;
        tokio::select! {
            biased;
            frame = pipe.recv(), if owed + waiting > 0 => {
                let reply = decode(&frame?)?;
                Ok(if owed > 0 { Event::Stale } else { Event::Reply(reply) })
            }
            request = self.input.next(), if !ended && waiting < limits::APPENDS_UNDER_WAY => {
                Ok(Event::Request(request))
            }
        }
    }

    /// While a frame is being handed over, the pipe is nobody's: if this future is dropped, so is the pipe.
    async fn send(&mut self, request: &AppendEntriesRequest<Types>) -> Result<(), Broken> {
        let frame = encode(request)?;
        let mut pipe = self.client.pipe().take().ok_or_else(|| Broken("closed".to_owned()))?;
        let full = |_| Broken("the member takes nothing".to_owned());
        timeout(limits::SEND_WAIT, pipe.send(frame)).await.map_err(full)??;
        *self.client.pipe() = Some(pipe);
        self.waiting += 1;
        Ok(())
    }

    fn abandon(&mut self) {
        *self.client.pipe() = None;
        self.ended = true;
        self.waiting = 0;
    }
}

impl<S> Drop for Appending<'_, S> {
    fn drop(&mut self) {
        self.client.owed += self.waiting;
    }
}
