//! The runtime of one life of a simulated process: the world's clock with a skew of its own, seeded chance, and tasks that all
//! end when the process is killed. Never outlives its group.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use holdfast::runtime::{Runtime, oneshot, watch};
use holdfast::words::Time;

use super::{Chance, Group, World};

/// The wall clock when a world begins, milliseconds: some moment in 2026.
const BEGAN: u64 = 1_770_000_000_000;

/// One life of a process.
pub struct Process {
    world: World,
    group: Group,
    /// Milliseconds that its wall clock is ahead of the world's beginning.
    clock: u64,
    chance: Chance,
    dead: watch::Sender<bool>,
}

impl Process {
    /// A process in a group of its own, whose clock is this many milliseconds ahead.
    pub fn new(world: &World, group: Group, (ahead, chance): (u64, Chance)) -> Arc<Self> {
        let dead = watch::channel(false).0;
        Arc::new(Self { world: world.clone(), group, clock: BEGAN + ahead, chance, dead })
    }

    /// Everything of it ends now.
    pub fn kill(&self) {
        self.dead.send_replace(true);
        self.world.kill(self.group);
    }

    /// Whether it was killed or gave up.
    pub fn is_dead(&self) -> bool {
        *self.dead.borrow()
    }

    /// Runs something in this process for somebody outside; `None` when the process dies meanwhile.
    pub async fn within<T: Send + 'static>(
        &self,
        act: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        if self.is_dead() {
            return None;
        }
        let (done, result) = oneshot::channel();
        self.world.spawn(self.group, async move {
            // Whoever asked may have gone.
            let _ = done.send(act.await);
        });
        result.await.ok()
    }
}

impl Runtime for Process {
    fn now(&self) -> Time {
        Time(self.clock + self.world.now() / 1_000_000)
    }

    fn ticks(&self) -> u64 {
        self.world.now()
    }

    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()> + Send + 'static>>) {
        if !self.is_dead() {
            self.world.spawn(self.group, task);
        }
    }

    fn sleep(&self, wait: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        Box::pin(self.world.sleep(wait))
    }

    fn beside(&self, work: Box<dyn FnOnce() + Send + 'static>) {
        self.spawn(Box::pin(async move { work() }));
    }

    fn give_up(&self, why: &str) {
        self.world.note(&format!("a process gives up: {why}"));
        self.kill();
    }

    fn random(&self) -> u128 {
        (u128::from(self.chance.draw()) << 64) | u128::from(self.chance.draw())
    }
}
