//! `bench pace`: conversations of people at the pace at which they were held, many at once.

use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;

use super::machine::{cpu, memory, now, pause};
use super::report::{Bound, Report};
use super::sends::{after, outcome};
use super::server::{Center, Server};
use super::{folder, machine};
use crate::corpus;

/// Agents that answer.
const AGENTS: u32 = 50;

/// Two thousand conversations at once.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Minutes in which conversations are begun
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// Conversations at once
    #[arg(long, default_value_t = 2_000)]
    sessions: u32,
    /// How many times faster than recorded
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
}

/// Measures.
pub fn run(args: &Args) -> anyhow::Result<Report> {
    let mut report = Report::new("pace");
    machine::note_load(&mut report)?;
    let corpus = corpus::ensure()?;
    let center = Center::write("pace", AGENTS, args.sessions.div_ceil(AGENTS) + 10)?;
    let server = Server::start(&folder().join("pace"), &center, true)?;
    let (empty, seconds) = (memory(server.pid())?, args.minutes * 60.0);
    let mut load = server.load(AGENTS);
    load.arg("--corpus").arg(corpus).args(["--pace", "recorded", "--speed", &args.speed.to_string()]);
    load.args(["--sessions", &args.sessions.to_string(), "--duration", &seconds.to_string()]);
    load.args(["--conversations", "1000000", "--ramp", &(seconds / 10.0).to_string()]);
    let mut client = load.stdout(Stdio::piped()).spawn().context("holdfast load cannot be run")?;
    // The first tenth is the ramp, and signing in; what counts is the rest.
    pause(Duration::from_secs_f64(seconds * 0.15));
    let (began, used, in_client) = (now(), cpu(server.pid())?, cpu(client.id())?);
    let mut most = 0.0_f64;
    while began.elapsed().as_secs_f64() < seconds * 0.8 && client.try_wait()?.is_none() {
        most = most.max(memory(server.pid())?);
        pause(Duration::from_secs(1));
    }
    let time = began.elapsed().as_secs_f64();
    let (used, in_client) = ((cpu(server.pid())? - used) / time, (cpu(client.id())? - in_client) / time);
    let said = outcome(client)?;
    let screen = said.lines().find(|line| line.starts_with("send to the other")).context("no latencies")?;
    report.note(said.lines().last().unwrap_or_default());
    report.figure("conversations at once", f64::from(args.sessions), "");
    report.figure("acknowledged sends", after(&said, "acknowledged sends per second ")?, "1/s");
    report.figure("send to the other side's screen, p50", after(screen, "p50 ")?, "ms");
    report.bounded("send to the other side's screen, p99", after(screen, "p99 ")?, ("ms", Bound::None));
    report.figure("send to the other side's screen, p99.9", after(screen, "p99.9 ")?, "ms");
    report.figure("server CPU", used * 100.0, "%");
    report.figure("client CPU", in_client * 100.0, "%");
    report.figure("server memory, most", most / 1e6, "MB");
    report.figure("server memory per conversation", (most - empty) / 1e3 / f64::from(args.sessions), "kB");
    Ok(report)
}
