//! The one door to clock, chance, tasks and waiting. Shard, journal and door reach the world only through [`Runtime`],
//! so that a whole cluster can run inside one deterministic simulation. Never decides anything.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub use tokio::sync::{mpsc, oneshot, watch};

use crate::words::Time;

/// The exit code of a node that gave up.
pub const EXIT_GAVE_UP: i32 = 71;

/// What runs tasks, tells the time and rolls dice.
pub trait Runtime: Send + Sync + 'static {
    /// The wall clock.
    fn now(&self) -> Time;

    /// A clock for durations only: nanoseconds since this runtime began, never backward.
    fn ticks(&self) -> u64;

    /// Runs a task until it ends; a stop of the process does not wait for it unless its owner does.
    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()> + Send + 'static>>);

    /// Ends after `wait`.
    fn sleep(&self, wait: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>>;

    /// Runs work that blocks on a thread of its own.
    fn beside(&self, work: Box<dyn FnOnce() + Send + 'static>);

    /// Ends this node's life: it has lost something that it must not go on without (protocol trace F7). Its successor takes
    /// a new generation and knows nothing of the old one's memory.
    fn give_up(&self, why: &str);

    /// 128 random bits; secret-grade on a real machine, reproducible in a simulation.
    fn random(&self) -> u128;
}

/// The runtime of a real process: tokio, the system clock, the system's random source.
#[derive(Debug)]
pub struct Real {
    began: std::time::Instant,
}

impl Real {
    /// The runtime of this process; call from within tokio.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one door")]
    pub fn start() -> Arc<dyn Runtime> {
        Arc::new(Self { began: std::time::Instant::now() })
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one door")]
impl Runtime for Real {
    fn now(&self) -> Time {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Time(since.map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX)))
    }

    fn ticks(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()> + Send + 'static>>) {
        tokio::spawn(task);
    }

    fn sleep(&self, wait: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        Box::pin(tokio::time::sleep(wait))
    }

    fn beside(&self, work: Box<dyn FnOnce() + Send + 'static>) {
        tokio::task::spawn_blocking(work);
    }

    fn give_up(&self, why: &str) {
        tracing::error!(why, "this node gives up; start it again");
        std::process::exit(EXIT_GAVE_UP);
    }

    fn random(&self) -> u128 {
        let mut bytes = [0; 16];
        aws_lc_rs::rand::fill(&mut bytes).expect("the system's random source answers");
        u128::from_be_bytes(bytes)
    }
}
