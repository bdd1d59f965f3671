//! `cargo xtask drill`: breaks a cluster of its own round by round while people chat, and measures what they notice. Judges
//! times and failures; whether every message is there is the verdict of `holdfast load`, which must be ok.

mod history;
mod judge;
mod logs;
mod owners;
mod picture;
mod play;
mod scenario;
mod scene;
mod table;
mod window;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::bench::machine;
use crate::bench::report::{Bound, Report};
use crate::cassandra::{self, Cluster as Servers, Place, Settings, Version};
use crate::cluster::plan::Plan;
use crate::cluster::store::Store;
use crate::cluster::whole::{Cluster, Guard};
use crate::cluster::{Program, key};
use crate::load::center;
use crate::step;
use history::History;
use judge::Noticed;
use play::{People, Play};
use scenario::Scenario;
use scene::{Round, Scene};

/// The last number of the first address of a drill's own servers of Cassandra.
const FIRST: u8 = 171;
/// What its keyspace is named after.
const NAME: &str = "drill";

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
                  longest in the window.\nIn target/drill: takeover.json and rounds.json with all figures, takeover.svg with \
                  each message as a dot, the history, the logs of all nodes.\nHOLDFAST_CASSANDRA=host:port,... names a Cassandra \
                  that is there.\n\nExamples:\n  cargo xtask drill takeover\n  cargo xtask drill takeover --scenario \
                  rolling,add-remove --rounds 3\n  cargo xtask drill takeover --scenario two-in-a-row --nodes 5\n  cargo xtask \
                  drill takeover --rounds 3 --warm-up 5 --debug\n\nExit code 1: a bound was missed, or the verdict is not ok."
)]
struct Takeover {
    /// What is done
    #[arg(long, value_enum, value_delimiter = ',', value_name = "SCENARIO")]
    #[arg(default_values = ["kill-follower", "kill-leader", "stop"])]
    scenario: Vec<Scenario>,
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
    // Killed when this value goes, after the nodes.
    let (store, _servers) = store(args.cassandra)?;
    store.prepare(&binary, true)?;
    let (guard, key) = cluster(args, (binary, store))?;
    let history = folder().join("history.jsonl");
    let mut scene = Scene {
        play: Play::start(&guard.0, &args.people, &history)?,
        guard,
        key,
        window: Duration::from_secs(args.window),
    };
    let (rounds, broken) = all_rounds(args, &mut scene);
    let verdict = scene.play.end();
    let entries = logs::read(&scene.guard.0)?;
    drop(scene.guard);
    if let Some(error) = &broken {
        report.note(format!("BROKEN OFF: {error:#}"));
    }
    let (is_ok, words) = verdict?;
    report.note(words);
    let history = History::read(&history)?;
    let noticed: Vec<Noticed> = rounds.iter().map(|round| Noticed::of(round, &history, &entries)).collect();
    for scenario in &args.scenario {
        let of: Vec<Noticed> =
            noticed.iter().filter(|noticed| noticed.round.scenario == *scenario).cloned().collect();
        judge::judge(&mut report, *scenario, (&of, args.cassandra));
    }
    let whole = f64::from(u8::from(broken.is_none()));
    report.bounded("all rounds were done", whole, ("", Bound::Least(1.0)));
    report.bounded("the verdict of the load is ok", f64::from(u8::from(is_ok)), ("", Bound::Least(1.0)));
    print!("{}{report}", table::text(&noticed));
    write(&report, &noticed, &history, &rounds)?;
    Ok(report)
}

fn write(report: &Report, noticed: &[Noticed], history: &History, rounds: &[Round]) -> anyhow::Result<()> {
    report.write(&folder())?;
    std::fs::write(folder().join("rounds.json"), format!("{:#}\n", table::json(noticed)))?;
    let picture = folder().join("takeover.svg");
    let svg = picture::draw("pause of each message over time", &history.messages, rounds);
    std::fs::write(&picture, svg).with_context(|| format!("cannot write {}", picture.display()))?;
    println!("picture: {}", picture.display());
    Ok(())
}

/// A Cassandra that is named, or servers of the drill's own.
fn store(servers: u8) -> anyhow::Result<(Store, Option<cassandra::Guard>)> {
    if let Some(store) = Store::named(NAME) {
        return Ok((store, None));
    }
    eprintln!("--- start {servers} server(s) of Apache Cassandra");
    let guard = Servers::ours(Place { first: FIRST }, Settings::of(servers, Version::V5_0))?;
    Ok((Store::at(guard.contact_points(), servers, NAME), Some(guard)))
}

/// A cluster of the drill's own, which has settled, and the key of its admin.
fn cluster(args: &Takeover, program: (PathBuf, Store)) -> anyhow::Result<(Guard, String)> {
    let needed = args.scenario.iter().map(|scenario| scenario.nodes()).max().unwrap_or(3);
    let nodes = args.nodes.unwrap_or(needed.max(3));
    ensure!(nodes >= needed, "these scenarios need {needed} nodes");
    let home = folder().join("cluster");
    if let Some(left) = Plan::kept(&home)? {
        // Of a drill that was killed.
        let left = Cluster::of(left, true);
        left.kill_all()?;
        left.erase()?;
    }
    let file = folder().join("center.toml");
    center::write(&program.0, &file, (args.people.sessions, args.people.agents))?;
    let text = std::fs::read_to_string(&file)?;
    let key = key::write(&program.0, text, &file)?;
    let mut plan = Plan::draw(home, program, nodes)?;
    plan.center = std::path::absolute(file)?;
    plan.key = Some(key.clone());
    plan.keep()?;
    eprintln!("--- start {nodes} nodes; logs: {}/n*/node.log", plan.folder.display());
    let guard = Guard(Cluster::of(plan, true));
    let took = guard.0.up()?;
    eprintln!("    settled after {:.1} s", took.as_secs_f64());
    Ok((guard, key))
}

/// All rounds that could be done, and what ended them early.
fn all_rounds(args: &Takeover, scene: &mut Scene) -> (Vec<Round>, Option<anyhow::Error>) {
    let mut rounds = Vec::new();
    let mut all = || -> anyhow::Result<()> {
        let least = f64::from(args.people.sessions) * 2.0;
        scene.play.acknowledges(&scene.guard.0, least)?;
        eprintln!("--- warm up for {} s", args.warm_up);
        scene.play.wait(Duration::from_secs(args.warm_up))?;
        for scenario in &args.scenario {
            for number in 1..=args.rounds {
                let name = scenario.name();
                eprintln!("--- {name}, round {number} of {}", args.rounds);
                let round =
                    scene.round(*scenario, number).with_context(|| format!("{name}, round {number}"))?;
                eprintln!(
                    "    settled {:.1} s after its beginning",
                    (round.settled - round.fault.from) as f64 / 1e6
                );
                rounds.push(round);
            }
        }
        Ok(())
    };
    let broken = all().err();
    (rounds, broken)
}
