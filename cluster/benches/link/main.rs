//! What a call costs above a bare echo over the same kind of connection, in the same process, one after the other: calls a
//! second, p50 and p99, with 1 and with 64 in flight, over TCP and over TLS. Prints ratios; decides nothing.
//!
//! `cargo bench -p holdfast-cluster --bench link`

#![expect(clippy::unwrap_used, reason = "a measurement may fail")]

mod bare;
mod calls;
mod certificates;

use std::time::Duration;

/// Bytes of one request and of its answer.
pub const BODY: usize = 128;
/// Requests before anything is measured.
const WARM: usize = 2_000;

/// One run: how long it took, and each request's time.
pub struct Run {
    took: Duration,
    each: Vec<Duration>,
}

impl Run {
    /// A run whose requests took so long each.
    pub fn new(took: Duration, mut each: Vec<Duration>) -> Self {
        each.sort_unstable();
        Self { took, each }
    }

    fn rate(&self) -> f64 {
        self.each.len() as f64 / self.took.as_secs_f64()
    }

    fn at(&self, share: usize) -> f64 {
        self.each[self.each.len() * share / 100].as_secs_f64() * 1e6
    }
}

fn print(kind: &str, in_flight: usize, bare: &Run, ours: &Run) {
    println!(
        "{kind} {in_flight:>3} in flight: bare {:>8.0}/s p50 {:>6.0} p99 {:>6.0} µs | calls {:>8.0}/s p50 {:>6.0} p99 {:>6.0} µs | rate x{:.2} p50 x{:.2} p99 x{:.2}",
        bare.rate(),
        bare.at(50),
        bare.at(99),
        ours.rate(),
        ours.at(50),
        ours.at(99),
        ours.rate() / bare.rate(),
        ours.at(50) / bare.at(50),
        ours.at(99) / bare.at(99),
    );
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let authority = certificates::Authority::new();
    for tls in [None, Some(&authority)] {
        for (in_flight, requests) in [(1, 10_000), (64, 60_000), (1, 10_000), (64, 60_000)] {
            let bare = bare::measure(tls, in_flight, requests).await;
            let ours = calls::measure(tls, in_flight, requests).await;
            print(tls.map_or("tcp", |_| "tls"), in_flight, &bare, &ours);
        }
    }
}
