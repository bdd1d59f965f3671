//! Which look serves whom: looks are numbered in the order in which they begin, and whoever needs one needs a number above
//! the last that had begun when it asked. Pure: it knows no store, no clock and no task.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::limits;

/// How looks are paced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Looks in flight at once; the second begins when the first is half way.
    pub in_flight: usize,
    /// The least time between the beginnings of two looks; zero: as fast as `in_flight` allows.
    pub apart: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { in_flight: limits::LOOKS_IN_FLIGHT, apart: Duration::ZERO }
    }
}

/// What there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Begin the look of this number now.
    Begin(u64),
    /// Nothing before this tick, unless a look is answered first.
    Wait(u64),
    /// Nothing until somebody needs a look or one is answered.
    Rest,
}

/// The looks of one incarnation. Ticks are nanoseconds of whatever clock the caller has.
#[derive(Debug)]
pub struct Order {
    pace: Pace,
    /// The last look that has begun.
    begun: u64,
    /// The highest number that anybody needs.
    wanted: u64,
    /// The highest look that was clean: it serves every need at or below it.
    clean: u64,
    under_way: BTreeSet<u64>,
    /// When the last one began.
    last: Option<u64>,
    /// How long a look takes, smoothed.
    takes: u64,
    /// Looks that failed since the last answer, and until when none is begun.
    failed: (u32, u64),
}

impl Order {
    /// An order in which no look has begun.
    #[must_use]
    pub fn new(pace: Pace) -> Self {
        let pace = Pace { in_flight: pace.in_flight.clamp(1, limits::LOOKS_IN_FLIGHT_MAX), ..pace };
        let under_way = BTreeSet::new();
        Self { pace, begun: 0, wanted: 0, clean: 0, under_way, last: None, takes: 0, failed: (0, 0) }
    }

    /// What somebody needs who asks when `begun` was the last look to have begun: one that begins later. A look that is under
    /// way may have been answered by the store before the asker's rows were there (protocol rule 10).
    #[must_use]
    pub const fn need(begun: u64) -> u64 {
        begun + 1
    }

    /// The last look that has begun.
    #[must_use]
    pub fn begun(&self) -> u64 {
        self.begun
    }

    /// Everything that is needed up to this number is served.
    #[must_use]
    pub fn clean(&self) -> u64 {
        self.clean
    }

    /// Somebody needs a look of at least this number.
    pub fn want(&mut self, need: u64) {
        self.wanted = self.wanted.max(need);
    }

    /// What to do now. After `Begin` it must be called again.
    pub fn next(&mut self, now: u64) -> Next {
        // What is under way, begun late enough, may yet serve everybody.
        let served = self.clean.max(self.under_way.last().copied().unwrap_or(0));
        if self.wanted <= served || self.under_way.len() >= self.pace.in_flight {
            return Next::Rest;
        }
        let at = self.earliest();
        if now < at {
            return Next::Wait(at);
        }
        self.begun += 1;
        self.under_way.insert(self.begun);
        self.last = Some(now);
        Next::Begin(self.begun)
    }

    /// When the next look may begin: past the back-off, the pace, and spread over the time that one takes.
    fn earliest(&self) -> u64 {
        let Some(last) = self.last else { return self.failed.1 };
        let apart = u64::try_from(self.pace.apart.as_nanos()).unwrap_or(u64::MAX);
        let spread = if self.under_way.is_empty() { 0 } else { self.takes / self.pace.in_flight as u64 };
        last.saturating_add(apart.max(spread)).max(self.failed.1)
    }

    /// A look that took `took` found nothing.
    pub fn was_clean(&mut self, number: u64, took: u64) {
        self.under_way.remove(&number);
        self.clean = self.clean.max(number);
        self.takes = if self.takes == 0 { took } else { self.takes - self.takes / 8 + took / 8 };
        self.failed = (0, 0);
    }

    /// A look gave no answer, and an error is not clean: whoever it was for is served by another one, after a pause.
    pub fn gave_no_answer(&mut self, number: u64, now: u64) {
        self.under_way.remove(&number);
        let (failed, _) = self.failed;
        let pause = limits::REWRITE_AFTER.saturating_mul(1 << failed.min(10)).min(limits::REWRITE_MAX);
        self.failed = (failed.saturating_add(1), now.saturating_add(pause * 1_000_000));
    }
}
