//! `cargo xtask demo`: builds Holdfast, starts one node with the demo contact center and prints where to chat. Never
//! touches a store outside of the build folder unless told to.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context as _;

use crate::step;

/// Build Holdfast, start one node with demo agents, and print where to chat.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Conversations stay in the directory from one start to the next; --fresh begins anew.\n\
                        What stands after -- goes to `holdfast serve`:  cargo xtask demo -- --public 0.0.0.0:7080"
)]
pub struct Args {
    /// Directory of the store [default: demo in the build folder]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Begin with an empty store
    #[arg(long)]
    fresh: bool,
    /// Build with optimizations: slower to build, faster to run
    #[arg(long)]
    release: bool,
    /// More for `holdfast serve`
    #[arg(last = true)]
    serve: Vec<String>,
}

/// Builds, then becomes the node, so that Ctrl-C reaches it.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let mut build = step::cargo(&["build", "--bin", "holdfast"]);
    if args.release {
        build.arg("--release");
    }
    step::run("build (a first build takes some minutes)", &mut build)?;
    let data = args.data.clone().unwrap_or_else(|| step::target().join("demo"));
    if args.fresh && data.exists() {
        std::fs::remove_dir_all(&data).with_context(|| format!("{} cannot be removed", data.display()))?;
    }
    let profile = if args.release { "release" } else { "debug" };
    let mut node = Command::new(step::target().join(profile).join("holdfast"));
    node.args(["serve", "--demo", "--log-format", "text", "--log-level", "warn", "--data"]);
    node.arg(&data).args(&args.serve).current_dir(step::root());
    Err(node.exec()).context("the node cannot be started")
}
