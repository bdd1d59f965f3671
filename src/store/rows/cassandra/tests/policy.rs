//! What is asked of a second node, and what is not.

use std::time::Duration;

use scylla::errors::{BrokenConnectionErrorKind, DbError, RequestAttemptError, WriteType};
use scylla::policies::retry::RetryDecision;
use scylla::statement::Consistency;

use super::super::connect::policy::decide;
use super::super::stats::{Kind, Stats};

const NEXT: RetryDecision = RetryDecision::RetryNextTarget(None);
const ENOUGH: RetryDecision = RetryDecision::DontRetry;

fn db(error: DbError) -> RequestAttemptError {
    RequestAttemptError::DbError(error, String::new())
}

fn twice(error: &RequestAttemptError, idempotent: bool) -> [RetryDecision; 2] {
    let mut once = false;
    [decide(error, idempotent, &mut once), decide(error, idempotent, &mut once)]
}

/// Errors of one node go to the next; what all nodes would say, does not.
#[test]
fn idempotent() {
    let consistency = Consistency::LocalQuorum;
    let unavailable = db(DbError::Unavailable { consistency, required: 2, alive: 1 });
    assert_eq!(twice(&unavailable, true), [NEXT, ENOUGH], "two opinions are enough");
    for error in [DbError::Overloaded, DbError::ServerError, DbError::IsBootstrapping] {
        assert_eq!(twice(&db(error), true), [NEXT, NEXT], "a matter of one node");
    }
    let broken = RequestAttemptError::BrokenConnectionError(BrokenConnectionErrorKind::ChannelError.into());
    assert_eq!(twice(&broken, true), [NEXT, NEXT], "a broken connection");
    let write_type = WriteType::Simple;
    let timeout = db(DbError::WriteTimeout { consistency, received: 1, required: 2, write_type });
    assert_eq!(twice(&timeout, true), [ENOUGH, ENOUGH], "the write's owner repeats it");
    assert_eq!(twice(&db(DbError::Invalid), true), [ENOUGH, ENOUGH], "wrong everywhere");
}

/// Compare and set goes to a second node only when the first was never asked.
#[test]
fn once_only() {
    let broken = RequestAttemptError::BrokenConnectionError(BrokenConnectionErrorKind::ChannelError.into());
    let consistency = Consistency::LocalQuorum;
    let unavailable = db(DbError::Unavailable { consistency, required: 2, alive: 1 });
    for error in [broken, unavailable, db(DbError::Overloaded), db(DbError::ServerError)] {
        assert_eq!(twice(&error, false), [ENOUGH, ENOUGH], "it may have been decided");
    }
    assert_eq!(twice(&RequestAttemptError::UnableToAllocStreamId, false), [NEXT, NEXT], "nothing was sent");
}

/// A busy store answers in bunches: what a quick one taught must not make a second request of each in the next pause.
#[test]
fn the_median_is_that_of_many_bunches() {
    let stats = Stats::default();
    let answers = |count: u32, millis: u64| {
        for _ in 0..count {
            stats.sent(Kind::Write);
            stats.ended(Kind::Write, Duration::from_millis(millis), None);
        }
    };
    (0..200).for_each(|_| {
        answers(60, 5);
        answers(60, 50);
    });
    answers(60, 5);
    let quick = stats.median();
    answers(60, 50);
    assert!(quick > Duration::from_millis(4) && quick.saturating_mul(2) > stats.median(), "{quick:?}");
    answers(20_000, 2);
    let idle = stats.median();
    assert!(idle < Duration::from_micros(2_100), "it follows for good: {idle:?}");
}
