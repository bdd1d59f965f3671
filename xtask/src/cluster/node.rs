//! One node or edge: a process of its own with a folder of its own. Never waits for the cluster.

use std::fs::File;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::look::Look;
use super::plan::{Place, Plan, Role};
use super::tls;
use crate::bench::machine::{now, pause};
use crate::cassandra::{Process, State};

/// What is logged: the libraries of the agreement and of the store tell too much of each step.
const LEVEL: &str = "info,openraft=warn,scylla=warn";
/// Longest wait for a node that was asked to stop: its own deadline, and a little.
const POLITENESS: Duration = Duration::from_secs(70);
/// Longest wait until the kernel has taken a killed process apart, or stopped it.
const TAKING_APART: Duration = Duration::from_secs(30);
/// How often that is looked at.
const GLANCE: Duration = Duration::from_millis(2);

/// The secret that the edges of a cluster on this machine prove: it keeps nobody out who can read this.
const EDGE_SECRET: &str = "edges of a cluster of this machine alone";

/// A node or an edge, running or not.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    /// What is known of its cluster.
    pub plan: &'a Plan,
    /// Its number and ports.
    pub place: Place,
}

impl Node<'_> {
    fn folder(self) -> PathBuf {
        self.plan.folder.join(self.place.name())
    }

    fn data(self) -> PathBuf {
        self.folder().join("data")
    }

    /// What it writes.
    pub fn log(self) -> PathBuf {
        self.folder().join("node.log")
    }

    fn pid_file(self) -> PathBuf {
        self.folder().join("pid")
    }

    fn process(self) -> Option<Process> {
        Process::kept(&self.pid_file())
    }

    /// What its process does now.
    pub fn state(self) -> State {
        self.process().map_or(State::Gone, Process::state)
    }

    /// Its process id and resident memory in MiB, while it runs.
    pub fn about(self) -> Option<(u32, u64)> {
        let process = self.process().filter(|process| process.state() != State::Gone)?;
        Some((process.pid, process.memory()?))
    }

    /// Whether it was started and nobody ended it.
    pub fn was_started(self) -> bool {
        self.pid_file().exists()
    }

    /// Whether it was ever a member.
    pub fn is_member(self) -> bool {
        self.raft().exists()
    }

    /// Where its part of the agreement on the map lies.
    pub fn raft(self) -> PathBuf {
        self.data().join("raft")
    }

    /// Removes that, whether it runs or not.
    pub fn wipe_raft(self) -> anyhow::Result<()> {
        let folder = self.raft();
        std::fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))
    }

    /// What it says of itself.
    pub fn look(self) -> anyhow::Result<Look> {
        Look::at(self.place.ops())
    }

    /// Starts it unless it runs: with `founds` it may found the cluster, else it joins by the others. With `ours` it dies with
    /// the thread that started it.
    pub fn start(self, founds: bool, ours: bool) -> anyhow::Result<()> {
        if self.state() != State::Gone {
            return Ok(());
        }
        std::fs::create_dir_all(self.folder())?;
        let log = File::options().create(true).append(true).open(self.log())?;
        let mut command = Command::new("setsid");
        command.arg("setpriv");
        if self.plan.apart {
            command.args(["--regid", &self.place.group().to_string(), "--clear-groups"]);
        }
        command.args(["--pdeathsig", if ours { "KILL" } else { "clear" }]).arg(&self.plan.binary);
        match self.place.role {
            Role::Node => self.serve(&mut command, founds),
            Role::Edge => self.serve_alone(&mut command),
        }
        if !self.plan.edges.is_empty() {
            command.env("HOLDFAST_CLUSTER__EDGE_SECRET", EDGE_SECRET);
        }
        if self.plan.tls {
            command.envs(tls::ensure(&self.plan.folder.join("tls"), &self.place.name())?.variables());
        }
        let spawned = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn();
        let child = spawned.context("setsid and setpriv (package util-linux) start nodes")?;
        Process::of(child.id())?.keep(&self.pid_file())
    }

    fn serve(self, command: &mut Command, founds: bool) {
        let (plan, place) = (self.plan, self.place);
        command.args(["serve", "--log-format", "json", "--log-level", LEVEL, "--name", &place.name()]);
        command.args(["--public", &place.public().to_string(), "--staff", &place.staff().to_string()]);
        command.args(["--ops", &place.ops().to_string(), "--peer", &place.peer().to_string(), "--data"]);
        command.arg(self.data()).envs(plan.store.variables());
        command.env("HOLDFAST_CLUSTER__VOTERS", plan.voters.to_string());
        let others = plan.nodes.iter().filter(|other| other.number != place.number);
        let others: Vec<_> = others.map(|other| other.peer().to_string()).collect();
        if !founds && !others.is_empty() {
            command.args(["--join", &others.join(",")]);
        }
        if founds {
            command.arg("--center").arg(&plan.center);
        }
    }

    fn serve_alone(self, command: &mut Command) {
        let place = self.place;
        command.args(["serve", "--role", "edge", "--log-format", "json", "--log-level", LEVEL]);
        command.args(["--name", &place.name(), "--public", &place.public().to_string()]);
        command.args(["--ops", &place.ops().to_string(), "--data"]).arg(self.data());
        let nodes: Vec<_> = self.plan.nodes.iter().map(|node| node.peer().to_string()).collect();
        command.args(["--join", &nodes.join(",")]);
    }

    /// SIGKILL; the process is gone on return.
    pub fn kill(self) -> anyhow::Result<()> {
        let Some(process) = self.process() else { return Ok(()) };
        process.signal("KILL")?;
        self.gone_within(TAKING_APART)
    }

    /// SIGTERM and the wait for its end; how it ended is in its log.
    pub fn end(self) -> anyhow::Result<()> {
        self.ask_to_end()?;
        self.ended()
    }

    /// The wait for the end of a node that was asked to end.
    pub fn ended(self) -> anyhow::Result<()> {
        self.gone_within(POLITENESS)
    }

    /// SIGTERM alone, once: a second one would end it at once.
    pub fn ask_to_end(self) -> anyhow::Result<()> {
        let Some(process) = self.process() else { return Ok(()) };
        process.signal("TERM")?;
        // A stopped one hears nothing.
        process.signal("CONT")
    }

    fn gone_within(self, time: Duration) -> anyhow::Result<()> {
        self.heeds(State::Gone, time)?;
        // Without the file nobody asks for it any more.
        match std::fs::remove_file(self.pid_file()) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).context("the file of a process that is gone")
            }
            _ => Ok(()),
        }
    }

    /// SIGSTOP.
    pub fn stop(self) -> anyhow::Result<()> {
        self.process().with_context(|| format!("node {} does not run", self.place.number))?.signal("STOP")?;
        self.heeds(State::Paused, TAKING_APART)
    }

    /// SIGCONT.
    pub fn go_on(self) -> anyhow::Result<()> {
        self.process().with_context(|| format!("node {} does not run", self.place.number))?.signal("CONT")?;
        self.heeds(State::Running, TAKING_APART)
    }

    fn heeds(self, then: State, time: Duration) -> anyhow::Result<()> {
        let began = now();
        loop {
            let (number, state) = (self.place.number, self.state());
            if state == then {
                return Ok(());
            }
            ensure!(state != State::Gone, "node {number} does not run");
            ensure!(began.elapsed() < time, "node {number} is {state:?} and not {then:?} after {time:?}");
            pause(GLANCE);
        }
    }

    /// Removes its files and data; it must not run.
    pub fn erase(self) -> anyhow::Result<()> {
        let folder = self.folder();
        if !folder.exists() {
            return Ok(());
        }
        std::fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))
    }

    /// The last lines of its log that tell of trouble, or the last lines.
    pub fn last_words(self) -> String {
        let text = String::from_utf8_lossy(&std::fs::read(self.log()).unwrap_or_default()).into_owned();
        let last = |lines: Vec<&str>| lines[lines.len().saturating_sub(6)..].join("\n");
        let trouble: Vec<&str> =
            text.lines().filter(|line| line.contains("\"ERROR\"") || !line.starts_with('{')).collect();
        last(if trouble.is_empty() { text.lines().collect() } else { trouble })
    }
}
