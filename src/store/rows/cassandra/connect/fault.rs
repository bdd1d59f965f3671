//! Which fault an error of the driver is. Never decides what follows from it.

use scylla::errors::{DbError, ExecutionError, RequestAttemptError};

use super::super::stats::Fault;

/// The fault behind an error.
pub(in super::super) fn of(error: &ExecutionError) -> Fault {
    match error {
        ExecutionError::RequestTimeout(_) => Fault::Timeout,
        ExecutionError::EmptyPlan | ExecutionError::ConnectionPoolError(_) => Fault::Connection,
        ExecutionError::LastAttemptError(attempt) => of_attempt(attempt),
        _ => Fault::Other,
    }
}

fn of_attempt(error: &RequestAttemptError) -> Fault {
    match error {
        RequestAttemptError::BrokenConnectionError(_) => Fault::Connection,
        RequestAttemptError::UnableToAllocStreamId => Fault::Overloaded,
        RequestAttemptError::DbError(error, _) => match error {
            DbError::WriteTimeout { .. } | DbError::ReadTimeout { .. } => Fault::Timeout,
            DbError::Unavailable { .. } | DbError::IsBootstrapping => Fault::Unavailable,
            DbError::Overloaded | DbError::RateLimitReached { .. } => Fault::Overloaded,
            DbError::ReadFailure { .. } | DbError::WriteFailure { .. } => Fault::Failure,
            _ => Fault::Other,
        },
        _ => Fault::Other,
    }
}
