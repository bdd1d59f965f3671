//! The way from one worker to another and to the matchmaker. Never waits: what does not fit is repeated by whoever wants it.

use std::sync::Arc;

use crate::limits;
use crate::runtime::mpsc;
use crate::shard::place;
use crate::shard::worker::msg::{Msg, ToAgent, ToDesk, ToSession};
use crate::words::{AgentId, SessionId};

/// Senders to all workers of this node, by shard, and to the matchmaker.
#[derive(Clone)]
pub struct Links {
    shards: Arc<[mpsc::Sender<Msg>]>,
    desk: mpsc::Sender<ToDesk>,
}

/// What the other ends read.
pub type Ends = (Vec<mpsc::Receiver<Msg>>, mpsc::Receiver<ToDesk>);

impl Links {
    /// Links to `shards` workers and a matchmaker, and the ends that they read.
    #[must_use]
    pub fn open(shards: u16) -> (Self, Ends) {
        let (to, from): (Vec<_>, Vec<_>) = (0..shards).map(|_| mpsc::channel(limits::SHARD_QUEUE)).unzip();
        let (desk, desk_end) = mpsc::channel(limits::SHARD_QUEUE);
        (Self { shards: to.into(), desk }, (from, desk_end))
    }

    /// Sends to the worker of a session.
    ///
    /// # Errors
    /// Gives the message back when the worker's queue is full or the worker has ended.
    #[expect(clippy::result_large_err, reason = "the caller needs its message back to answer it")]
    pub fn session(&self, id: SessionId, what: ToSession) -> Result<(), ToSession> {
        let shard = place::session(id, self.count());
        self.shards[usize::from(shard)].try_send(Msg::Session(id, what)).map_err(|e| match e.into_inner() {
            Msg::Session(_, what) => what,
            Msg::Agent(..) | Msg::Stop(_) => unreachable!("the message that was sent comes back"),
        })
    }

    /// Sends to the worker of an agent.
    ///
    /// # Errors
    /// Gives the message back when the worker's queue is full or the worker has ended.
    pub fn agent(&self, id: &AgentId, what: ToAgent) -> Result<(), ToAgent> {
        let shard = place::agent(id, self.count());
        self.shards[usize::from(shard)].try_send(Msg::Agent(id.clone(), what)).map_err(|e| {
            match e.into_inner() {
                Msg::Agent(_, what) => what,
                Msg::Session(..) | Msg::Stop(_) => unreachable!("the message that was sent comes back"),
            }
        })
    }

    /// Sends to the matchmaker; `false` when its queue is full.
    #[must_use]
    pub fn desk(&self, what: ToDesk) -> bool {
        self.desk.try_send(what).is_ok()
    }

    /// All workers' queues.
    #[must_use]
    pub fn all(&self) -> &[mpsc::Sender<Msg>] {
        &self.shards
    }

    fn count(&self) -> u16 {
        u16::try_from(self.shards.len()).unwrap_or(u16::MAX)
    }
}
