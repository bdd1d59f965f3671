//! The workers that run under one incarnation, and the matchmaker where its shard is. Never decides who owns what.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;

use crate::runtime::{mpsc, oneshot};
use crate::shard::desk::Desk;
use crate::shard::looks::Looks;
use crate::shard::place;
use crate::shard::site::Site;
use crate::shard::worker::msg::Msg;
use crate::shard::worker::{End, Shared, Worker};
use crate::store::journal::Epoch;

/// A worker has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Of which shard.
    pub shard: u16,
    /// In which epoch.
    pub epoch: Epoch,
    /// How; `None`: it failed, and its memory is lost.
    pub how: Option<End>,
}

/// The workers of one incarnation.
pub struct Crew {
    shared: Shared,
    ended: mpsc::Sender<Ended>,
}

impl Crew {
    /// Nobody works yet; and where the ends of those who will come.
    #[must_use]
    pub fn new(site: &Site, looks: Looks) -> (Arc<Self>, mpsc::Receiver<Ended>) {
        let (ended, ends) = mpsc::channel(usize::from(site.links.count()) + 1);
        (Arc::new(Self { shared: Shared { site: site.clone(), looks }, ended }), ends)
    }

    /// Starts the worker of a shard that was granted. What an earlier epoch knew is not kept.
    pub fn employ(&self, shard: u16, epoch: Epoch) {
        let inbox = self.shared.links.enter(shard);
        if shard == place::desk(self.shared.links.count()) {
            self.seat_the_matchmaker();
        }
        let worker = AssertUnwindSafe(Worker::new(self.shared.clone(), shard, epoch, inbox).run());
        let ended = self.ended.clone();
        self.shared.runtime.spawn(Box::pin(async move {
            // A worker that lost its memory never goes on in the same epoch.
            let how = worker.catch_unwind().await.ok();
            // Nobody listens any more when the whole incarnation has ended.
            let _ = ended.send(Ended { shard, epoch, how }).await;
        }));
    }

    /// Ends the worker of a shard for good, once nothing of its is in flight or so much time has passed.
    pub async fn dismiss(&self, shard: u16, within: Duration) {
        if shard == place::desk(self.shared.links.count()) {
            self.shared.links.leave_desk();
        }
        let Some(worker) = self.shared.links.leave(shard) else { return };
        let (done, ended) = oneshot::channel();
        // A full queue is waited for: stopping is never urgent enough to lose the order.
        if worker.send(Msg::Stop(done, within)).await.is_ok() {
            // A worker that fails instead of stopping has ended, too.
            let _ = ended.await;
        }
    }

    /// Everything of this incarnation ends now: nothing is published, answered or looked for any more.
    pub fn end(&self) {
        self.shared.looks.end();
        self.shared.links.leave_desk();
        for shard in 0..self.shared.links.count() {
            drop(self.shared.links.leave(shard));
        }
    }

    fn seat_the_matchmaker(&self) {
        let inbox = self.shared.links.enter_desk();
        let known = (self.shared.centers.clone(), self.shared.board.clone());
        let desk = Desk::new(self.shared.runtime.clone(), self.shared.links.clone(), known, inbox);
        self.shared.runtime.spawn(Box::pin(desk.run()));
    }
}
