//! When the driver asks a second node: after an error that another node may not have, and when the first one is slow.
//! Never lowers a consistency, never repeats what is not idempotent, and never repeats a write that timed out: whoever
//! owns the write does that, same bytes, until its outcome is known, and doing it twice would multiply the load.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use scylla::errors::{DbError, RequestAttemptError};
use scylla::policies::retry::{RequestInfo, RetryDecision, RetryPolicy, RetrySession};
use scylla::policies::speculative_execution::{Context, SpeculativeExecutionPolicy};

use super::super::stats::Stats;
use crate::limits;

/// Our retry policy.
#[derive(Debug)]
pub struct Retry {
    stats: Arc<Stats>,
}

impl Retry {
    /// A policy that counts what it decides.
    #[must_use]
    pub fn new(stats: Arc<Stats>) -> Self {
        Self { stats }
    }
}

impl RetryPolicy for Retry {
    fn new_session(&self) -> Box<dyn RetrySession> {
        Box::new(OneRequest { stats: self.stats.clone(), once: false })
    }
}

/// The decisions about one request.
struct OneRequest {
    stats: Arc<Stats>,
    /// Whether the repeat that is allowed once was made.
    once: bool,
}

impl RetrySession for OneRequest {
    fn decide_should_retry(&mut self, info: RequestInfo<'_>) -> RetryDecision {
        let decision = decide(info.error, info.is_idempotent, &mut self.once);
        if decision != RetryDecision::DontRetry {
            self.stats.retries.fetch_add(1, Relaxed);
        }
        decision
    }

    fn reset(&mut self) {
        self.once = false;
    }
}

/// What to do after an error. A plan names each node once, so that "next" comes to an end by itself.
pub(in super::super) fn decide(
    error: &RequestAttemptError,
    idempotent: bool,
    once: &mut bool,
) -> RetryDecision {
    let next = RetryDecision::RetryNextTarget(None);
    match error {
        // Nothing was sent.
        RequestAttemptError::UnableToAllocStreamId => next,
        _ if !idempotent => RetryDecision::DontRetry,
        RequestAttemptError::BrokenConnectionError(_) => next,
        RequestAttemptError::DbError(error, _) => match error {
            DbError::Overloaded
            | DbError::ServerError
            | DbError::TruncateError
            | DbError::IsBootstrapping => next,
            // The next node may know better who is alive; a third would only say it again.
            DbError::Unavailable { .. } if !std::mem::replace(once, true) => next,
            // Enough replicas answered, but none with the row itself: the slow one is known by now.
            DbError::ReadTimeout { received, required, data_present: false, .. } if received >= required => {
                if std::mem::replace(once, true) {
                    RetryDecision::DontRetry
                } else {
                    next
                }
            }
            _ => RetryDecision::DontRetry,
        },
        _ => RetryDecision::DontRetry,
    }
}

/// Asks a second node when the first is slow for the store as it is now: after so many medians, within bounds. A paused node
/// slows a third of the requests and leaves the median where it was; a busy store moves the median, and is not asked twice.
#[derive(Debug)]
pub struct Speculation {
    after: Duration,
    stats: Arc<Stats>,
}

impl Speculation {
    /// Not before `after`.
    #[must_use]
    pub fn new(after: Duration, stats: Arc<Stats>) -> Self {
        Self { after, stats }
    }
}

impl SpeculativeExecutionPolicy for Speculation {
    /// One: with two nodes out of three silent there is no quorum to ask for.
    fn max_retry_count(&self, _: &Context) -> usize {
        1
    }

    fn retry_interval(&self, _: &Context) -> Duration {
        let medians = self.stats.median().saturating_mul(limits::CASSANDRA_SPECULATE_MEDIANS);
        medians.clamp(self.after, self.after.max(Duration::from_millis(limits::CASSANDRA_SPECULATE_MAX_MS)))
    }
}
