//! The last line of `load` and `check`, and the exit code that says the same.

use std::fmt;
use std::process::ExitCode;

use super::expect::Expect;
use super::figures::Figures;
use super::findings::{Findings, Kind};
use super::model::Run;

/// The counts of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Messages that were sent at least once.
    pub typed: u64,
    /// Of these, acknowledged.
    pub acknowledged: u64,
    /// Acknowledged ones that the other side was shown live.
    pub delivered: u64,
    /// Refused for good and never acknowledged.
    pub refused: u64,
    /// Messages that were sent again because nobody knew what had become of them.
    pub retried: u64,
    /// See [`Kind::Lost`].
    pub lost: u64,
    /// See [`Kind::Duplicated`].
    pub duplicated: u64,
    /// See [`Kind::Reordered`].
    pub reordered: u64,
    /// See [`Kind::Changed`].
    pub changed: u64,
    /// See [`Kind::Ghost`].
    pub ghosts: u64,
    /// Neither acknowledged nor refused.
    pub unknown: u64,
    /// The 99th percentile, over sessions, of the longest time that a session's sender waited for an acknowledgement.
    pub pause_p99_ms: u64,
    /// The longest time without an acknowledgement while somebody waited for one.
    pub gap_ms: u64,
    /// Answers that refused a send, for now or for good.
    pub refusals: u64,
    /// What the run must reach.
    pub expect: Expect,
}

impl Verdict {
    pub(super) fn of(run: &Run, findings: &Findings, figures: &Figures, expect: Expect) -> Self {
        let mut verdict = Self {
            lost: findings.count(Kind::Lost),
            duplicated: findings.count(Kind::Duplicated),
            reordered: findings.count(Kind::Reordered),
            changed: findings.count(Kind::Changed),
            ghosts: findings.count(Kind::Ghost),
            unknown: findings.count(Kind::Unknown),
            pause_p99_ms: figures.pause_p99_ms(),
            gap_ms: figures.silence.ms(),
            refusals: figures.refusals.values().sum(),
            expect,
            ..Self::default()
        };
        for message in &run.messages {
            verdict.typed += 1;
            verdict.acknowledged += u64::from(message.acked.is_some());
            verdict.delivered += u64::from(message.acked.is_some() && message.shown.is_some());
            verdict.refused += u64::from(message.acked.is_none() && message.refused);
            verdict.retried += u64::from(message.retried);
        }
        verdict
    }

    /// Whether every promise held and enough was tried.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        let broken = self.lost + self.duplicated + self.reordered + self.changed + self.ghosts + self.unknown;
        self.typed == self.acknowledged + self.refused
            && self.delivered == self.acknowledged
            && broken == 0
            && self.missed().is_empty()
    }

    /// What the run should have reached and did not, a sentence for each.
    #[must_use]
    pub fn missed(&self) -> Vec<String> {
        let (mut missed, expect) = (Vec::new(), &self.expect);
        if self.acknowledged < expect.acknowledged {
            let (some, all) = (self.acknowledged, expect.acknowledged);
            missed.push(format!("only {some} messages were acknowledged, {all} were expected"));
        }
        if let Some(most) = expect.longest_gap.filter(|most| self.gap_ms > *most) {
            missed.push(format!("nothing was acknowledged for {} ms, {most} at most", self.gap_ms));
        }
        if expect.no_refusals && self.refusals > 0 {
            missed.push(format!("{} sends were refused, none may be", self.refusals));
        }
        missed
    }

    /// 0 for ok, 1 for BROKEN.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "verdict: {}", if self.is_ok() { "ok" } else { "BROKEN" })?;
        let counts = [
            ("typed", self.typed),
            ("acknowledged", self.acknowledged),
            ("delivered", self.delivered),
            ("refused", self.refused),
            ("retried", self.retried),
            ("lost", self.lost),
            ("duplicated", self.duplicated),
            ("reordered", self.reordered),
            ("changed", self.changed),
            ("ghosts", self.ghosts),
            ("unknown", self.unknown),
            ("pause_p99_ms", self.pause_p99_ms),
        ];
        counts.iter().try_for_each(|(name, count)| write!(f, " {name}={count}"))
    }
}
