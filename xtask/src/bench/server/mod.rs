//! The node under measurement: the release binary as a process of its own, with as many files as it may open.

pub mod http;

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::machine::{now, pause};
use super::{folder, holdfast};
use crate::load::{center, node};

/// Longest wait for a node to be ready.
const PATIENCE: Duration = Duration::from_secs(120);
/// Open files of a node with 20,000 connections.
const FILES: u32 = 65_536;

/// A running node; killed when it is dropped.
pub struct Server {
    process: Child,
    /// Customers.
    pub public: SocketAddr,
    /// Staff.
    pub staff: SocketAddr,
    /// Metrics.
    pub ops: SocketAddr,
    /// From the start of the process to its being ready.
    pub started_in: Duration,
}

/// A contact center for benches: a service for load runs, one whose sessions sleep for months, an API key.
pub struct Center {
    /// The file.
    pub file: PathBuf,
    /// The API key of a supervisor.
    pub key: String,
}

impl Center {
    /// Writes one with so many agents, each for so many conversations at once.
    pub fn write(name: &str, agents: u32, capacity: u32) -> anyhow::Result<Self> {
        let hash = center::hash(&holdfast())?;
        let made = Command::new(holdfast()).arg("hash-key").output().context("holdfast hash-key")?;
        let made = String::from_utf8(made.stdout)?;
        let (key, key_hash) = made.trim().split_once('\n').context("a key and its hash")?;
        let mut text = String::from(
            "[unit.load]\ntitle = \"Load\"\n\n[queue.load]\nunit = \"load\"\noffer_timeout = \"60s\"\nlimit = 100000\n\n\
             [service.default]\nunit = \"load\"\nqueue = \"load\"\n\n[service.default.limits]\n\
             events_per_second = 1000000\nburst = 1000000\n\n[service.async]\nunit = \
             \"load\"\nqueue = \"load\"\n\n[service.async.timers]\nabsent_after = \"2000h\"\nleave_after = \"3000h\"\n\
             longest_wait = \"4000h\"\nidle_alert_after = \"4000h\"\npost_max = \"4000h\"\n",
        );
        write!(
            text,
            "\n[key.bench]\nroles = [\"supervisor\", \"admin\"]\nunits = [\"load\"]\nkey_sha256 = \"{key_hash}\"\n"
        )?;
        for number in 1..=agents {
            write!(
                text,
                "\n[agent.{}{number}]\nnick = \"Agent\"\nunits = [\"load\"]\nroles = [\"agent\"]\nqueues = [\"load\"]\n\
                 capacity = {capacity}\npassword_hash = \"{hash}\"\n",
                center::PREFIX
            )?;
        }
        let file = folder().join(format!("{name}.toml"));
        std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        std::fs::write(file.with_extension("key"), key.trim())?;
        Ok(Self { file, key: key.trim().to_owned() })
    }

    /// The one that was written by a run before, whose store has it.
    pub fn again(name: &str) -> anyhow::Result<Self> {
        let file = folder().join(format!("{name}.toml"));
        let key = std::fs::read_to_string(file.with_extension("key")).context("there is no run before")?;
        Ok(Self { file, key: key.trim().to_owned() })
    }
}

impl Server {
    /// Starts a node on a store; `fresh` empties it first.
    pub fn start(data: &Path, center: &Center, fresh: bool) -> anyhow::Result<Self> {
        Self::start_with(data, center, (fresh, &[]))
    }

    /// The same with settings from the environment.
    pub fn start_with(
        data: &Path,
        center: &Center,
        (fresh, settings): (bool, &[(&str, &str)]),
    ) -> anyhow::Result<Self> {
        if fresh && data.exists() {
            std::fs::remove_dir_all(data).with_context(|| format!("cannot remove {}", data.display()))?;
        }
        let [public, staff, ops, peer] = node::free()?;
        let log = std::fs::File::create(data.with_extension("log")).context("cannot write the node's log")?;
        let mut command = Command::new("sh");
        // A shell is the only way to more files without unsafe code.
        command.args(["-c", &format!("ulimit -n {FILES} 2>/dev/null; exec \"$0\" \"$@\"")]).arg(holdfast());
        command.args(["serve", "--log-level", "warn", "--public", &public.to_string()]);
        command.args(["--staff", &staff.to_string(), "--ops", &ops.to_string(), "--peer", &peer.to_string()]);
        command.arg("--data").arg(data).arg("--center").arg(&center.file);
        command.env("HOLDFAST_LISTEN__PUBLIC__CONNECTIONS", "40000").envs(settings.iter().copied());
        let began = now();
        let process =
            command.stdout(log.try_clone()?).stderr(log).spawn().context("the node cannot be started")?;
        let mut server = Self { process, public, staff, ops, started_in: Duration::ZERO };
        while !node::is_ready(ops) {
            if let Some(status) = server.process.try_wait()? {
                bail!("the node ended ({status}); see {}", data.with_extension("log").display());
            }
            anyhow::ensure!(began.elapsed() < PATIENCE, "the node is not ready after {PATIENCE:?}");
            pause(Duration::from_millis(5));
        }
        server.started_in = began.elapsed();
        Ok(server)
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Where customers come in.
    pub fn url(&self) -> String {
        format!("http://{}", self.public)
    }

    /// SIGKILL, in the middle of whatever it does.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// A counter or gauge without labels.
    pub fn metric(&self, name: &str) -> anyhow::Result<f64> {
        let page = http::get(self.ops, "/metrics", None)?;
        let line = page.body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        Ok(line.with_context(|| format!("no metric {name}"))?.trim().parse()?)
    }

    /// `holdfast load` against this node.
    pub fn load(&self, agents: u32) -> Command {
        let mut load = Command::new(holdfast());
        load.args(["load", "--url", &format!("http://{}", self.public)]);
        load.args(["--staff-url", &format!("http://{}", self.staff), "--agents-prefix", center::PREFIX]);
        load.args(["--agents-count", &agents.to_string(), "--history"]).arg(folder().join("history.jsonl"));
        load.env("HOLDFAST_LOAD_PASSWORD", center::PASSWORD);
        load
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already, and then there is nothing to do.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
