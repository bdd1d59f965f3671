//! `cargo xtask drill`: breaks a cluster of its own round by round while people chat, and measures what they notice. Judges
//! times and failures; whether every message is there is the verdict of `holdfast load`, which must be ok.

mod address;
mod cut;
mod growth;
mod play;
mod scenario;
mod scene;
mod seen;
mod silent;
mod stage;
mod told;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::ValueEnum as _;

use crate::bench::machine;
use crate::bench::report::{Bound, Report};
use crate::cluster::Program;
use crate::step;
use play::People;
use scenario::Scenario;
use stage::{Played, Stage};
use told::{judge, picture, table};

/// Break a cluster while people chat, and measure what they notice.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Nodes die, stop, restart, come and go
    Takeover(Takeover),
}

/// Nodes die, stop, restart, come and go.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A pause is the time from when a message was meant to be sent to its acknowledgement; a session counts with its \
                  longest in the window.\nIn target/drill: takeover.json and rounds.json with all figures; in a folder for \
                  each ground takeover.svg with each message as a dot, the history, the logs of all nodes.\nHOLDFAST_CASSANDRA=host:port,... names a Cassandra \
                  that is there.\n\nExamples:\n  cargo xtask drill takeover\n  cargo xtask drill takeover --scenario \
                  rolling,add-remove --rounds 3\n  cargo xtask drill takeover --all --rounds 2\n  cargo xtask \
                  drill takeover --rounds 3 --warm-up 5 --debug\n\nExit code 1: a bound was missed, or the verdict is not ok."
)]
struct Takeover {
    /// What is done
    #[arg(long, value_enum, value_delimiter = ',', value_name = "SCENARIO")]
    #[arg(default_values = ["kill-follower", "kill-leader", "stop"])]
    scenario: Vec<Scenario>,
    /// Every scenario that there is
    #[arg(long, conflicts_with = "scenario")]
    all: bool,
    /// How often each
    #[arg(long, default_value_t = 20, value_name = "N")]
    rounds: u32,
    /// Nodes [default: as many as the scenarios need]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=8))]
    nodes: Option<u8>,
    /// Servers of Cassandra
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=3))]
    cassandra: u8,
    /// Seconds before the first round
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    warm_up: u64,
    /// Seconds that are looked at before and after each fault
    #[arg(long, default_value_t = 10, value_name = "SECONDS")]
    window: u64,
    #[command(flatten)]
    people: People,
    #[command(flatten)]
    program: Program,
}

impl Takeover {
    fn scenarios(&self) -> Vec<Scenario> {
        if self.all { Scenario::value_variants().to_vec() } else { self.scenario.clone() }
    }
}

/// Where a drill puts its files.
fn folder() -> PathBuf {
    step::target().join("drill")
}

/// Does it; exits with 1 when something that was promised did not hold.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let What::Takeover(args) = &args.what;
    let report = takeover(args)?;
    if report.is_missed() {
        std::process::exit(1);
    }
    Ok(())
}

fn takeover(args: &Takeover) -> anyhow::Result<Report> {
    let binary = args.program.get()?;
    std::fs::create_dir_all(folder()).context("the build folder cannot be written")?;
    let mut report = Report::new("takeover");
    machine::note_load(&mut report)?;
    let mut all = Vec::new();
    for stage in Stage::all(&args.scenarios()) {
        eprintln!("=== {}", stage.ground.name());
        let played = stage.play(args, &binary);
        let played = played.with_context(|| format!("on the ground of {}", stage.ground.name()))?;
        tell(&mut report, &stage, &played);
        picture::write(&stage.folder().join("takeover.svg"), &played)?;
        all.push(played);
    }
    print!("{}{report}", table::text(all.iter().flat_map(|played| &played.noticed)));
    report.write(&folder())?;
    let rounds = table::json(all.iter().flat_map(|played| &played.noticed));
    std::fs::write(folder().join("rounds.json"), format!("{rounds:#}\n"))?;
    Ok(report)
}

/// Adds what was seen on one stage.
fn tell(report: &mut Report, stage: &Stage, played: &Played) {
    let ground = stage.ground.name();
    if let Some(error) = &played.broken {
        report.note(format!("BROKEN OFF: {ground}: {error:#}"));
    }
    if let Some((is_ok, words)) = &played.verdict {
        report.note(format!("{ground}: {words}"));
        let is_ok = f64::from(u8::from(*is_ok));
        report.bounded(format!("{ground}: the verdict of the load is ok"), is_ok, ("", Bound::Least(1.0)));
    }
    for scenario in &stage.scenarios {
        let of = played.noticed.iter().filter(|noticed| noticed.round.scenario == *scenario);
        let of: Vec<_> = of.cloned().collect();
        judge::judge(report, *scenario, (&of, played.servers));
    }
    let whole = f64::from(u8::from(played.broken.is_none()));
    report.bounded(format!("{ground}: all rounds were done"), whole, ("", Bound::Least(1.0)));
}
