//! The command line of `holdfast check`. Never judges.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::Expect;

/// Judges a history that `holdfast load` wrote, and says so in the last line and in the exit code.
///
/// ok (exit code 0) means: every message that was typed was acknowledged or refused, every acknowledged one was shown
/// live to the other side and stands in the transcript once, in order and byte for byte, and nobody was shown anything
/// else. BROKEN (exit code 1) comes with a few lines for each kind of finding. Exit code 2: the file is no history.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Example: holdfast check target/load/history.jsonl --expect 1000")]
pub struct CheckArgs {
    /// The history to judge
    pub history: PathBuf,
    /// What the run must have reached
    #[command(flatten)]
    pub expect: Expect,
}

impl CheckArgs {
    /// Judges, prints, and gives the exit code.
    ///
    /// # Errors
    /// If the file cannot be read or is no history.
    pub fn run(&self) -> Result<ExitCode> {
        let report = super::check_file(&self.history, self.expect)?;
        report.print();
        Ok(report.verdict.exit_code())
    }
}
