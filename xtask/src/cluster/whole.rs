//! A cluster of nodes on this machine: started together, broken one by one, stopped together. Never touches a process that it
//! did not start.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::node::Node;
use super::plan::Plan;
use super::ready;
use crate::cassandra::State;

/// A cluster.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// What is known of it.
    pub plan: Plan,
    /// Whether its nodes die with us.
    ours: bool,
}

impl Cluster {
    /// By a plan; `ours` dies with the thread that starts it.
    pub fn of(plan: Plan, ours: bool) -> Self {
        Self { plan, ours }
    }

    /// The one that was started in a folder, running or not.
    pub fn found(folder: &Path) -> anyhow::Result<Self> {
        let plan = Plan::kept(folder)?.context("there is no cluster: `cargo xtask cluster up`")?;
        Ok(Self::of(plan, false))
    }

    /// The numbers of its nodes.
    pub fn numbers(&self) -> Vec<u8> {
        self.plan.nodes.iter().map(|place| place.number).collect()
    }

    /// One of its nodes.
    pub fn node(&self, number: u8) -> anyhow::Result<Node<'_>> {
        Ok(Node { plan: &self.plan, place: self.plan.place(number)? })
    }

    /// All of its nodes.
    pub fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        self.plan.nodes.iter().map(|place| Node { plan: &self.plan, place: *place })
    }

    /// The edges in front of them.
    pub fn edges(&self) -> impl Iterator<Item = Node<'_>> {
        self.plan.edges.iter().map(|place| Node { plan: &self.plan, place: *place })
    }

    /// All processes: edges end first.
    fn all(&self) -> impl Iterator<Item = Node<'_>> {
        self.edges().chain(self.nodes())
    }

    /// Whether any of its processes is there.
    pub fn runs(&self) -> bool {
        self.all().any(|node| node.state() != State::Gone)
    }

    /// Starts what does not run of it and waits until it has settled.
    pub fn up(&self) -> anyhow::Result<Duration> {
        if self.nodes().all(|node| !node.is_member()) {
            let founder = self.nodes().next().context("a cluster has a node")?;
            founder.start(true, self.ours)?;
            let took = ready::first(self, founder.place.number)?;
            eprintln!("    node {} has founded it after {:.1} s", founder.place.number, took.as_secs_f64());
        }
        self.start_all()?;
        let took = ready::wait(self)?;
        self.edges().try_for_each(|edge| edge.start(false, self.ours))?;
        Ok(took + ready::edges(self)?)
    }

    /// Starts all nodes that do not run, and lets go on those that were stopped.
    pub fn start_all(&self) -> anyhow::Result<()> {
        for node in self.nodes() {
            match node.state() {
                State::Paused => node.go_on()?,
                State::Running | State::Gone => node.start(false, self.ours)?,
            }
        }
        Ok(())
    }

    /// Starts a node that does not run.
    pub fn start(&self, number: u8) -> anyhow::Result<()> {
        self.node(number)?.start(false, self.ours)
    }

    /// Starts a node that does not run, which founds the cluster anew.
    pub fn start_founder(&self, number: u8) -> anyhow::Result<()> {
        self.node(number)?.start(true, self.ours)
    }

    /// Adds a node and starts it; nobody has waited for it on return.
    pub fn add(&mut self) -> anyhow::Result<u8> {
        let number = self.plan.add()?.number;
        // A node of this number may have been here before.
        self.node(number)?.erase()?;
        self.plan.keep()?;
        self.start(number)?;
        Ok(number)
    }

    /// Lets a node give its shards away and end, and forgets it.
    pub fn remove(&mut self, number: u8) -> anyhow::Result<()> {
        ensure!(self.plan.nodes.len() > 1, "the last node is not removed: `cargo xtask cluster down`");
        let name = self.node(number)?.place.name();
        self.node(number)?.end()?;
        self.plan.forget(number);
        self.plan.keep()?;
        self.forget(&name)
    }

    /// Lets the others forget a node that has ended.
    fn forget(&self, name: &str) -> anyhow::Result<()> {
        let Some(key) = &self.plan.key else {
            eprintln!("    an admin of your contact center may drop it: holdfast cluster remove {name}");
            return Ok(());
        };
        let asked = self.plan.nodes.first().context("a cluster has a node")?;
        let mut remove = Command::new(&self.plan.binary);
        remove.args(["cluster", "remove", name]).env("HOLDFAST_KEY", key);
        remove.env("HOLDFAST_OPS_URL", format!("http://{}", asked.ops()));
        let done = remove.output().context("holdfast cluster remove cannot be run")?;
        ensure!(
            done.status.success(),
            "node {name} is not forgotten: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        Ok(())
    }

    /// Ends all nodes politely, and kills what does not end.
    pub fn end(&self) -> anyhow::Result<()> {
        self.all().try_for_each(Node::ask_to_end)?;
        for node in self.all() {
            if let Err(error) = node.ended() {
                eprintln!("    {error:#}: it is killed");
                node.kill()?;
            }
        }
        Ok(())
    }

    /// SIGKILL for all nodes.
    pub fn kill_all(&self) -> anyhow::Result<()> {
        self.all().try_for_each(Node::kill)
    }

    /// Removes files and data of all nodes, also of those that were removed; none may run.
    pub fn erase(&self) -> anyhow::Result<()> {
        let all = || self.plan.places().map(|place| Node { plan: &self.plan, place });
        ensure!(all().all(|node| node.state() == State::Gone), "nodes run here");
        all().try_for_each(Node::erase)
    }
}

/// A cluster whose nodes are killed when this value goes.
pub struct Guard(pub Cluster);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Err(error) = self.0.kill_all() {
            eprintln!("!!! the nodes could not be stopped: {error:#}");
        }
    }
}
