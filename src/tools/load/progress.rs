//! Shows how far a run is: a bar on a terminal, a line now and then elsewhere. Never changes the run.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::run::Run;
use crate::tools::clock::Clock;

/// Redraws until it is dropped.
pub(super) async fn show(run: Arc<Run>) {
    let terminal = std::io::stderr().is_terminal();
    let every = if terminal { Duration::from_millis(200) } else { Duration::from_secs(10) };
    let bar = ProgressBar::new(run.talks.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} conversations  {msg}") {
        bar.set_style(style);
    }
    let mut before = 0;
    loop {
        Clock::sleep(every).await;
        let acked = run.counts.acked.load(Ordering::Relaxed);
        let rate = (acked - before) as f64 / every.as_secs_f64();
        before = acked;
        let (done, line) = (run.counts.done.load(Ordering::Relaxed), line(&run, acked, rate));
        if terminal {
            bar.set_position(done);
            bar.set_message(line);
        } else {
            eprintln!("{done}/{} conversations  {line}", run.talks.len());
        }
    }
}

fn line(run: &Run, acked: u64, rate: f64) -> String {
    let counts = &run.counts;
    let (repeated, again) =
        (counts.repeated.load(Ordering::Relaxed), counts.reconnected.load(Ordering::Relaxed));
    let refusal = counts.refusal.lock().clone().map(|r| format!(", last refusal: {r}")).unwrap_or_default();
    format!("{acked} acknowledged, {rate:.0}/s, {repeated} repeated, {again} reconnections{refusal}")
}
