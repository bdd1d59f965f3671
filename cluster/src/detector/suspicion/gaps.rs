//! The gaps between a peer's beats, lately. Knows no clock.

use std::collections::VecDeque;
use std::time::Duration;

use crate::detector::limits;

/// The last gaps.
#[derive(Clone, Debug, Default)]
pub(super) struct Gaps(VecDeque<Duration>);

impl Gaps {
    /// One more gap; the oldest is forgotten.
    pub(super) fn note(&mut self, gap: Duration) {
        if self.0.len() == limits::GAPS_KEPT {
            self.0.pop_front();
        }
        self.0.push_back(gap);
    }

    /// The gap that one in a hundred exceeds; zero without any. Of few gaps, the longest.
    pub(super) fn p99(&self) -> Duration {
        let mut sorted: Vec<Duration> = self.0.iter().copied().collect();
        sorted.sort_unstable();
        let above = sorted.len() / 100;
        sorted.len().checked_sub(1 + above).map_or(Duration::ZERO, |at| sorted[at])
    }
}

#[cfg(test)]
mod tests {
    //! What the p99 is, of few and of many.

    use super::*;

    #[test]
    fn the_p99_of_few_is_the_longest_and_of_many_leaves_one_in_a_hundred_out() {
        let millis = Duration::from_millis;
        let mut gaps = Gaps::default();
        assert_eq!(gaps.p99(), Duration::ZERO);
        gaps.note(millis(900));
        gaps.note(millis(50));
        assert_eq!(gaps.p99(), millis(900));
        (0..200).for_each(|_| gaps.note(millis(50)));
        assert_eq!(gaps.p99(), millis(50), "one long gap in two hundred does not count");
        (0..3).for_each(|_| gaps.note(millis(300)));
        assert_eq!(gaps.p99(), millis(300));
        (0..limits::GAPS_KEPT).for_each(|_| gaps.note(millis(40)));
        assert_eq!(gaps.p99(), millis(40), "what is old is forgotten");
    }
}
