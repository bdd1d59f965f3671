//! How many silent peers may still be named: a bucket that fills again with time. Never stops what is proved otherwise.

use super::Moment;
use crate::detector::limits;

/// The bucket. It begins full.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tokens {
    /// What is used up; drains with time.
    used: f64,
    filled: Moment,
    most: usize,
}

impl Tokens {
    /// Lets time pass, among so many peers.
    pub(super) fn refill(&mut self, peers: usize, now: Moment) {
        let passed = now.saturating_sub(self.filled);
        self.filled = now;
        self.most = (peers / limits::SILENT_SHARE).max(limits::SILENT_AT_ONCE);
        let share = passed.as_secs_f64() / limits::SILENT_PER.as_secs_f64();
        self.used = (self.used - share * self.most as f64).max(0.0);
    }

    /// Takes one, if there is one.
    pub(super) fn take(&mut self) -> bool {
        let one_left = self.used + 1.0 <= self.most as f64;
        if one_left {
            self.used += 1.0;
        }
        one_left
    }
}

#[cfg(test)]
mod tests {
    //! How the bucket empties and fills.

    use std::time::Duration;

    use super::*;

    fn taken(tokens: &mut Tokens) -> usize {
        (0..100).filter(|_| tokens.take()).count()
    }

    #[test]
    fn a_bucket_is_emptied_once_and_fills_within_its_time() {
        let mut tokens = Tokens::default();
        tokens.refill(30, Duration::ZERO);
        assert_eq!(taken(&mut tokens), 10);
        tokens.refill(30, limits::SILENT_PER / 2);
        assert_eq!(taken(&mut tokens), 5);
        tokens.refill(30, limits::SILENT_PER * 10);
        assert_eq!(taken(&mut tokens), 10);
    }

    #[test]
    fn few_peers_have_a_few_tokens_all_the_same() {
        let mut tokens = Tokens::default();
        tokens.refill(2, Duration::ZERO);
        assert_eq!(taken(&mut tokens), limits::SILENT_AT_ONCE);
    }
}
