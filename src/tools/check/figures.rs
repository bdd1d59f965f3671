//! Latencies and rates of a run, from its history. They say how fast, never whether it is right.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use hdrhistogram::Histogram;

use super::model::Run;
use super::silence::Silence;
use crate::tools::history::Micros;

/// Latencies from the intended start, in microseconds.
#[derive(Debug)]
pub struct Figures {
    /// To the acknowledgement.
    pub ack: Histogram<u64>,
    /// To the other side's screen.
    pub screen: Histogram<u64>,
    /// Longest wait for an acknowledgement of each session.
    pub pause: Histogram<u64>,
    /// Acknowledged messages per second between the first send and the last acknowledgement.
    pub sends_per_second: f64,
    /// Sessions with at least one message.
    pub sessions: u64,
    /// The longest time without any acknowledgement.
    pub silence: Silence,
    /// Answers that refused a send, for now or for good, by their code.
    pub refusals: BTreeMap<Box<str>, u64>,
}

impl Figures {
    pub(super) fn of(run: &Run) -> Self {
        let mut longest: HashMap<u32, Micros> = HashMap::new();
        let (mut ack, mut screen, mut pause) = (histogram(), histogram(), histogram());
        let (mut first, mut last, mut count) = (Micros::MAX, 0, 0_u64);
        for message in &run.messages {
            let Some((_, at)) = message.acked else { continue };
            let wait = at.saturating_sub(message.intended);
            ack.saturating_record(wait);
            if let Some(shown) = message.shown {
                screen.saturating_record(shown.saturating_sub(message.intended));
            }
            let most = longest.entry(message.session).or_default();
            *most = wait.max(*most);
            first = first.min(message.begun);
            last = last.max(at);
            count += 1;
        }
        longest.values().for_each(|&wait| pause.saturating_record(wait));
        let seconds = last.saturating_sub(first).max(1) as f64 / 1e6;
        let sends_per_second = count as f64 / seconds;
        let (sessions, silence, refusals) = (longest.len() as u64, Silence::of(run), run.refusals.clone());
        Self { ack, screen, pause, sends_per_second, sessions, silence, refusals }
    }

    /// The 99th percentile of the sessions' longest waits, rounded up to milliseconds.
    #[must_use]
    pub fn pause_p99_ms(&self) -> u64 {
        self.pause.value_at_quantile(0.99).div_ceil(1_000)
    }
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 3_600_000_000, 3).expect("the bounds are constants in their allowed range")
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "sessions {}, acknowledged sends per second {:.0}",
            self.sessions, self.sends_per_second
        )?;
        line(f, "send to acknowledgement", &self.ack)?;
        writeln!(f)?;
        line(f, "send to the other side's screen", &self.screen)?;
        let (ms, began) = (self.silence.ms(), self.silence.began as f64 / 1e6);
        write!(f, "\nlongest time without an acknowledgement, ms: {ms}, from second {began:.1}")?;
        write!(f, "\nrefusals:{}", if self.refusals.is_empty() { " none" } else { "" })?;
        self.refusals.iter().try_for_each(|(code, count)| write!(f, " {code} {count}"))
    }
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, values: &Histogram<u64>) -> fmt::Result {
    write!(f, "{name}, ms:")?;
    for (label, quantile) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0)] {
        write!(f, " {label} {:.2}", values.value_at_quantile(quantile) as f64 / 1e3)?;
    }
    Ok(())
}
