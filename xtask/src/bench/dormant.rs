//! `bench dormant`: what a million sleeping sessions add to a node's memory and to its start after SIGKILL.

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::machine::settled_memory;
use super::report::{Bound, Report};
use super::server::http;
use super::server::{Center, Server};
use super::{fill, folder, ids, machine};

/// Sleeping sessions.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Sleeping sessions
    #[arg(long, default_value_t = 1_000_000)]
    count: u64,
    /// Use the store of the run before
    #[arg(long)]
    again: bool,
}

/// What a node on one store took.
struct Taken {
    start: f64,
    memory: f64,
}

/// Measures.
pub fn run(args: &Args) -> anyhow::Result<Report> {
    let mut report = Report::new("dormant");
    let center = if args.again { Center::again("dormant")? } else { Center::write("dormant", 1, 10)? };
    let data = folder().join("dormant");
    let known = if args.again {
        ids(&std::fs::read_to_string(data.with_extension("ids")).context("there is no run before")?)
    } else {
        fill(&["dormant", &args.count.to_string()], &data, &center.file)?
    };
    machine::note_load(&mut report)?;
    let empty = folder().join("dormant-empty");
    Server::start(&empty, &center, true)?.kill()?;
    let without = take(&empty, &center)?;
    let with = take(&data, &center)?;
    let server = Server::start(&data, &center, false)?;
    for id in &known {
        look(&server, &center, id)?;
    }
    report.figure("sleeping sessions", args.count as f64, "");
    report.figure("of these looked at through the API", known.len() as f64, "");
    report.figure("start after SIGKILL, empty store", without.start, "s");
    report.bounded("start after SIGKILL, with them", with.start, ("s", Bound::Most(1.0)));
    report.figure("memory, empty store", without.memory / 1e6, "MB");
    report.bounded("memory that they add", (with.memory - without.memory) / 1e6, ("MB", Bound::Most(50.0)));
    report.figure("store on disk", size(&data)? / 1e6, "MB");
    Ok(report)
}

/// A node that is killed in the middle of its work and started again; and once more, so that there is something to repair.
fn take(data: &std::path::Path, center: &Center) -> anyhow::Result<Taken> {
    for _ in 0..2 {
        let server = Server::start(data, center, false)?;
        for number in 0..20 {
            let body = format!("{{\"service\":\"default\",\"text\":\"hello {number}\"}}");
            let answer =
                http::Client::connect(server.public)?.ask("POST", "/v1/sessions", (None, Some(&body)))?;
            ensure!(answer.status == 201, "no session: {} {}", answer.status, answer.body);
        }
        server.kill()?;
    }
    let server = Server::start(data, center, false)?;
    let taken = Taken { start: server.started_in.as_secs_f64(), memory: settled_memory(server.pid())? };
    server.kill()?;
    Ok(taken)
}

/// A sleeping session opens and has its conversation.
fn look(server: &Server, center: &Center, id: &str) -> anyhow::Result<()> {
    let key = Some(center.key.as_str());
    let shown: Value =
        serde_json::from_str(&http::get(server.staff, &format!("/v1/sessions/{id}"), key)?.body)?;
    let page = http::get(server.staff, &format!("/v1/sessions/{id}/events?from=0"), key)?;
    let page: Value = serde_json::from_str(&page.body)?;
    let (seq, events) = (shown["seq"].as_u64().unwrap_or(0), page["events"].as_array().map_or(0, Vec::len));
    ensure!(seq > 5 && events > 5, "session {id} has seq {seq} and {events} events");
    Ok(())
}

fn size(data: &std::path::Path) -> anyhow::Result<f64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(data)? {
        sum += entry?.metadata()?.len();
    }
    Ok(sum as f64)
}
