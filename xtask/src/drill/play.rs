//! The people of a drill: one `holdfast load` from before the first fault to after the last. Never judges: its verdict does.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::address::Address;
use crate::bench::machine::{now, pause};
use crate::cluster::whole::Cluster;
use crate::load::center;

/// Longer than any drill: it is told when to end.
const DURATION: &str = "86400";
/// Longest wait for the first acknowledgements, and for transcripts and verdict at the end.
const PATIENCE: Duration = Duration::from_secs(300);

/// Until all clients that were called home are there: one looks up once a second.
const HOMECOMING: Duration = Duration::from_secs(3);

/// Who they are.
#[derive(Debug, Clone, clap::Args)]
pub struct People {
    /// Sessions at once
    #[arg(long, default_value_t = 200, value_name = "N")]
    pub sessions: u32,
    /// Sends per second of all sessions, at intended times whatever happens
    #[arg(long, default_value_t = 100.0, value_name = "N")]
    pub rate: f64,
    /// Agents that listen
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub agents: u32,
    /// Sessions at once where there is a crowd
    #[arg(long, default_value_t = 5_000, value_name = "N")]
    pub crowd: u32,
    /// Of how many sessions the customers send anything [default: all; of a crowd one in twenty]
    #[arg(long, value_name = "N")]
    pub talkers: Option<u32>,
    /// Sends per second of all sessions where it is looked at what grows with them
    #[arg(long, default_value_t = 1_000.0, value_name = "N")]
    pub full_rate: f64,
    /// How customers reach the nodes: ws, sse or poll
    #[arg(long, default_value = "ws", value_parser = ["ws", "sse", "poll"])]
    pub transport: String,
}

/// A load run under way; killed when it is dropped.
pub struct Play {
    process: Child,
    said: PathBuf,
    ended: bool,
    /// The nodes that clients begin at, in turn.
    pub homes: Vec<u8>,
}

impl Play {
    /// Starts one whose clients are spread over all nodes, or know one address only; its history goes to `history`.
    pub fn start(
        cluster: &Cluster,
        (people, one): (&People, Option<&Address>),
        history: &Path,
    ) -> anyhow::Result<Self> {
        let said = history.with_file_name("load.out");
        let progress = history.with_file_name("load.log");
        eprintln!("--- {} sessions, {} sends/s; {}", people.sessions, people.rate, progress.display());
        let mut load = Command::new("setpriv");
        // Ctrl-C reaches us, and the end of us reaches it.
        load.args(["--pdeathsig", "KILL"]).arg(&cluster.plan.binary).arg("load");
        let each = cluster.plan.nodes.iter().map(|place| (place.public(), place.staff()));
        let doors: Vec<_> = one.map_or_else(|| each.collect(), |one| vec![(one.public, one.staff)]);
        for (public, staff) in doors {
            load.args(["--url", &format!("http://{public}"), "--staff-url", &format!("http://{staff}")]);
        }
        load.args(["--synthetic", "--duration", DURATION, "--rate", &people.rate.to_string()]);
        load.args(["--sessions", &people.sessions.to_string(), "--transport", &people.transport]);
        load.args(["--agents-prefix", center::PREFIX, "--agents-count", &people.agents.to_string()]);
        load.env("HOLDFAST_LOAD_PASSWORD", center::PASSWORD).arg("--history").arg(history);
        load.stdin(Stdio::null()).stdout(File::create(&said)?).stderr(File::create(&progress)?);
        if let Some(talkers) = people.talkers {
            // Who only listens is no conversation that is stuck.
            load.args(["--talkers", &talkers.to_string(), "--patience", DURATION, "--ramp", "20"]);
        }
        let homes = if one.is_some() { Vec::new() } else { cluster.numbers() };
        let process = load.spawn().context("setpriv (package util-linux) starts holdfast load")?;
        Ok(Self { process, said, ended: false, homes })
    }

    /// Waits until so many messages have been acknowledged.
    pub fn acknowledges(&mut self, cluster: &Cluster, least: f64) -> anyhow::Result<()> {
        let (began, name) = (now(), "holdfast_sends_acknowledged_total");
        let looks = || cluster.nodes().filter_map(|node| node.look().ok());
        while looks().map(|look| look.sum(name, "")).sum::<f64>() < least {
            self.alive()?;
            ensure!(began.elapsed() < PATIENCE, "nothing is acknowledged after {PATIENCE:?}");
            pause(Duration::from_millis(200));
        }
        Ok(())
    }

    /// Waits until so many sessions are there.
    pub fn gathers(&mut self, cluster: &Cluster, sessions: f64) -> anyhow::Result<()> {
        let (began, name) = (now(), "holdfast_connections");
        let looks = || cluster.nodes().filter_map(|node| node.look().ok());
        while looks().map(|look| look.sum(name, "\"public\"")).sum::<f64>() < sessions {
            self.alive()?;
            ensure!(began.elapsed() < PATIENCE, "{sessions} customers are not there after {PATIENCE:?}");
            pause(Duration::from_millis(500));
        }
        eprintln!("    {sessions} customers are there after {:.0} s", began.elapsed().as_secs_f64());
        Ok(())
    }

    /// Fails when it has ended.
    pub fn alive(&mut self) -> anyhow::Result<()> {
        let status = self.process.try_wait()?;
        ensure!(status.is_none(), "the load run has ended before the drill: {}", self.words());
        Ok(())
    }

    /// Waits, unless it ends.
    pub fn wait(&mut self, time: Duration) -> anyhow::Result<()> {
        let began = now();
        while began.elapsed() < time {
            self.alive()?;
            pause(Duration::from_millis(10).min(time.saturating_sub(began.elapsed())));
        }
        Ok(())
    }

    /// Calls clients back to the nodes that they began at: after a fault they gather on the others.
    pub fn call_home(&mut self) -> anyhow::Result<()> {
        self.alive()?;
        let asked = Command::new("kill").args(["-USR1", &self.process.id().to_string()]).status()?;
        ensure!(asked.success(), "the load run cannot be signalled");
        self.wait(HOMECOMING)
    }

    /// Tells it to end; whether its verdict is ok, and its last words.
    pub fn end(mut self) -> anyhow::Result<(bool, String)> {
        eprintln!("--- transcripts and verdict");
        self.alive()?;
        let asked = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status()?;
        ensure!(asked.success(), "the load run cannot be told to end");
        let began = now();
        loop {
            if let Some(status) = self.process.try_wait()? {
                self.ended = true;
                return Ok((status.success(), self.words()));
            }
            ensure!(began.elapsed() < PATIENCE, "the load run does not end within {PATIENCE:?}");
            pause(Duration::from_millis(100));
        }
    }

    /// Its last line.
    fn words(&self) -> String {
        let text = std::fs::read_to_string(&self.said).unwrap_or_default();
        text.lines().last().unwrap_or("it has said nothing").to_owned()
    }
}

impl Drop for Play {
    fn drop(&mut self) {
        if !self.ended {
            // It may have ended by itself.
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}
