//! `bench sends`: durable sends per second, beside what the disk gives and what PostgreSQL makes of it, round by round.

use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::beside::fsync;
use super::beside::postgres::Postgres;
use super::machine::{cpu, now, pause};
use super::report::{Bound, Report, median};
use super::server::{Center, Server};
use super::{folder, machine};

/// Agents that listen.
const AGENTS: u32 = 10;
/// The node's own count of acknowledged sends.
const SENDS: &str = "holdfast_sends_acknowledged_total";

/// Durable sends per second.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Rounds of node, disk and PostgreSQL, one after the other; the figures are medians
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Seconds that the customers send in each round
    #[arg(long, default_value_t = 15)]
    seconds: u64,
    /// Sessions at once
    #[arg(long, default_value_t = 100)]
    sessions: u32,
    /// Sends that each customer has under way
    #[arg(long, default_value_t = 1)]
    outstanding: u32,
    /// Bytes of each text
    #[arg(long, default_value_t = 100)]
    size: u32,
    /// Leave PostgreSQL out
    #[arg(long)]
    no_postgres: bool,
}

/// One round of the node.
struct Round {
    rate: f64,
    /// p50, p99, p99.9, max in milliseconds.
    latency: [f64; 4],
    micros: f64,
    busy: f64,
    client: f64,
    memory: f64,
}

/// Measures.
pub fn run(args: &Args) -> anyhow::Result<Report> {
    let mut report = Report::new("sends");
    machine::note_load(&mut report)?;
    let center = Center::write("sends", AGENTS, args.sessions.div_ceil(AGENTS) + 5)?;
    let postgres = if args.no_postgres { None } else { Postgres::start(&folder())? };
    if postgres.is_none() {
        report.note("PostgreSQL is left out (apt package postgresql)");
    }
    let (mut rounds, mut disk, mut inserts) = (Vec::new(), Vec::new(), Vec::new());
    for number in 1..=args.rounds {
        let round = node(args, &center)?;
        disk.push(fsync::rate(&folder(), Duration::from_secs(3))?);
        let insert = postgres.as_ref().map(|postgres| postgres.rate(Duration::from_secs(5))).transpose()?;
        let [p50, p99, p999, _] = round.latency;
        report.note(format!(
            "round {number}: {:.0} sends/s, p50 {p50:.2} p99 {p99:.2} p99.9 {p999:.2} ms, {:.1} us CPU per send; disk {:.0}/s; PostgreSQL {:.0}/s",
            round.rate, round.micros, disk[disk.len() - 1], insert.unwrap_or_default().0
        ));
        inserts.extend(insert);
        rounds.push(round);
    }
    let middle = |of: fn(&Round) -> f64| median(&rounds.iter().map(of).collect::<Vec<_>>());
    let rate = middle(|round| round.rate);
    report.bounded("acknowledged sends", rate, ("1/s", Bound::Least(10_000.0)));
    report.figure("send to acknowledgement, p50", middle(|round| round.latency[0]), "ms");
    report.bounded(
        "send to acknowledgement, p99",
        middle(|round| round.latency[1]),
        ("ms", Bound::Most(20.0)),
    );
    report.figure("send to acknowledgement, p99.9", middle(|round| round.latency[2]), "ms");
    report.figure("send to acknowledgement, longest", middle(|round| round.latency[3]), "ms");
    report.figure("server CPU per send", middle(|round| round.micros), "us");
    report.figure("server CPU", middle(|round| round.busy) * 100.0, "%");
    report.figure("client CPU", middle(|round| round.client) * 100.0, "%");
    report.figure("server memory at the end", middle(|round| round.memory) / 1e6, "MB");
    report.figure("the disk: grouped appends with fdatasync", median(&disk), "1/s");
    report.figure("sends per grouped append", rate / median(&disk), "ratio");
    if !inserts.is_empty() {
        let (rates, waits): (Vec<_>, Vec<_>) = inserts.into_iter().unzip();
        report.figure("PostgreSQL: single inserts, 100 clients", median(&rates), "1/s");
        report.figure("PostgreSQL: average latency", median(&waits), "ms");
        report.figure("sends per PostgreSQL insert", rate / median(&rates), "ratio");
    }
    Ok(report)
}

fn node(args: &Args, center: &Center) -> anyhow::Result<Round> {
    let server = Server::start(&folder().join("sends"), center, true)?;
    let mut load = server.load(AGENTS);
    load.args(["--synthetic", "--size", &args.size.to_string(), "--sessions", &args.sessions.to_string()]);
    load.args(["--duration", &args.seconds.to_string(), "--outstanding", &args.outstanding.to_string()]);
    let client =
        load.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().context("holdfast load cannot be run")?;
    let (micros, busy, in_client) = watch(&server, client.id(), Duration::from_secs(args.seconds))?;
    let memory = machine::memory(server.pid())?;
    let said = outcome(client)?;
    let rate = after(&said, "acknowledged sends per second ")?;
    let line =
        said.lines().find(|line| line.starts_with("send to acknowledgement")).context("no latencies")?;
    let latency = [after(line, "p50 ")?, after(line, "p99 ")?, after(line, "p99.9 ")?, after(line, "max ")?];
    Ok(Round { rate, latency, micros, busy, client: in_client, memory })
}

/// Server's microseconds per send, server's and client's processors, all of the middle of the run: signing in and reading
/// transcripts back are no sends.
fn watch(server: &Server, client: u32, time: Duration) -> anyhow::Result<(f64, f64, f64)> {
    let began = now();
    let patience = Duration::from_secs(60);
    while server.metric(SENDS)? < 1_000.0 && began.elapsed() < patience {
        pause(Duration::from_millis(100));
    }
    let look = || anyhow::Ok((now(), server.metric(SENDS)?, cpu(server.pid())?, cpu(client)?));
    let first = look()?;
    pause(time.mul_f64(0.7));
    let last = look()?;
    let seconds = (last.0 - first.0).as_secs_f64();
    let (sends, server, client) = (last.1 - first.1, last.2 - first.2, last.3 - first.3);
    Ok((server * 1e6 / sends.max(1.0), server / seconds, client / seconds))
}

/// What the load run said; its verdict must be ok.
pub fn outcome(client: Child) -> anyhow::Result<String> {
    let output = client.wait_with_output()?;
    let said = String::from_utf8(output.stdout)?;
    let verdict = said.lines().last().unwrap_or_default().to_owned();
    ensure!(output.status.success(), "the load run is not ok: {verdict}");
    Ok(said)
}

/// The number behind a label.
pub fn after(text: &str, label: &str) -> anyhow::Result<f64> {
    let (_, rest) =
        text.split_once(label).with_context(|| format!("no {label:?} in what the load run said"))?;
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    Ok(rest[..end].parse()?)
}
