//! `cargo xtask cluster`: nodes of Holdfast as separate processes on this machine, on a real Cassandra. Stops only what it
//! started, and never listens beyond this machine.

pub mod key;
pub mod look;
pub mod node;
pub mod plan;
pub mod ready;
pub mod store;
pub mod tls;
pub mod whole;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use crate::cassandra::State;
use crate::step;
use plan::Plan;
use store::Store;
use whole::Cluster;

/// What its keyspace and its folder are named after.
const NAME: &str = "cluster";

/// Start, stop and break a cluster of nodes on this machine.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Nodes are separate processes with separate folders in target/cluster; their ports are chosen at the first start \
                  and stay.\nTheir Cassandra is started by `up` and stopped by `down`, unless HOLDFAST_CASSANDRA=host:port,... \
                  names one.\n\nExamples:\n  cargo xtask cluster up\n  cargo xtask cluster kill 2 && cargo xtask cluster restart \
                  2\n  cargo xtask cluster stop 3; sleep 10; cargo xtask cluster cont 3\n  cargo xtask cluster add\n  cargo \
                  xtask cluster down --erase"
)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Start what does not run, wait until it has settled, and print where to chat
    Up(Up),
    /// Stop all nodes, and Cassandra if `up` started it; their data stay
    Down {
        /// Remove the nodes' data, too; those in Cassandra go with the next `up --fresh`
        #[arg(long)]
        erase: bool,
    },
    /// Say what each node does
    Status,
    /// SIGKILL; returns when the process is gone
    Kill(Nodes),
    /// SIGSTOP: connections stay, and nothing answers
    Stop(Nodes),
    /// SIGCONT
    Cont(Nodes),
    /// Start nodes again, which end politely before if they run, and wait until all has settled
    Restart(Nodes),
    /// Add a node, and wait until it has its share
    Add,
    /// Let nodes give their shards away and end, and forget them
    Remove(Nodes),
}

#[derive(Debug, clap::Args)]
struct Up {
    /// Nodes of a new cluster
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=9))]
    nodes: u8,
    /// Servers of Cassandra to start
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=3))]
    cassandra: u8,
    /// Begin without the data of the last start
    #[arg(long)]
    fresh: bool,
    /// Nodes of a new cluster speak TLS to each other, with certificates made for it
    #[arg(long)]
    tls: bool,
    /// Edges in front of a new cluster: processes that serve customers alone
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=4))]
    edges: u8,
    /// Contact center to begin with [default: the demo's]
    #[arg(long, value_name = "FILE")]
    center: Option<PathBuf>,
    #[command(flatten)]
    program: Program,
}

/// Which program nodes run.
#[derive(Debug, Clone, clap::Args)]
pub struct Program {
    /// A program that is there, instead of building one
    #[arg(long, value_name = "FILE", env = "HOLDFAST_BINARY")]
    binary: Option<PathBuf>,
    /// Build without optimizations: quicker to build, slower to run
    #[arg(long)]
    debug: bool,
}

impl Program {
    /// Builds it unless it is there.
    pub fn get(&self) -> anyhow::Result<PathBuf> {
        if let Some(binary) = &self.binary {
            ensure!(binary.is_file(), "{} is no program", binary.display());
            return Ok(std::path::absolute(binary)?);
        }
        let (profile, name) = if self.debug { ("dev", "debug") } else { ("release", "release") };
        step::run("build holdfast", &mut step::cargo(&["build", "--profile", profile, "--bin", "holdfast"]))?;
        Ok(std::path::absolute(step::target().join(name).join("holdfast"))?)
    }
}

#[derive(Debug, clap::Args)]
struct Nodes {
    /// Numbers of nodes
    #[arg(required = true, value_name = "N")]
    nodes: Vec<u8>,
}

/// Does it.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let found = || Cluster::found(&Plan::home());
    let each = |nodes: &Nodes, act: fn(node::Node<'_>) -> anyhow::Result<()>| {
        let cluster = found()?;
        nodes.nodes.iter().try_for_each(|number| act(cluster.node(*number)?))
    };
    match &args.what {
        What::Up(args) => up(args),
        What::Down { erase } => down(*erase),
        What::Status => status(&found()?),
        What::Kill(nodes) => each(nodes, |node| node.kill()),
        What::Stop(nodes) => each(nodes, |node| node.stop()),
        What::Cont(nodes) => each(nodes, |node| node.go_on()),
        What::Restart(nodes) => {
            each(nodes, |node| node.end())?;
            let cluster = found()?;
            nodes.nodes.iter().try_for_each(|number| cluster.start(*number))?;
            settle(&cluster)
        }
        What::Add => {
            let mut cluster = found()?;
            let number = cluster.add()?;
            eprintln!("--- node {number} joins; its log is {}", cluster.node(number)?.log().display());
            settle(&cluster)
        }
        What::Remove(nodes) => {
            let mut cluster = found()?;
            nodes.nodes.iter().try_for_each(|number| cluster.remove(*number))?;
            settle(&cluster)
        }
    }
}

fn settle(cluster: &Cluster) -> anyhow::Result<()> {
    let took = ready::wait(cluster)?;
    eprintln!("    settled after {:.1} s", took.as_secs_f64());
    Ok(())
}

fn up(args: &Up) -> anyhow::Result<()> {
    let binary = args.program.get()?;
    let left = Plan::kept(&Plan::home())?;
    let plan = match left {
        Some(mut plan) if !args.fresh => {
            plan.binary = binary;
            plan
        }
        left => {
            if let Some(left) = left {
                let left = Cluster::of(left, false);
                ensure!(!left.runs(), "a cluster runs here: `cargo xtask cluster down` first");
                left.erase()?;
            }
            let store = Store::named(NAME).map_or_else(|| Store::started(args.cassandra, NAME), Ok)?;
            let mut plan = Plan::draw(Plan::home(), (binary, store), args.nodes)?;
            plan.tls = args.tls;
            plan.put_in_front(args.edges);
            center(&mut plan, args.center.as_deref())?;
            plan
        }
    };
    plan.keep()?;
    plan.store.prepare(&plan.binary, args.fresh)?;
    let cluster = Cluster::of(plan, false);
    eprintln!(
        "--- start {} nodes; logs: {}/n*/node.log",
        cluster.numbers().len(),
        cluster.plan.folder.display()
    );
    let took = cluster.up()?;
    eprintln!("    settled after {:.1} s: all shards are at work", took.as_secs_f64());
    greet(&cluster);
    Ok(())
}

/// The contact center to begin with: a file, or the demo's with a key for us.
fn center(plan: &mut Plan, file: Option<&Path>) -> anyhow::Result<()> {
    if let Some(file) = file {
        plan.center = std::path::absolute(file)?;
        return Ok(());
    }
    std::fs::create_dir_all(&plan.folder)?;
    let demo = std::fs::read_to_string(step::root().join("config").join("demo.toml"))
        .context("the demo's center")?;
    plan.center = std::path::absolute(plan.folder.join("center.toml"))?;
    plan.key = Some(key::write(&plan.binary, demo, &plan.center)?);
    Ok(())
}

/// Where to chat.
fn greet(cluster: &Cluster) {
    println!("{}", cluster.plan.store.about());
    for place in &cluster.plan.nodes {
        println!(
            "{}  customers http://{}/?service=support  agents http://{}/  metrics http://{}/metrics",
            place.name(),
            place.public(),
            place.staff(),
            place.ops()
        );
    }
    for place in &cluster.plan.edges {
        let (name, public, ops) = (place.name(), place.public(), place.ops());
        println!("{name}  customers http://{public}/?service=support  metrics http://{ops}/metrics");
    }
    if let (Some(key), Some(place)) = (&cluster.plan.key, cluster.plan.nodes.first()) {
        println!("agents: ann, ben or sue, password holdfast-demo; any node serves everybody");
        println!(
            "operators: HOLDFAST_KEY={key} HOLDFAST_OPS_URL=http://{} holdfast cluster status",
            place.ops()
        );
    }
}

fn down(erase: bool) -> anyhow::Result<()> {
    let Some(plan) = Plan::kept(&Plan::home())? else {
        eprintln!("--- there is no cluster");
        return Ok(());
    };
    let cluster = Cluster::of(plan, false);
    eprintln!("--- stop {} nodes", cluster.numbers().len());
    cluster.end()?;
    cluster.plan.store.stop()?;
    if erase {
        cluster.erase()?;
    }
    Ok(())
}

fn status(cluster: &Cluster) -> anyhow::Result<()> {
    println!("{}", cluster.plan.store.about());
    for node in cluster.nodes() {
        let state = match node.state() {
            State::Running => {
                node.look().map_or_else(|error| format!("does not answer: {error:#}"), |look| serves(&look))
            }
            State::Paused => "is stopped".to_owned(),
            State::Gone => "does not run".to_owned(),
        };
        let about = node.about().map_or(String::new(), |(pid, memory)| format!(", pid {pid}, {memory} MiB"));
        println!(
            "node {} {} {state}{about}, {}",
            node.place.number,
            node.place.public(),
            node.log().display()
        );
    }
    for edge in cluster.edges() {
        let heard = |look: look::Look| format!("hears {} nodes", look.count("holdfast_edge_nodes_heard"));
        let state = match edge.state() {
            State::Running => edge.look().map_or_else(|error| format!("does not answer: {error:#}"), heard),
            State::Paused => "is stopped".to_owned(),
            State::Gone => "does not run".to_owned(),
        };
        println!("edge {} {} {state}, {}", edge.place.number, edge.place.public(), edge.log().display());
    }
    match ready::settled(cluster) {
        Ok(()) => println!("settled"),
        Err(why) => println!("not settled: {why:#}"),
    }
    Ok(())
}

fn serves(look: &look::Look) -> String {
    let ready = if look.is_ready { "is ready" } else { "is not ready" };
    let leads = if look.leads() { ", leads" } else { "" };
    format!("{ready}{leads}, {} shards, knows {} nodes", look.owned(), look.up())
}
