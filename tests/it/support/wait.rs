//! Waiting for a condition, with a deadline that fails the test. Never waits for time to pass.

use std::time::Duration;

/// How long a test waits for anything.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Between two looks at a condition.
const LOOK: Duration = Duration::from_millis(5);

/// The first `Some` that `look` gives; fails the test with `what` when there is none in time.
#[track_caller]
pub fn until<T, F>(what: &str, mut look: impl FnMut() -> F) -> impl Future<Output = T>
where
    F: Future<Output = Option<T>>,
{
    let caller = std::panic::Location::caller();
    async move {
        let looking = async {
            loop {
                if let Some(found) = look().await {
                    return found;
                }
                pause().await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, looking).await;
        found.unwrap_or_else(|_| panic!("{caller}: waited {PATIENCE:?} for {what}"))
    }
}

#[expect(clippy::disallowed_methods, reason = "between two looks at a condition of another process")]
async fn pause() {
    tokio::time::sleep(LOOK).await;
}
