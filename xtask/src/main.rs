//! `cargo xtask`: the one door for people who work on Holdfast.

mod bench;
mod cassandra;
mod check;
mod cluster;
mod corpus;
mod demo;
mod drill;
mod load;
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
    /// Fetch and convert the conversations of people that load runs play.
    Corpus(corpus::Args),
    /// Play conversations against a node as real customers and agents, and judge what they saw.
    Load(load::Args),
    /// Measure what the node takes of this machine: sends, sockets, sleeping and long sessions, the recorded pace.
    Bench(bench::Args),
    /// Judge the history of a load run again.
    Check(check::Args),
    /// Start, stop and break real servers of Apache Cassandra on loopback addresses.
    Cassandra(cassandra::Args),
    /// Start, stop and break a cluster of nodes on this machine.
    Cluster(cluster::Args),
    /// Break a cluster while people chat, and measure what they notice.
    Drill(drill::Args),
}

fn main() -> anyhow::Result<()> {
    match Task::parse() {
        Task::Demo(args) => demo::run(&args),
        Task::Test(args) => test::run(&args),
        Task::Corpus(args) => corpus::run(&args),
        Task::Load(args) => load::run(&args),
        Task::Bench(args) => bench::run(&args),
        Task::Check(args) => check::run(&args),
        Task::Cassandra(args) => cassandra::run(&args),
        Task::Cluster(args) => cluster::run(&args),
        Task::Drill(args) => drill::run(&args),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_fits_together() {
        Task::command().debug_assert();
    }
}
