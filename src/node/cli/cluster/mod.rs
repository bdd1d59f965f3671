//! `cluster`: how the cluster stands, and what an operator does to its nodes, asked of any node that runs. Prints and asks;
//! every decision is the node's.

mod table;
#[cfg(test)]
mod tests;

use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use super::super::exit::Exit;
use super::super::ops::cluster::Report;
use super::Remote;
use super::remote::{Node, block_on};
use crate::limits;

/// Subcommands of `cluster`.
#[derive(Debug, Subcommand)]
pub enum Cluster {
    /// Show nodes, shards, the agreement on the map, and recent takeovers. Exit code 1 while a shard has no owner or nobody
    /// leads.
    Status(Status),
    /// Let a node vote on the map. Usually nobody needs to: voters are chosen and replaced by themselves.
    Promote(Whom),
    /// Let a node give its shards away and take none, as before work on its machine. Waits until it has none.
    Drain(Drain),
    /// Let a drained node take shards again. It begins another life.
    Undrain(Whom),
    /// Drop a node that was stopped and will not come back.
    Remove(Whom),
}

/// Options of `cluster status`.
#[derive(Debug, Args)]
pub struct Status {
    /// Print everything as JSON, as /cluster.json has it
    #[arg(long)]
    pub json: bool,
    /// The node to ask.
    #[command(flatten)]
    pub node: Remote,
}

/// A node by its name.
#[derive(Debug, Args)]
pub struct Whom {
    /// Name of the node [node.name]
    #[arg(value_name = "NODE")]
    pub name: String,
    /// The node to ask.
    #[command(flatten)]
    pub node: Remote,
}

/// Options of `cluster drain`.
#[derive(Debug, Args)]
pub struct Drain {
    /// Return at once instead of waiting until the node has no shard
    #[arg(long)]
    pub no_wait: bool,
    /// Longest wait, seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub within: u64,
    /// Which node.
    #[command(flatten)]
    pub whom: Whom,
}

/// Does what was asked.
pub fn run(command: &Cluster) -> anyhow::Result<Exit> {
    match command {
        Cluster::Status(options) => status(options),
        Cluster::Promote(whom) => act("promote", whom, "votes on the map"),
        Cluster::Undrain(whom) => act("undrain", whom, "takes shards again"),
        Cluster::Remove(whom) => act("remove", whom, "is no member any more"),
        Cluster::Drain(options) => drain(options),
    }
}

fn status(options: &Status) -> anyhow::Result<Exit> {
    let node = Node::of(&options.node)?;
    let text = block_on(node.cluster())?;
    let report = read(&text)?;
    if options.json {
        println!("{text}");
    } else {
        print!("{}", table::render(&report));
    }
    Ok(if is_served(&report) { Exit::Stopped } else { Exit::Failed })
}

fn read(text: &str) -> anyhow::Result<Report> {
    serde_json::from_str(text).context("the node's answer is not understood: is it of another release?")
}

/// Whether somebody leads, and every shard has an owner.
fn is_served(report: &Report) -> bool {
    report.raft.leader.is_some() && report.shards.iter().all(|shard| shard.owner.is_some())
}

fn act(word: &str, whom: &Whom, then: &str) -> anyhow::Result<Exit> {
    let node = Node::of(&whom.node)?;
    let changed = block_on(node.act(word, &whom.name))?;
    println!("{} {then}{}", whom.name, if changed { "" } else { "; it did so before" });
    Ok(Exit::Stopped)
}

fn drain(options: &Drain) -> anyhow::Result<Exit> {
    let node = Node::of(&options.whom.node)?;
    let name = &options.whom.name;
    block_on(async {
        node.act("drain", name).await?;
        if options.no_wait {
            println!("{name} gives its shards away");
            return Ok(Exit::Stopped);
        }
        let within = Duration::from_secs(options.within);
        match tokio::time::timeout(within, emptied(&node, name)).await {
            Ok(done) => done?,
            Err(_) => {
                bail!("{name} still has shards after {} s; it goes on giving them away", options.within)
            }
        }
        println!("{name} has no shards and takes none until: holdfast cluster undrain {name}");
        Ok(Exit::Stopped)
    })
}

/// Ends when a node owns nothing; says how many shards it still has.
async fn emptied(node: &Node, name: &str) -> anyhow::Result<()> {
    let mut looks = tokio::time::interval(limits::DRAIN_GLANCE);
    let mut said = usize::MAX;
    loop {
        looks.tick().await;
        let report = read(&node.cluster().await?)?;
        let found = report.nodes.iter().find(|found| found.name == name);
        let left = found.with_context(|| format!("{name} is not known any more"))?.shards;
        if left == 0 {
            return Ok(());
        }
        if left != said {
            eprintln!("{name} has {left} shards to give away");
            said = left;
        }
    }
}
