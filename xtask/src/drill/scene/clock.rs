//! The clock that histories, logs and drills share. Never a stop watch.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::drill::seen::window::Moment;

/// Now.
#[expect(
    clippy::disallowed_methods,
    reason = "a drill compares with the logs of other processes; no simulation runs it"
)]
pub fn unix() -> Moment {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, micros)
}

/// A time as it is counted here.
pub fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
