//! How much of the time somebody on this machine waited for a processor, as the kernel counts it. Never says who.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::window::{Moment, Span};
use crate::bench::machine::pause;
use crate::drill::scene::clock::unix;

/// Between two looks: a pause that people notice is longer.
const GLANCE: Duration = Duration::from_millis(5);
/// Where the kernel counts it: pressure stall information.
const COUNT: &str = "/proc/pressure/cpu";

/// The count from a beginning on, by time.
#[derive(Debug, Clone, Default)]
pub struct Waits(Vec<(Moment, u64)>);

impl Waits {
    /// The share of a span in which somebody waited; nothing where the kernel does not count.
    pub fn share(&self, span: Span) -> Option<f64> {
        let from = self.0.partition_point(|(at, _)| *at < span.from).checked_sub(1)?;
        let to = self.0.partition_point(|(at, _)| *at < span.to);
        let ((began, before), (ended, after)) = (*self.0.get(from)?, *self.0.get(to)?);
        let all = ended.saturating_sub(began);
        (all > 0).then(|| (after.saturating_sub(before) as f64 / all as f64).min(1.0))
    }
}

/// Looks again and again until it is told to end.
pub struct Watch {
    seen: Arc<Mutex<Waits>>,
    ends: Arc<AtomicBool>,
    looks: Option<JoinHandle<()>>,
}

impl Watch {
    /// Begins.
    #[expect(clippy::disallowed_methods, reason = "it ends with this value, and no simulation runs it")]
    pub fn start() -> Self {
        let (seen, ends) = (Arc::<Mutex<Waits>>::default(), Arc::<AtomicBool>::default());
        let (to, end) = (seen.clone(), ends.clone());
        let looks = std::thread::spawn(move || {
            while let (false, Some(count)) = (end.load(Ordering::Relaxed), count()) {
                to.lock().unwrap_or_else(PoisonError::into_inner).0.push((unix(), count));
                pause(GLANCE);
            }
        });
        Self { seen, ends, looks: Some(looks) }
    }

    /// Ends, with what was seen.
    pub fn end(mut self) -> Waits {
        self.halt();
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn halt(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(looks) = self.looks.take() {
            // It panics nowhere; and if it did, nothing more is seen.
            let _ = looks.join();
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.halt();
    }
}

/// Microseconds in which somebody waited, since the machine began.
fn count() -> Option<u64> {
    total(&std::fs::read_to_string(COUNT).ok()?)
}

fn total(text: &str) -> Option<u64> {
    let some = text.lines().find(|line| line.starts_with("some "))?;
    some.split_once("total=")?.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_read() {
        let text = "some avg10=94.86 avg60=96.34 avg300=82.62 total=546281857\nfull avg10=0.00 total=0\n";
        assert_eq!(total(text), Some(546_281_857));
        assert_eq!(total("full total=1"), None);
    }

    #[test]
    fn a_share_is_of_the_looks_around_a_span() {
        let waits = Waits(vec![(0, 0), (10, 0), (20, 10), (30, 15), (40, 15)]);
        let share = |from, to| waits.share(Span { from, to });
        assert_eq!(share(12, 20), Some(1.0));
        assert_eq!(share(12, 30), Some(0.75));
        assert_eq!(share(32, 40), Some(0.0));
        assert_eq!((share(32, 50), Waits::default().share(Span { from: 0, to: 9 })), (None, None));
    }
}
