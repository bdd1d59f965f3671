//! `holdfast check`: judges a history. In one pass over the file and a few over what it keeps, each linear, it asks of
//! every message whether P1 to P4 held. It compares what clients were told and shown with the transcripts read back at
//! the end, and never asks the server anything.
//!
//! | word of the verdict | what was found |
//! |---|---|
//! | lost | acknowledged, and absent from a transcript read back (or none could be read back) |
//! | duplicated | stored twice, acknowledged at two places, or shown twice on one connection |
//! | reordered | a sender's later message stands before an earlier one, or a reader saw another order, or a gap |
//! | changed | another text, type or party than what was sent, or than what the transcript has |
//! | ghosts | shown, or refused for good, yet absent from (or present in) the transcript |
//! | unknown | never answered: not a failure of the server, but the run has not shown what it set out to show |
//!
//! "Earlier" means: acknowledged before the later one began, or sent before it on the same WebSocket. Texts are
//! compared by digests of their bytes that the checker computes itself, so that a run of millions fits in memory.

mod args;
mod expect;
mod figures;
mod findings;
mod gather;
mod judge;
mod model;
mod silence;
mod verdict;

#[cfg(test)]
mod tests;

use std::io::Read;
use std::path::Path;

pub use args::CheckArgs;
pub use expect::Expect;
pub use figures::Figures;
pub use findings::{Finding, Findings, Kind};
pub use silence::Silence;
pub use verdict::Verdict;

use super::history::{ReadError, read};

/// What a check says.
#[derive(Debug)]
pub struct Report {
    /// The counts and whether they are good.
    pub verdict: Verdict,
    /// Latencies and rates of the run.
    pub figures: Figures,
    /// What was found, a bounded number of each kind.
    pub findings: Vec<Finding>,
}

/// Judges the history in a file; what misses `expect` is a failure.
///
/// # Errors
/// If the file cannot be read or is no history.
pub fn check_file(path: &Path, expect: impl Into<Expect>) -> Result<Report, ReadError> {
    check(std::fs::File::open(path)?, expect)
}

/// Judges a history from anything that can be read; see [`check_file`].
///
/// # Errors
/// As [`check_file`].
pub fn check(input: impl Read, expect: impl Into<Expect>) -> Result<Report, ReadError> {
    let mut gathered = gather::Gather::default();
    read(input, |line| gathered.line(&line))?;
    let mut run = gathered.finish();
    let mut findings = Findings::default();
    judge::judge(&mut run, &mut findings);
    let figures = Figures::of(&run);
    let verdict = Verdict::of(&run, &findings, &figures, expect.into());
    Ok(Report { verdict, figures, findings: findings.into_shown() })
}

impl Report {
    /// Prints findings and figures, and the verdict as the last line.
    pub fn print(&self) {
        for finding in &self.findings {
            println!("{finding}");
        }
        println!("{}", self.figures);
        for missed in self.verdict.missed() {
            println!("{missed}");
        }
        println!("{}", self.verdict);
    }
}
