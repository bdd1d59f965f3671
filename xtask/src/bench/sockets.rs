//! `bench sockets`: what an idle WebSocket costs, and whether idle connections harm those that are not.

use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::idle::{Idle, need_files};
use super::machine::{now, pause, settled_memory};
use super::report::{Bound, Report};
use super::server::http::Client;
use super::server::{Center, Server};
use super::{folder, machine};

/// Idle WebSockets.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// WebSockets, each of a session of its own
    #[arg(long, default_value_t = 9_000)]
    count: usize,
    /// Connections that never say anything, on top
    #[arg(long, default_value_t = 10_000)]
    silent: usize,
    /// Seconds that the sockets are watched
    #[arg(long, default_value_t = 30)]
    seconds: u64,
}

/// Connections over which sessions are created at once.
const CREATORS: usize = 8;

/// Measures.
pub fn run(args: &Args) -> anyhow::Result<Report> {
    need_files(args.count + args.silent)?;
    let mut report = Report::new("sockets");
    machine::note_load(&mut report)?;
    let center = Center::write("sockets", 1, 1)?;
    let server = Server::start(&folder().join("sockets"), &center, true)?;
    let empty = settled_memory(server.pid())?;
    let sessions = create_all(&server, args.count)?;
    let with_sessions = settled_memory(server.pid())?;
    let mut sockets = Vec::with_capacity(args.count);
    for (session, token) in &sessions {
        let path = format!("/v1/sessions/{session}/ws?from=0");
        sockets.push(Idle::open(server.public, &path, token).context("after so many sockets")?);
        if sockets.len() % 1_000 == 0 {
            attend(&mut sockets)?;
        }
    }
    watch(&mut sockets, args.seconds)?;
    let with_sockets = settled_memory(server.pid())?;
    let count = args.count as f64;
    report.figure("idle WebSockets", count, "");
    report.figure("node with nothing to do", empty / 1e6, "MB");
    report.figure("memory per session without a socket", (with_sessions - empty) / count / 1024.0, "KiB");
    report.bounded(
        "memory per idle WebSocket",
        (with_sockets - with_sessions) / count / 1024.0,
        ("KiB", Bound::Most(12.0)),
    );
    report.figure("memory per session with its socket", (with_sockets - empty) / count / 1024.0, "KiB");
    report.figure("processor while idle", server_share(&server)? * 100.0, "%");
    let alone = probe(&server)?;
    let silent =
        (0..args.silent).map(|_| TcpStream::connect(server.public)).collect::<Result<Vec<_>, _>>()?;
    let among = probe(&server)?;
    attend(&mut sockets)?;
    report.figure("silent connections on top", silent.len() as f64, "");
    report.figure(
        "memory per silent connection",
        (settled_memory(server.pid())? - with_sockets) / 1024.0 / args.silent.max(1) as f64,
        "KiB",
    );
    report.figure("a send beside the idle sockets, p99", alone, "ms");
    report.bounded("a send beside all of them, p99", among, ("ms", Bound::Most(100.0)));
    Ok(report)
}

/// Sessions with their tokens.
fn create_all(server: &Server, count: usize) -> anyhow::Result<Vec<(String, String)>> {
    let share = count.div_ceil(CREATORS);
    std::thread::scope(|scope| {
        let creators: Vec<_> = (0..CREATORS)
            .map(|number| {
                scope.spawn(move || create(server, share.min(count.saturating_sub(number * share))))
            })
            .collect();
        let mut all = Vec::with_capacity(count);
        for creator in creators {
            all.extend(creator.join().map_err(|_| anyhow::anyhow!("a creator panicked"))??);
        }
        Ok(all)
    })
}

fn create(server: &Server, count: usize) -> anyhow::Result<Vec<(String, String)>> {
    let mut client = Client::connect(server.public)?;
    (0..count)
        .map(|_| {
            let answer = client.ask(
                "POST",
                "/v1/sessions",
                (None, Some("{\"service\":\"default\",\"nick\":\"Idle\"}")),
            )?;
            ensure!(answer.status == 201, "no session: {} {}", answer.status, answer.body);
            let entered: Value = serde_json::from_str(&answer.body)?;
            let field = |name: &str| entered[name].as_str().map(ToOwned::to_owned).context("no such field");
            Ok((field("session")?, field("token")?))
        })
        .collect()
}

fn attend(sockets: &mut [Idle]) -> anyhow::Result<()> {
    sockets.iter_mut().try_for_each(Idle::attend)
}

/// Attends to the sockets for a while.
fn watch(sockets: &mut [Idle], seconds: u64) -> anyhow::Result<()> {
    let began = now();
    while began.elapsed() < Duration::from_secs(seconds) {
        attend(sockets)?;
        pause(Duration::from_millis(500));
    }
    Ok(())
}

/// The node's processors over one idle second.
fn server_share(server: &Server) -> anyhow::Result<f64> {
    let (began, used) = (now(), machine::cpu(server.pid())?);
    pause(Duration::from_secs(2));
    Ok((machine::cpu(server.pid())? - used) / began.elapsed().as_secs_f64())
}

/// The 99th percentile of 200 sends of one customer, one after the other.
fn probe(server: &Server) -> anyhow::Result<f64> {
    let (session, token) = create(server, 1)?.pop().context("one was made")?;
    let mut client = Client::connect(server.public)?;
    let mut waits = Vec::new();
    for number in 0..200 {
        let began = now();
        let body = format!("{{\"id\":\"p{number}\",\"text\":\"still there?\"}}");
        let path = format!("/v1/sessions/{session}/messages");
        let answer = client.ask("POST", &path, (Some(&token), Some(&body)))?;
        ensure!(
            (200..300).contains(&answer.status),
            "a send beside idle sockets: {} {}",
            answer.status,
            answer.body
        );
        waits.push(began.elapsed().as_secs_f64() * 1e3);
    }
    waits.sort_unstable_by(f64::total_cmp);
    Ok(waits[waits.len() * 99 / 100])
}
