//! The tools' own door to clock, chance and tasks. They are clients outside of the server, no simulation runs them, and
//! they share none of its rooms; so they do not go through the server's runtime either.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The clock of one run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    began: Instant,
}

#[expect(clippy::disallowed_methods, reason = "this is the tools' one door")]
impl Clock {
    /// Begins to count.
    pub fn start() -> Self {
        Self { began: Instant::now() }
    }

    /// Microseconds since the start, never backward.
    pub fn micros(self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Milliseconds since 1970 UTC.
    pub fn unix_millis() -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    /// Ends after `wait`.
    pub async fn sleep(wait: Duration) {
        tokio::time::sleep(wait).await;
    }

    /// Runs a task until it ends; nobody waits for it.
    pub fn spawn(task: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(task);
    }
}

/// 128 random bits of the system.
pub(super) fn random() -> u128 {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system's random source answers");
    u128::from_be_bytes(bytes)
}
