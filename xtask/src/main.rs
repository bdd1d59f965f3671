//! `cargo xtask`: the one door for people who work on Holdfast.

mod demo;
mod step;
mod test;

use clap::Parser;

/// The one door for people who work on Holdfast.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", arg_required_else_help = true)]
enum Task {
    /// Build Holdfast, start one node with demo agents, and print where to chat.
    Demo(demo::Args),
    /// Run every test: units and properties, shape of the repository, front door, browser.
    Test(test::Args),
}

fn main() -> anyhow::Result<()> {
    match Task::parse() {
        Task::Demo(args) => demo::run(&args),
        Task::Test(args) => test::run(&args),
    }
}
