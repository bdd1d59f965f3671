//! What a journal costs above a floor: a node on three Cassandra servers beside the same edge, client and driver with one
//! prepared insert behind them and nothing else. Round by round, one after the other, so that both meet the same machine.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::machine::{self, busy, cpu, now, pause};
use super::report::{Bound, Report, median};
use super::server::{Center, Server};
use super::{built, folder, holdfast};
use crate::cassandra::{Cluster, Guard, Place, Settings, Version};
use crate::load::node;

/// Longest wait for the floor to serve.
const PATIENCE: Duration = Duration::from_secs(30);
/// Share of the floor's rate that the node must reach where the store is busy, and how many sessions make it so.
const SHARE: (f64, u64) = (0.75, 100);

/// Sends on Cassandra beside a floor.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Rounds of each; medians are judged
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of each round
    #[arg(long, default_value_t = 8)]
    seconds: u64,
    /// Sessions at once, each with one send under way
    #[arg(long, value_delimiter = ',', default_value = "1,10,100,400")]
    sessions: Vec<u64>,
    /// Bytes of each text
    #[arg(long, default_value_t = 100)]
    size: u64,
    /// Cassandra servers
    #[arg(long, default_value_t = 3)]
    nodes: u8,
}

/// One round of either.
#[derive(Default)]
struct Round {
    rate: f64,
    p50: f64,
    p99: f64,
    /// Microseconds of server CPU per send.
    micros: f64,
    /// The same of the servers of Cassandra, and of everything that this machine did.
    stores: f64,
    whole: f64,
    looks: f64,
    /// Bytes of keys and values stored per byte of text.
    bytes: f64,
}

/// What runs while the bench runs.
struct Ground {
    program: PathBuf,
    points: String,
    node: Server,
    floor: Floor,
    cluster: Guard,
}

/// Measures.
pub fn run(args: &Args) -> anyhow::Result<Report> {
    let mut report = Report::new("floor");
    let program = built("floor")?;
    machine::note_load(&mut report)?;
    let ground = Ground::prepare(program, args.nodes)?;
    // Both meet servers whose compilers have seen their statements.
    ground.sends(&ground.node.url(), (100, 10, args.size))?;
    ground.sends(&ground.floor.url, (100, 10, args.size))?;
    for sessions in &args.sessions {
        level(args, *sessions, (&ground, &mut report))?;
    }
    Ok(report)
}

fn level(args: &Args, sessions: u64, (ground, report): (&Ground, &mut Report)) -> anyhow::Result<()> {
    let (mut ours, mut floors, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    for number in 1..=args.rounds {
        let what = (sessions, args.seconds, args.size);
        ours.push(ground.node_round(what)?);
        floors.push(ground.floor_round(what)?);
        bare.push(ground.bare((sessions, args.seconds.min(4), args.size))?);
        let (one, other) = (&ours[number - 1], &floors[number - 1]);
        report.note(format!(
            "{sessions} sessions, round {number}: node {:.0}/s p50 {:.2} p99 {:.2} ms {:.0} us CPU (Cassandra {:.0}, all {:.0}), {:.0} looks/s; floor {:.0}/s p50 {:.2} p99 {:.2} ms {:.0} us CPU (Cassandra {:.0}, all {:.0})",
            one.rate, one.p50, one.p99, one.micros, one.stores, one.whole, one.looks, other.rate, other.p50, other.p99, other.micros, other.stores, other.whole
        ));
    }
    let middle = |rounds: &[Round], of: fn(&Round) -> f64| median(&rounds.iter().map(of).collect::<Vec<_>>());
    let named = |what: &str| format!("{sessions} sessions: {what}");
    let share = middle(&ours, |round| round.rate) / middle(&floors, |round| round.rate);
    report.figure(named("acknowledged sends"), middle(&ours, |round| round.rate), "1/s");
    report.figure(named("the floor"), middle(&floors, |round| round.rate), "1/s");
    let bound = if sessions >= SHARE.1 { Bound::Least(SHARE.0) } else { Bound::None };
    report.bounded(named("share of the floor"), share, ("ratio", bound));
    let p50 = middle(&ours, |round| round.p50);
    let [write, look] =
        [0, 1].map(|at| median(&bare.iter().map(|pair: &[f64; 2]| pair[at]).collect::<Vec<_>>()));
    let most = 1.3 * (write + look) + 0.5;
    let bound = if sessions < SHARE.1 { Bound::Most(most) } else { Bound::None };
    report.bounded(named("acknowledgement, p50"), p50, ("ms", bound));
    report.figure(named("acknowledgement, p99"), middle(&ours, |round| round.p99), "ms");
    report.figure(named("the floor's p50"), middle(&floors, |round| round.p50), "ms");
    report.figure(named("bare write, p50"), write, "ms");
    report.figure(named("bare look, p50"), look, "ms");
    report.figure(named("server CPU per send"), middle(&ours, |round| round.micros), "us");
    report.figure(named("the floor's CPU per send"), middle(&floors, |round| round.micros), "us");
    report.figure(named("Cassandra's CPU per send"), middle(&ours, |round| round.stores), "us");
    report.figure(
        named("Cassandra's CPU per send of the floor"),
        middle(&floors, |round| round.stores),
        "us",
    );
    report.figure(named("looks"), middle(&ours, |round| round.looks), "1/s");
    report.figure(named("stored per byte of text"), middle(&ours, |round| round.bytes), "ratio");
    Ok(())
}

impl Ground {
    fn prepare(program: PathBuf, nodes: u8) -> anyhow::Result<Self> {
        let cluster = Cluster::ours(Place { first: 201 }, Settings::of(nodes, Version::V5_0))?;
        let points = cluster.contact_points();
        let settings = [
            ("HOLDFAST_STORE__KIND", "cassandra"),
            ("HOLDFAST_STORE__CASSANDRA__CONTACT_POINTS", &*points),
            ("HOLDFAST_STORE__CASSANDRA__DATACENTER", "datacenter1"),
        ];
        let mut schema = Command::new(holdfast());
        schema.args(["schema", "apply", "--replication", &format!("datacenter1:{nodes}")]).envs(settings);
        ensure!(schema.status()?.success(), "the schema cannot be applied");
        let center = Center::write("floor", 1, 10)?;
        let node = Server::start_with(&folder().join("floor"), &center, (true, &settings))?;
        let floor = Floor::start(&program, &points)?;
        Ok(Self { program, points, node, floor, cluster })
    }

    fn program(&self, words: &[&str]) -> anyhow::Result<Value> {
        let output = Command::new(&self.program).args(words).stderr(Stdio::inherit()).output()?;
        ensure!(output.status.success(), "the floor's program failed: {words:?}");
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    fn sends(&self, url: &str, (sessions, seconds, size): (u64, u64, u64)) -> anyhow::Result<Value> {
        let numbers = [sessions, seconds, size].map(|number| number.to_string());
        self.program(&["send", url, &numbers[0], &numbers[1], &numbers[2]])
    }

    /// Medians of a write and of a look, milliseconds.
    fn bare(&self, (at_once, seconds, size): (u64, u64, u64)) -> anyhow::Result<[f64; 2]> {
        let numbers = [at_once, seconds, size].map(|number| number.to_string());
        let found = self.program(&["bare", &self.points, &numbers[0], &numbers[1], &numbers[2]])?;
        Ok([number(&found["write"], "p50")?, number(&found["look"], "p50")?])
    }

    fn node_round(&self, what: (u64, u64, u64)) -> anyhow::Result<Round> {
        let counters = || {
            let metric = |name| self.node.metric(name);
            anyhow::Ok((metric("holdfast_looks_total")?, metric("holdfast_cassandra_bytes_total")?))
        };
        let (looks, bytes) = counters()?;
        let mut round = self.round(&self.node.url(), self.node.pid(), what)?;
        let after = counters()?;
        let (seconds, sends) = (round.looks, round.bytes);
        round.looks = (after.0 - looks) / seconds;
        round.bytes = (after.1 - bytes) / (sends * what.2 as f64);
        Ok(round)
    }

    fn floor_round(&self, what: (u64, u64, u64)) -> anyhow::Result<Round> {
        self.round(&self.floor.url, self.floor.process.id(), what)
    }

    /// `looks` is the round's seconds and `bytes` its sends, warm-up included, for whoever has counters over the whole of it.
    fn round(&self, url: &str, pid: u32, what: (u64, u64, u64)) -> anyhow::Result<Round> {
        let (before, began) = (self.used(pid)?, now());
        let found = self.sends(url, what)?;
        let (after, seconds) = (self.used(pid)?, began.elapsed().as_secs_f64());
        let (rate, sends) = (number(&found, "rate")?, number(&found, "sends")?);
        let [p50, p99] = [number(&found, "p50")?, number(&found, "p99")?];
        let of = |at: usize| (after[at] - before[at]) * 1e6 / sends.max(1.0);
        let [micros, stores, whole] = [of(0), of(1), of(2)];
        Ok(Round { rate, p50, p99, micros, stores, whole, looks: seconds, bytes: sends })
    }

    /// Seconds of processor time that a process, the servers of Cassandra and everybody have used.
    fn used(&self, pid: u32) -> anyhow::Result<[f64; 3]> {
        let servers = self.cluster.nodes().filter_map(|node| self.cluster.server(node).about());
        let stores = servers.map(|(server, _)| cpu(server)).sum::<anyhow::Result<f64>>()?;
        Ok([cpu(pid)?, stores, busy()?])
    }
}

fn number(found: &Value, name: &str) -> anyhow::Result<f64> {
    found[name].as_f64().with_context(|| format!("no {name} in {found}"))
}

/// The floor as a process; killed when it is dropped.
struct Floor {
    process: Child,
    url: String,
}

impl Floor {
    fn start(program: &Path, points: &str) -> anyhow::Result<Self> {
        let [public, ops, ..] = node::free()?;
        let data = folder().join("floor-data");
        let mut command = Command::new(program);
        command.arg("serve").arg(data).args([points, &public.to_string(), &ops.to_string()]);
        let log = std::fs::File::create(folder().join("floor-data.log"))?;
        let process =
            command.stdout(log.try_clone()?).stderr(log).spawn().context("the floor cannot be started")?;
        let floor = Self { process, url: format!("http://{public}") };
        let began = now();
        while !node::is_ready(ops) {
            ensure!(began.elapsed() < PATIENCE, "the floor does not serve after {PATIENCE:?}");
            pause(Duration::from_millis(50));
        }
        Ok(floor)
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        // It may have ended already, and then there is nothing to do.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
