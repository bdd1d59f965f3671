//! `cargo xtask load`: builds Holdfast, starts a node unless one is named, plays conversations against it and prints the
//! verdict. Never judges by itself: that is `holdfast load`'s part.

pub mod center;
pub mod node;

use std::path::PathBuf;
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
                        load --synthetic --sessions 100 -- --duration 20 --size 100\n\nWhat stands after -- goes to \
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
    /// Conversations in all
    #[arg(long, default_value_t = 1_000, value_name = "N")]
    conversations: u32,
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
    if !args.synthetic {
        load.args(["--conversations", &args.conversations.to_string()]);
    }
    // Dropped after the play, which stops the node.
    let node = if args.url.is_empty() { Some(node::Node::start(&holdfast, &folder(), args)?) } else { None };
    match &node {
        Some(node) => node.address(&mut load, args.agents),
        None => {
            load.args(args.url.iter().flat_map(|url| ["--url", url]));
            load.args(args.staff_url.iter().flat_map(|url| ["--staff-url", url]));
        }
    }
    eprintln!("--- play");
    let status = load.args(&args.load).status().context("holdfast load cannot be run")?;
    drop(node);
    match status.code() {
        Some(0) => Ok(()),
        Some(code) => std::process::exit(code),
        None => bail!("holdfast load was ended by a signal"),
    }
}
