//! One server: a process of Apache Cassandra with files and data in a folder of its own. Never waits for the cluster.

mod files;
mod process;

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};

pub use process::{Process, State};

use super::settings::{LINK, Place, Settings};
use super::{artifacts, tls};
use crate::bench::machine::{now, pause};

/// Longest wait for a server that was asked to stop; then it is killed.
const POLITENESS: Duration = Duration::from_secs(30);
/// Longest wait until the kernel has taken a killed server apart.
const TAKING_APART: Duration = Duration::from_secs(30);

/// A server, running or not.
#[derive(Debug, Clone, Copy)]
pub struct Server {
    /// Where the cluster is.
    pub place: Place,
    /// Its number, from 1.
    pub node: u8,
}

impl Server {
    fn folder(self) -> PathBuf {
        self.place.node(self.node)
    }

    fn pid_file(self) -> PathBuf {
        self.folder().join("pid")
    }

    /// What it writes.
    pub fn log(self) -> PathBuf {
        self.folder().join("out.log")
    }

    fn process(self) -> Option<Process> {
        Process::kept(&self.pid_file())
    }

    /// What it does now.
    pub fn state(self) -> State {
        self.process().map_or(State::Gone, Process::state)
    }

    /// Its process id and resident memory in MiB.
    pub fn about(self) -> Option<(u32, u64)> {
        let process = self.process()?;
        Some((process.pid, process.memory()?))
    }

    /// Writes its files and starts it, unless it runs. With `ours` it dies with the thread that started it.
    pub fn start(self, settings: &Settings, ours: bool) -> anyhow::Result<()> {
        if self.state() != State::Gone {
            return Ok(());
        }
        let (java, library) = artifacts::ensure(settings.version)?;
        if settings.tls {
            tls::ensure(self.place)?;
        }
        files::write_all(self.place, self.node, settings, &library)?;
        let log = std::fs::File::options().create(true).append(true).open(self.log())?;
        let child = self
            .command(ours)
            .arg(java)
            .arg(format!("@{}", std::path::absolute(self.folder().join("server.args"))?.display()))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("setsid and setpriv (package util-linux) start servers")?;
        Process::of(child.id())?.keep(&self.pid_file())
    }

    /// What becomes Java in the same process: in a session of its own, in a group of its own, and as root without the right
    /// to pin memory, which would double what it takes.
    fn command(self, ours: bool) -> Command {
        let mut command = Command::new("setsid");
        command.arg("setpriv");
        if artifacts::is_root() {
            command.args(["--regid", &self.place.group(self.node).to_string(), "--clear-groups"]);
            command.arg("--bounding-set=-ipc_lock");
        }
        command.args(["--pdeathsig", if ours { "KILL" } else { "clear" }]);
        command
    }

    /// Fails when it does not run and somebody else has its ports.
    pub fn ports_are_free(self) -> anyhow::Result<()> {
        if self.state() != State::Gone {
            return Ok(());
        }
        let (cql, link) = (self.place.cql(self.node), (self.place.ip(self.node), LINK).into());
        for address in [cql, link, self.place.jmx(self.node)] {
            TcpListener::bind(address).with_context(|| {
                format!("{address} is taken by a process that is not ours; --first K chooses other addresses")
            })?;
        }
        Ok(())
    }

    /// SIGKILL; returns when the process is gone.
    pub fn kill(self) -> anyhow::Result<()> {
        let Some(process) = self.process() else { return Ok(()) };
        process.signal("KILL")?;
        ensure!(gone_within(process, TAKING_APART), "process {} does not go", process.pid);
        std::fs::remove_file(self.pid_file()).context("the file of a process that is gone")
    }

    /// Asks it to stop; [`Self::stopped`] waits for it.
    pub fn ask_to_stop(self) -> anyhow::Result<()> {
        let Some(process) = self.process() else { return Ok(()) };
        process.signal("TERM")?;
        // A paused one hears nothing.
        process.signal("CONT")
    }

    /// Waits until it has stopped; kills it when it takes too long.
    pub fn stopped(self) -> anyhow::Result<()> {
        if self.process().is_some_and(|process| !gone_within(process, POLITENESS)) {
            eprintln!("    node {} does not stop within {POLITENESS:?}: it is killed", self.node);
        }
        self.kill()
    }

    /// SIGSTOP.
    pub fn pause(self) -> anyhow::Result<()> {
        self.signal("STOP", State::Paused)
    }

    /// SIGCONT.
    pub fn resume(self) -> anyhow::Result<()> {
        self.signal("CONT", State::Running)
    }

    fn signal(self, name: &str, then: State) -> anyhow::Result<()> {
        let Some(process) = self.process() else { bail!("node {} does not run", self.node) };
        process.signal(name)?;
        let began = now();
        while process.state() != then {
            ensure!(process.state() != State::Gone, "node {} does not run", self.node);
            ensure!(began.elapsed() < TAKING_APART, "node {} does not heed {name}", self.node);
            pause(Duration::from_millis(5));
        }
        Ok(())
    }

    /// `nodetool` for this server; returns its exit code.
    pub fn nodetool(self, arguments: &[String]) -> anyhow::Result<i32> {
        let java = artifacts::java().context("Java 17 is missing")?;
        let jmx = self.place.jmx(self.node);
        let mut tool = Command::new(java);
        tool.arg(format!("@{}", std::path::absolute(self.folder().join("nodetool.args"))?.display()));
        tool.args(["-h", &jmx.ip().to_string(), "-p", &jmx.port().to_string()]).args(arguments);
        Ok(tool.stdin(Stdio::null()).status()?.code().unwrap_or(1))
    }

    /// The last lines of its log that tell of trouble, or the last lines.
    pub fn last_words(self) -> String {
        let text = std::fs::read(self.log()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let last = |lines: Vec<&str>| lines[lines.len().saturating_sub(8)..].join("\n");
        let trouble: Vec<&str> = text.lines().filter(|line| line.starts_with("ERROR")).collect();
        last(if trouble.is_empty() { text.lines().collect() } else { trouble })
    }
}

fn gone_within(process: Process, time: Duration) -> bool {
    let began = now();
    while process.state() != State::Gone {
        if began.elapsed() > time {
            return false;
        }
        pause(Duration::from_millis(10));
    }
    true
}
