//! The way from one worker to another and to the matchmaker, here or on another node. Never waits: what does not fit, or is
//! lost on the way, is said again by whoever wants it.

use std::sync::Arc;

use parking_lot::RwLock;

use crate::limits;
use crate::runtime::{mpsc, oneshot, watch};
use crate::shard::place;
use crate::shard::worker::msg::{Msg, ToAgent, ToDesk, ToSession};
use crate::words::{AgentId, SessionId};

/// Senders to the workers of this node, by shard, and to the matchmaker, if it is here.
#[derive(Clone)]
pub struct Links {
    shards: Arc<[RwLock<Option<mpsc::Sender<Msg>>>]>,
    desk: Arc<RwLock<Option<mpsc::Sender<ToDesk>>>>,
    away: Arc<dyn Away>,
    /// Counts the workers that came.
    came: Arc<watch::Sender<u64>>,
}

/// The way to workers and a matchmaker of other nodes. A message to nobody, or one that is lost, is said again later.
pub trait Away: Send + Sync + 'static {
    /// To the owner of a session.
    fn session(&self, id: SessionId, what: ToSession);

    /// To the owner of an agent's journal.
    fn agent(&self, id: &AgentId, what: ToAgent);

    /// To the matchmaker; whether it was sent.
    fn desk(&self, what: ToDesk) -> bool;
}

/// There is no other node.
#[derive(Clone, Copy, Debug)]
pub struct Nowhere;

impl Away for Nowhere {
    fn session(&self, _: SessionId, _: ToSession) {}

    fn agent(&self, _: &AgentId, _: ToAgent) {}

    fn desk(&self, _: ToDesk) -> bool {
        false
    }
}

/// Why nothing was sent; the message comes back.
#[derive(Debug)]
pub enum Unsent<T> {
    /// The worker's queue is full.
    Full(T),
    /// No worker of that shard is here.
    NotHere(T),
}

impl Links {
    /// Links of a node that has no workers yet.
    #[must_use]
    pub fn open(shards: u16, away: Arc<dyn Away>) -> Self {
        let shards = (0..shards).map(|_| RwLock::new(None)).collect();
        Self { shards, desk: Arc::default(), away, came: Arc::new(watch::channel(0).0) }
    }

    /// Whether a worker of this shard is here.
    #[must_use]
    pub fn is_here(&self, shard: u16) -> bool {
        self.shards[usize::from(shard)].read().as_ref().is_some_and(|worker| !worker.is_closed())
    }

    /// Ends when a worker of this shard is here.
    pub async fn entered(&self, shard: u16) {
        let mut came = self.came.subscribe();
        // Its sender lives as long as these links.
        let _ = came.wait_for(|_| self.is_here(shard)).await;
    }

    /// A worker of this shard is here from now on; it reads this end. One that was here before hears nothing more.
    #[must_use]
    pub fn enter(&self, shard: u16) -> mpsc::Receiver<Msg> {
        let (to, from) = mpsc::channel(limits::SHARD_QUEUE);
        *self.shards[usize::from(shard)].write() = Some(to);
        self.came.send_modify(|came| *came += 1);
        from
    }

    /// No worker of this shard is here any more; the way to the one that was, for whoever ends it.
    pub fn leave(&self, shard: u16) -> Option<mpsc::Sender<Msg>> {
        self.shards[usize::from(shard)].write().take()
    }

    /// Asks a worker of this node to say when the journals of its active list have been read.
    ///
    /// # Errors
    /// When its queue is full, or it is not here.
    pub fn recovered(&self, shard: u16) -> Result<oneshot::Receiver<()>, Unsent<()>> {
        let (reply, recovered) = oneshot::channel();
        self.send(shard, Msg::Recovered(reply)).map_err(|unsent| unsent.map(drop))?;
        Ok(recovered)
    }

    /// The matchmaker is here from now on; it reads this end.
    #[must_use]
    pub fn enter_desk(&self) -> mpsc::Receiver<ToDesk> {
        let (to, from) = mpsc::channel(limits::SHARD_QUEUE);
        *self.desk.write() = Some(to);
        from
    }

    /// The matchmaker is not here any more.
    pub fn leave_desk(&self) {
        *self.desk.write() = None;
    }

    /// Sends to a worker of this node.
    ///
    /// # Errors
    /// Gives the message back when the worker's queue is full, or it is not here.
    #[expect(clippy::result_large_err, reason = "the caller needs its message back to answer it")]
    pub fn session(&self, id: SessionId, what: ToSession) -> Result<(), Unsent<ToSession>> {
        let shard = place::session(id, self.count());
        self.send(shard, Msg::Session(id, what)).map_err(|unsent| {
            unsent.map(|msg| match msg {
                Msg::Session(_, what) => what,
                _ => unreachable!("the message that was sent comes back"),
            })
        })
    }

    /// Sends to a worker of this node.
    ///
    /// # Errors
    /// Gives the message back when the worker's queue is full, or it is not here.
    #[expect(clippy::result_large_err, reason = "the caller needs its message back to answer it")]
    pub fn agent(&self, id: &AgentId, what: ToAgent) -> Result<(), Unsent<ToAgent>> {
        let shard = place::agent(id, self.count());
        self.send(shard, Msg::Agent(id.clone(), what)).map_err(|unsent| {
            unsent.map(|msg| match msg {
                Msg::Agent(_, what) => what,
                _ => unreachable!("the message that was sent comes back"),
            })
        })
    }

    /// Says something to a session, wherever it is.
    pub fn tell_session(&self, id: SessionId, what: ToSession) {
        if let Err(Unsent::NotHere(what)) = self.session(id, what) {
            self.away.session(id, what);
        }
    }

    /// Says something to an agent's journal, wherever it is; `false` when it was certainly not heard.
    pub fn tell_agent(&self, id: &AgentId, what: ToAgent) -> bool {
        match self.agent(id, what) {
            Ok(()) => true,
            Err(Unsent::Full(_)) => false,
            Err(Unsent::NotHere(what)) => {
                self.away.agent(id, what);
                true
            }
        }
    }

    /// Says something to the matchmaker, wherever it is; `false` when it was certainly not heard.
    #[must_use]
    pub fn tell_desk(&self, what: ToDesk) -> bool {
        match self.desk(what) {
            Ok(()) => true,
            Err(Unsent::Full(_)) => false,
            Err(Unsent::NotHere(what)) => self.away.desk(what),
        }
    }

    /// Sends to the matchmaker of this node.
    ///
    /// # Errors
    /// Gives the message back when its queue is full, or it is not here.
    pub fn desk(&self, what: ToDesk) -> Result<(), Unsent<ToDesk>> {
        match &*self.desk.read() {
            Some(desk) => desk.try_send(what).map_err(unsent),
            None => Err(Unsent::NotHere(what)),
        }
    }

    /// Says something to every worker that is here; one whose queue is full misses it.
    pub fn all(&self, what: impl Fn() -> Msg) {
        for shard in self.shards.iter() {
            if let Some(worker) = &*shard.read() {
                let _ = worker.try_send(what());
            }
        }
    }

    /// How many shards the cluster has.
    #[must_use]
    pub fn count(&self) -> u16 {
        u16::try_from(self.shards.len()).unwrap_or(u16::MAX)
    }

    #[expect(clippy::result_large_err, reason = "the caller needs its message back to answer it")]
    fn send(&self, shard: u16, msg: Msg) -> Result<(), Unsent<Msg>> {
        match &*self.shards[usize::from(shard)].read() {
            Some(worker) => worker.try_send(msg).map_err(unsent),
            None => Err(Unsent::NotHere(msg)),
        }
    }
}

impl<T> Unsent<T> {
    fn map<U>(self, make: impl FnOnce(T) -> U) -> Unsent<U> {
        match self {
            Self::Full(what) => Unsent::Full(make(what)),
            Self::NotHere(what) => Unsent::NotHere(make(what)),
        }
    }
}

/// A worker that has ended is not here, whatever its entry says.
fn unsent<T>(error: mpsc::error::TrySendError<T>) -> Unsent<T> {
    match error {
        mpsc::error::TrySendError::Full(what) => Unsent::Full(what),
        mpsc::error::TrySendError::Closed(what) => Unsent::NotHere(what),
    }
}
