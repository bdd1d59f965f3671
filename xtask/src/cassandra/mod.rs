//! `cargo xtask cassandra`: real servers of Apache Cassandra on loopback addresses, for development, tests and drills.
//! Stops only what it started, and never listens beyond this machine.

mod artifacts;
mod cluster;
pub mod cql;
mod cut;
pub mod nft;
mod ready;
mod server;
mod settings;
mod there;
mod tls;

use anyhow::Context as _;

use crate::bench::machine::now;
use cql::Consistency;

pub use artifacts::{apt, is_root, missing};
pub use cluster::{Cluster, Guard};
pub use cut::Cut;
pub use server::{Process, State};
pub use settings::{Place, Settings, Version};
pub use there::{VARIABLE, named};

/// Start, stop and break real servers of Apache Cassandra on loopback addresses.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Servers listen on 127.0.0.1, .2 and .3, port 9042; nodes are numbered from 1. Java 17, Maven and (for \
                  cut) nftables are installed where that may be done.\nHOLDFAST_CASSANDRA=host:port,... names a cluster \
                  that is already there: up looks at it and starts nothing.\n\nExamples:\n  cargo xtask cassandra up \
                  --nodes 1\n  cargo xtask cassandra kill 2 && cargo xtask cassandra restart 2\n  cargo xtask cassandra \
                  cut 3 --one-way out && cargo xtask cassandra heal 3\n  cargo xtask cassandra nodetool 1 -- status"
)]
pub struct Args {
    #[command(subcommand)]
    what: What,
    /// The first node's address is 127.0.0.K, so that two clusters can live side by side
    #[arg(long, global = true, default_value_t = 1, value_name = "K", env = "HOLDFAST_CASSANDRA_FIRST")]
    #[arg(value_parser = clap::value_parser!(u8).range(1..=250))]
    first: u8,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Start what does not run, wait until writes at quorum succeed, and print the contact points
    Up {
        #[command(flatten)]
        settings: Settings,
        /// Begin without the data of the last start
        #[arg(long)]
        fresh: bool,
    },
    /// Stop all nodes; their data stay
    Down {
        /// Remove the data, too
        #[arg(long)]
        erase: bool,
    },
    /// Say what each node does
    Status,
    /// SIGKILL; returns when the process is gone
    Kill(Nodes),
    /// SIGSTOP
    Pause(Nodes),
    /// SIGCONT
    Resume(Nodes),
    /// Start nodes that do not run, and wait until they serve
    Restart(Nodes),
    /// Cut the links of a node with nftables
    Cut {
        /// Number of the node
        node: u8,
        #[command(flatten)]
        cut: Cut,
    },
    /// Heal all that is cut of nodes
    Heal(Nodes),
    /// Undo every fault: heal, resume, start what does not run, and wait until each node reaches each
    Mend,
    /// Run Cassandra's own nodetool for a node
    Nodetool {
        /// Number of the node
        node: u8,
        /// What nodetool is asked
        #[arg(last = true)]
        arguments: Vec<String>,
    },
}

#[derive(Debug, clap::Args)]
struct Nodes {
    /// Numbers of nodes
    #[arg(required = true, value_name = "N")]
    nodes: Vec<u8>,
}

/// Does it.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let place = Place { first: args.first };
    let found = |nodes: &[u8]| -> anyhow::Result<Cluster> {
        let cluster = Cluster::found(place)?;
        cluster.check(nodes)?;
        Ok(cluster)
    };
    let each = |nodes: &Nodes, act: fn(&Cluster, u8) -> anyhow::Result<()>| {
        let cluster = found(&nodes.nodes)?;
        nodes.nodes.iter().try_for_each(|node| act(&cluster, *node))
    };
    match &args.what {
        What::Up { settings, fresh } => up(place, settings, *fresh),
        What::Down { erase } => down(place, *erase),
        What::Status => status(&Cluster::found(place)?),
        What::Kill(nodes) => each(nodes, Cluster::kill),
        What::Pause(nodes) => each(nodes, Cluster::pause),
        What::Resume(nodes) => each(nodes, Cluster::resume),
        What::Heal(nodes) => each(nodes, Cluster::heal),
        What::Restart(nodes) => {
            let took = found(&nodes.nodes)?.restart(&nodes.nodes)?;
            eprintln!("    served after {:.1} s", took.as_secs_f64());
            Ok(())
        }
        What::Mend => Cluster::found(place)?.mend(),
        What::Cut { node, cut } => found(&[*node])?.cut(*node, cut),
        What::Nodetool { node, arguments } => {
            std::process::exit(found(&[*node])?.server(*node).nodetool(arguments)?)
        }
    }
}

fn up(place: Place, settings: &Settings, fresh: bool) -> anyhow::Result<()> {
    if let Some(points) = there::named() {
        eprintln!("--- {} names a cluster that is already there", there::VARIABLE);
        there::check(&points)?;
        println!("{}={points}", there::VARIABLE);
        return Ok(());
    }
    let began = now();
    eprintln!(
        "--- start {} server(s) of Apache Cassandra {}; logs: {}/node-*/out.log",
        settings.nodes,
        settings.version.patch(),
        place.folder().display()
    );
    let cluster = Cluster::up(place, settings.clone(), fresh)?;
    eprintln!("    ready after {:.1} s: each node reaches each", began.elapsed().as_secs_f64());
    // The contact points are the last line, for scripts.
    for (name, value) in cluster.variables()? {
        println!("{name}={value}");
    }
    Ok(())
}

fn down(place: Place, erase: bool) -> anyhow::Result<()> {
    let Ok(cluster) = Cluster::found(place) else {
        eprintln!("--- nothing runs at {}", place.ip(1));
        return Ok(());
    };
    let began = now();
    cluster.down()?;
    eprintln!("--- stopped after {:.1} s", began.elapsed().as_secs_f64());
    if erase { cluster.erase() } else { Ok(()) }
}

fn status(cluster: &Cluster) -> anyhow::Result<()> {
    println!("{}", cluster.settings.flags());
    for node in cluster.nodes() {
        let server = cluster.server(node);
        let state = match server.state() {
            State::Running => {
                serves(cluster, node).unwrap_or_else(|error| format!("does not serve: {error:#}"))
            }
            State::Paused => "is paused".to_owned(),
            State::Gone => "does not run".to_owned(),
        };
        let cut = if cluster.is_cut(node) { ", links are cut" } else { "" };
        let about = server.about().filter(|_| server.state() != State::Gone);
        let about = about.map_or(String::new(), |(pid, memory)| format!(", pid {pid}, {memory} MiB"));
        println!("node {node} {} {state}{cut}{about}, {}", cluster.place.cql(node), server.log().display());
    }
    Ok(())
}

fn serves(cluster: &Cluster, node: u8) -> anyhow::Result<String> {
    let mut client = cluster.connect(node)?;
    let own = client.run("SELECT release_version FROM system.local", Consistency::One)?;
    let peers = client.run("SELECT peer FROM system.peers", Consistency::One)?;
    let version = own.first().and_then(|row| row.first()).context("no version")?;
    Ok(format!("serves {version}, knows {} others", peers.len()))
}
