//! How long to wait before the next attempt: doubling, with chance in it, so that many nodes do not knock at once.
//! Never sleeps itself.

use std::time::Duration;

use aws_lc_rs::rand;

use crate::link::limits;

/// The waits of one link.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// All is well: the next loss is answered at once.
    pub(super) const fn reset(&mut self) {
        self.failures = 0;
    }

    /// The wait after one more failure.
    pub(super) fn failed(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        jittered(doubled(limits::RETRY_FIRST, limits::RETRY_LAST, self.failures), chance())
    }
}

fn doubled(first: Duration, last: Duration, times: u32) -> Duration {
    let factor = 1_u32.checked_shl(times.saturating_sub(1)).unwrap_or(u32::MAX);
    first.saturating_mul(factor).min(last)
}

/// Between half of it and all of it.
fn jittered(wait: Duration, chance: u8) -> Duration {
    wait / 2 + wait * u32::from(chance) / (2 * u32::from(u8::MAX))
}

fn chance() -> u8 {
    let mut byte = [0];
    // Without random numbers there is no hello either; the longest wait is as good as any.
    rand::fill(&mut byte).map_or(u8::MAX, |()| byte[0])
}

#[cfg(test)]
mod tests {
    //! How waits grow, and that they end growing.

    use super::*;

    #[test]
    fn waits_double_up_to_the_last() {
        let wait = |times| doubled(limits::RETRY_FIRST, limits::RETRY_LAST, times);
        assert_eq!(wait(1), limits::RETRY_FIRST);
        assert_eq!(wait(3), limits::RETRY_FIRST * 4);
        assert_eq!(wait(40), limits::RETRY_LAST);
        assert_eq!(wait(u32::MAX), limits::RETRY_LAST);
    }

    #[test]
    fn chance_moves_a_wait_between_half_and_all_of_it() {
        let wait = Duration::from_millis(100);
        assert_eq!(jittered(wait, 0), wait / 2);
        assert_eq!(jittered(wait, u8::MAX), wait);
    }

    #[test]
    fn no_failure_waits_longer_than_the_last_and_success_begins_anew() {
        let mut backoff = Backoff::default();
        for _ in 0..20 {
            assert!(backoff.failed() <= limits::RETRY_LAST);
        }
        assert!(backoff.failed() >= limits::RETRY_LAST / 2);
        backoff.reset();
        assert!(backoff.failed() <= limits::RETRY_FIRST);
    }
}
