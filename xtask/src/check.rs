//! `cargo xtask check`: judges the history of a load run. Never runs one.

use std::path::PathBuf;

use crate::step;

/// Judge the history that a load run wrote: was each message there once, in order, byte for byte?
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The last line is the verdict, and the exit code says the same.\nExample:  cargo xtask check \
                        --expect 10000"
)]
pub struct Args {
    /// The history [default: that of the last `cargo xtask load`]
    history: Option<PathBuf>,
    /// BROKEN unless at least this many messages were acknowledged
    #[arg(long, default_value_t = 1, value_name = "N")]
    expect: u64,
}

/// Builds, then becomes the checker, so that its exit code is ours.
pub fn run(args: &Args) -> anyhow::Result<()> {
    use std::os::unix::process::CommandExt as _;
    step::run("build holdfast", &mut step::cargo(&["build", "--release", "--bin", "holdfast"]))?;
    let history = args.history.clone().unwrap_or_else(crate::load::history);
    let mut check = std::process::Command::new(step::target().join("release").join("holdfast"));
    check.arg("check").arg(history).args(["--expect", &args.expect.to_string()]);
    Err(check.exec().into())
}
