//! `bench long`: how fast sessions with a hundred thousand events open, and what they hold then.

use anyhow::ensure;
use serde_json::Value;

use super::machine::{now, settled_memory};
use super::report::{Bound, Report, median};
use super::server::http::Client;
use super::server::{Center, Server};
use super::{fill, folder, machine};

/// Long sessions.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Sessions
    #[arg(long, default_value_t = 48)]
    count: u64,
    /// Events of each
    #[arg(long, default_value_t = 100_000)]
    events: u64,
}

/// Measures.
pub fn run(args: &Args) -> anyhow::Result<Report> {
    let mut report = Report::new("long");
    let center = Center::write("long", 1, 10)?;
    let data = folder().join("long");
    let (count, events) = (args.count.to_string(), args.events.to_string());
    let known = fill(&["long", &count, &events], &data, &center.file)?;
    machine::note_load(&mut report)?;
    // The first start puts the filler's log into the database; what that took would hide what sessions take.
    Server::start(&data, &center, false)?.kill()?;
    let server = Server::start(&data, &center, false)?;
    let mut client = Client::connect(server.staff)?;
    let mut ask = |path: String| -> anyhow::Result<(f64, Value)> {
        let began = now();
        let answer = client.ask("GET", &path, (Some(&center.key), None))?;
        ensure!(answer.status == 200, "GET {path}: {} {}", answer.status, answer.body);
        Ok((began.elapsed().as_secs_f64() * 1e3, serde_json::from_str(&answer.body)?))
    };
    let before = settled_memory(server.pid())?;
    let mut opened = Vec::new();
    for id in &known {
        let (time, shown) = ask(format!("/v1/sessions/{id}"))?;
        ensure!(
            shown["seq"].as_u64().is_some_and(|seq| seq >= args.events),
            "session {id} is short: {shown}"
        );
        opened.push(time);
    }
    let held = (settled_memory(server.pid())? - before) / known.len().max(1) as f64 / 1024.0;
    ensure!(held > 0.0, "memory fell while sessions were opened: something else moved, measure again");
    let mut page = |from: u64| -> anyhow::Result<f64> {
        let times = known.iter().map(|id| Ok(ask(format!("/v1/sessions/{id}/events?from={from}"))?.0));
        Ok(median(&times.collect::<anyhow::Result<Vec<_>>>()?))
    };
    let (latest, old) = (page(args.events - 50)?, page(args.events / 2)?);
    report.figure("events of each session", args.events as f64, "");
    report.figure("sessions opened", known.len() as f64, "");
    report.figure("opening and summary, median", median(&opened), "ms");
    report.bounded(
        "opening and summary, longest",
        opened.iter().copied().fold(0.0, f64::max),
        ("ms", Bound::Most(20.0)),
    );
    report.bounded(
        "memory that an open one adds, pages of the store included",
        held,
        ("KiB", Bound::Most(256.0)),
    );
    report.figure("page of the latest events", latest, "ms");
    report.figure("page from the middle", old, "ms");
    Ok(report)
}
