//! `cargo xtask load`: builds Holdfast, starts a node unless one is named, plays conversations against it and prints the
//! verdict. Never judges by itself: that is `holdfast load`'s part.

pub mod center;
mod disturb;
pub mod node;
mod store;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::{corpus, step};

/// Play conversations of people against a node as real customers and agents, and judge what they saw.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without --url a node of its own is started with an empty store and enough agents, and stopped at \
                        the end.\nThe last line is the verdict, and the exit code says the same. The history stays: \
                        cargo xtask check\n\nExamples:\n  cargo xtask load --corpus chitchat --sessions 200\n  cargo \
                        xtask load --conversations 100 -- --transport sse --pace recorded --speed 20\n  cargo xtask \
                        load --synthetic --sessions 100 -- --duration 20 --size 100\n  cargo xtask load --store cassandra --disturb all \
                        --sessions 50\n\nWhat stands after -- goes to \
                        `holdfast load`; its --help tells all."
)]
pub struct Args {
    /// chitchat, or a file of your own conversations
    #[arg(long, default_value = "chitchat", value_name = "NAME|FILE")]
    corpus: String,
    /// Instead of a corpus: customers send as fast as acknowledged; needs -- --duration SECONDS
    #[arg(long, conflicts_with = "corpus")]
    synthetic: bool,
    /// Sessions at once
    #[arg(long, default_value_t = 200, value_name = "N")]
    sessions: u32,
    /// Conversations in all [default: 1000; all of the corpus if disturbed]
    #[arg(long, value_name = "N")]
    conversations: Option<u32>,
    /// Agents that answer
    #[arg(long, default_value_t = 20, value_name = "N")]
    agents: u32,
    /// Public listener of a running node, repeated for each; then give --staff-url, and after -- the agents to sign in
    #[arg(long, value_name = "URL", requires = "staff_url")]
    url: Vec<String>,
    /// Staff listener of a running node, repeated for each
    #[arg(long, value_name = "URL", requires = "url")]
    staff_url: Vec<String>,
    /// BROKEN unless at least this many messages were acknowledged
    #[arg(long, default_value_t = 1, value_name = "N")]
    expect: u64,
    /// Where the run's own node keeps its conversations [default: embedded]
    #[arg(long, value_enum, conflicts_with = "url")]
    store: Option<store::Kind>,
    #[command(flatten)]
    disturb: disturb::Disturb,
    /// More for `holdfast load`
    #[arg(last = true)]
    load: Vec<String>,
}

/// Where a run puts its files.
fn folder() -> PathBuf {
    step::target().join("load")
}

/// The history of the last run.
pub fn history() -> PathBuf {
    folder().join("history.jsonl")
}

/// Builds, starts, plays, stops; exits with the verdict's exit code.
pub fn run(args: &Args) -> anyhow::Result<()> {
    step::run("build holdfast", &mut step::cargo(&["build", "--release", "--bin", "holdfast"]))?;
    std::fs::create_dir_all(folder()).context("the build folder cannot be written")?;
    let holdfast = step::target().join("release").join("holdfast");
    let mut load = Command::new(&holdfast);
    load.arg("load").arg("--history").arg(history());
    load.args(["--sessions", &args.sessions.to_string(), "--expect", &args.expect.to_string()]);
    match (args.synthetic, args.corpus.as_str()) {
        (true, _) => load.arg("--synthetic"),
        (false, "chitchat") => load.arg("--corpus").arg(corpus::ensure()?),
        (false, file) => load.arg("--corpus").arg(file),
    };
    // A disturbed run plays until its time is over, and takes all conversations that it gets.
    let all = args.conversations.or_else(|| args.disturb.is_none().then_some(1_000));
    if let Some(all) = all.filter(|_| !args.synthetic) {
        load.args(["--conversations", &all.to_string()]);
    }
    let code = play(args, &holdfast, &mut load)?;
    match code {
        Some(0) => Ok(()),
        // Everything that was started has been stopped.
        Some(code) => std::process::exit(code),
        None => bail!("holdfast load was ended by a signal"),
    }
}

/// Starts store and node unless a node is named, plays, and stops them.
fn play(args: &Args, holdfast: &Path, load: &mut Command) -> anyhow::Result<Option<i32>> {
    if !args.url.is_empty() {
        load.args(args.url.iter().flat_map(|url| ["--url", url]));
        load.args(args.staff_url.iter().flat_map(|url| ["--staff-url", url]));
        eprintln!("--- play");
        return Ok(load.args(&args.load).status().context("holdfast load cannot be run")?.code());
    }
    let store = store::Store::start(args.store.unwrap_or(store::Kind::Embedded), holdfast)?;
    // Stopped before its store, for it was started after it.
    let node = node::Node::start(holdfast, (&folder(), &store), args)?;
    node.address(load, args.agents);
    if args.disturb.is_none() {
        eprintln!("--- play");
        return Ok(load.args(&args.load).status().context("holdfast load cannot be run")?.code());
    }
    let cluster = store.cluster.as_ref().context("only servers of the run's own are disturbed")?;
    args.disturb.bound(load, cluster.settings.nodes);
    eprintln!("--- play, and disturb");
    let mut play = load.args(&args.load).spawn().context("holdfast load cannot be run")?;
    let disturbed = args.disturb.run(cluster, &mut play);
    if disturbed.is_err() {
        // What is broken may stay so: the play could wait for it for a long time.
        let _ = play.kill();
    }
    let status = play.wait()?;
    disturbed?;
    Ok(status.code())
}
