//! `cargo xtask bench`: what the real binary takes of this machine. Each figure comes from a node that is a process of its
//! own and a client that is another; memory and processor time are the kernel's words about the node. Never judges a
//! conversation: `holdfast load` does, and its verdict must be ok for a figure to count.

mod beside;
mod dormant;
mod floor;
mod idle;
mod long;
pub mod machine;
mod pace;
pub mod report;
mod sends;
pub mod server;
mod sockets;

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context as _;

use crate::step;

/// Measure what the node takes of this machine.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Every bench builds the release binary, says how busy the machine is before it begins, prints a table and \
                  writes target/bench/NAME.json.\nMeasure on a machine that does nothing else: a compiler beside it \
                  halves every figure.\n\nExamples:\n  cargo xtask bench sends\n  cargo xtask bench sends --rounds 5 \
                  --seconds 20 --outstanding 4\n  cargo xtask bench sockets --count 9000\n  cargo xtask bench dormant \
                  --count 1000000      (once some minutes to fill a store of some GB; --again keeps it)\n  cargo xtask \
                  bench long --count 50 --events 100000\n  cargo xtask bench floor --rounds 5\n  cargo xtask bench pace --minutes 10 --sessions 2000\n\nExit code 1: \
                  a bound was missed."
)]
pub struct Args {
    /// Measure the release binary that is there
    #[arg(long)]
    no_build: bool,
    /// What to measure
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Durable sends per second at 100 sessions, beside the disk's own rate and PostgreSQL
    Sends(sends::Args),
    /// Memory of idle WebSockets, and whether 10,000 idle connections harm anybody
    Sockets(sockets::Args),
    /// Memory and start time that a million sleeping sessions add
    Dormant(dormant::Args),
    /// Opening time and memory of sessions with a hundred thousand events
    Long(long::Args),
    /// Sends on Cassandra beside a floor: the same edge and client with one prepared insert behind them
    Floor(floor::Args),
    /// Two thousand conversations at once at their recorded pace
    Pace(pace::Args),
}

/// Builds, measures, prints, writes.
pub fn run(args: &Args) -> anyhow::Result<()> {
    if !args.no_build {
        step::run("build holdfast", &mut step::cargo(&["build", "--release", "--bin", "holdfast"]))?;
    }
    std::fs::create_dir_all(folder()).context("the build folder cannot be written")?;
    let report = match &args.what {
        What::Sends(args) => sends::run(args),
        What::Sockets(args) => sockets::run(args),
        What::Dormant(args) => dormant::run(args),
        What::Long(args) => long::run(args),
        What::Floor(args) => floor::run(args),
        What::Pace(args) => pace::run(args),
    }?;
    print!("{report}");
    report.write(&folder())?;
    if report.is_missed() {
        std::process::exit(1);
    }
    Ok(())
}

/// Where benches put their files.
fn folder() -> PathBuf {
    step::target().join("bench")
}

/// The binary under measurement.
fn holdfast() -> PathBuf {
    step::target().join("release").join("holdfast")
}

/// Fills the store in `data` with sessions as workers would have left them. The ids of some of them.
fn fill(what: &[&str], data: &std::path::Path, center: &std::path::Path) -> anyhow::Result<Vec<String>> {
    if data.exists() {
        std::fs::remove_dir_all(data).with_context(|| format!("cannot remove {}", data.display()))?;
    }
    let filler = built("fill")?;
    eprintln!("--- fill a store ({}); that takes minutes", what.join(" "));
    let mut command = Command::new(filler);
    command.arg(what[0]).arg(data).arg(center).args(&what[1..]);
    let output =
        command.stderr(std::process::Stdio::inherit()).output().context("the filler cannot be run")?;
    anyhow::ensure!(output.status.success(), "the filler failed ({})", output.status);
    let text = String::from_utf8(output.stdout)?;
    std::fs::write(data.with_extension("ids"), &text)?;
    Ok(ids(&text))
}

/// Builds a program that only benches need, and says where it is: cargo gives it a name of its own.
fn built(name: &str) -> anyhow::Result<PathBuf> {
    eprintln!("--- build the program `{name}`");
    let mut build =
        step::cargo(&["build", "--release", "--bench", name, "--message-format", "json-render-diagnostics"]);
    let output = build.stderr(std::process::Stdio::inherit()).output().context("cargo cannot be run")?;
    anyhow::ensure!(output.status.success(), "the program `{name}` does not build");
    let messages = String::from_utf8(output.stdout)?;
    let of = |line: &str| serde_json::from_str::<serde_json::Value>(line).ok();
    let built = messages.lines().filter_map(of).filter(|message| message["target"]["name"] == name);
    let path = built.filter_map(|message| Some(message["executable"].as_str()?.to_owned())).next_back();
    path.map(PathBuf::from).with_context(|| format!("cargo names no program `{name}`"))
}

/// The ids that the filler has printed.
fn ids(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| line.len() == 36).map(ToOwned::to_owned).collect()
}
