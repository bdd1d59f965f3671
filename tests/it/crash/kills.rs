//! Twenty kills under load: conversations are played through the public API, the node is killed with SIGKILL at random
//! instants and started again on the same directory and ports, and the checker finds every message as it was typed.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::time::Duration;

use holdfast::tools::corpus;
use holdfast::tools::history::{self, Line};
use holdfast::tools::load::{self, Content, Credential, Options, Pace, Transport};

use super::super::support::agent::PASSWORD;
use super::super::support::http::ask;
use super::super::support::node::{Node, Plan, center};
use super::super::support::wait::until;
use super::{Dice, began_millis, instant};

const KILLS: usize = 20;
/// At so many kills, at least, a send must have been repeated: else the kills did not hit.
const HITS: usize = 15;
/// Once sends flow again after a start, the next kill falls into this span, milliseconds.
const SPAN: u64 = 1_000;
/// Sends that a node has acknowledged when they are said to flow.
const FLOWING: u64 = 30;
/// How long is typed; twenty kills take two thirds of it on a machine that does nothing else.
const TYPED: Duration = Duration::from_secs(45);
const SESSIONS: usize = 24;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_kills_under_load_lose_nothing() {
    let mut dice = Dice::new();
    // Two agents who together have room for every customer at once.
    let center = center().replace("capacity = 5", "capacity = 100");
    let mut node = Plan::new().center(&center).start().await;
    let options = options(&node);
    let history = options.history.clone();
    let (report, killed) = tokio::join!(load::run(options), kills(&mut node, &mut dice));
    let report = report.expect("the load was played");
    report.print();
    let hits = hits(&history, &killed);
    let hit = hits.iter().filter(|repeated| **repeated > 0).count();
    println!("seed {}: {KILLS} kills, {hit} hit; sends repeated at each: {hits:?}", dice.seed);
    assert!(report.verdict.is_ok(), "{}", report.verdict);
    assert!(hit >= HITS, "only {hit} of {KILLS} kills hit a send: {hits:?}");
}

/// Kills and starts again, each time at a random instant after sends have begun to flow; answers when, as milliseconds since
/// 1970.
async fn kills(node: &mut Node, dice: &mut Dice) -> Vec<u64> {
    let mut killed = Vec::new();
    for _ in 0..KILLS {
        flowing(node).await;
        instant(dice.below(SPAN)).await;
        killed.push(began_millis());
        node.kill();
        node.start_again().await;
    }
    killed
}

/// Until the clients have found the node and talk.
async fn flowing(node: &Node) {
    until("sends to flow", || async {
        let page = ask("GET", &format!("{}/metrics", node.ops())).send().await.text;
        let count = page.lines().find_map(|line| line.strip_prefix("holdfast_sends_acknowledged_total "));
        count.and_then(|count| count.parse().ok()).filter(|count: &u64| *count >= FLOWING).map(drop)
    })
    .await;
}

fn options(node: &Node) -> Options {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/crash/corpus.jsonl");
    let agent = |agent: &str| Credential { agent: agent.to_owned(), password: PASSWORD.to_owned() };
    Options {
        urls: vec![node.public()],
        staff_urls: vec![node.staff()],
        agents: vec![agent("ann"), agent("ben")],
        service: "support".into(),
        disposition: "resolved".into(),
        transport: Transport::Ws,
        pace: Pace::Fast,
        content: Content::Corpus(corpus::read(&sample, usize::MAX).expect("the sample")),
        sessions: SESSIONS,
        conversations: 20_000,
        duration: Some(TYPED),
        ramp: Duration::ZERO,
        patience: Duration::from_secs(60),
        history: node.scratch().join("history.jsonl"),
        expect: 500.into(),
        progress: false,
    }
}

/// For each kill, how many sends were under way when it came and were sent again after it.
fn hits(history: &Path, killed: &[u64]) -> Vec<usize> {
    let (began, mut before, mut hits) = (began(history), BTreeMap::new(), vec![0; killed.len()]);
    let lines = history::read_file(history, |line| {
        match line {
            Line::Send(send) => {
                let last = before.insert((send.s, send.a, send.m.into_owned()), send.b);
                let within = |kill: &u64| {
                    let kill = (kill - began) * 1_000;
                    last.is_some_and(|last| send.n > 1 && last <= kill && kill < send.b)
                };
                killed
                    .iter()
                    .zip(&mut hits)
                    .filter(|(kill, _)| within(kill))
                    .for_each(|(_, hits)| *hits += 1);
            }
            Line::Header(_) | Line::Actor(_) | Line::Session(_) | Line::Answer(_) | Line::Listen(_) => {}
            Line::Event(_) | Line::Kept(_) | Line::Transcript(_) => {}
        }
        Ok(())
    });
    lines.expect("a history");
    hits
}

/// When the run began, milliseconds since 1970.
fn began(history: &Path) -> u64 {
    let file = std::fs::File::open(history).expect("a history");
    let first = BufReader::new(file).lines().next().expect("a line").expect("text");
    match serde_json::from_str(&first).expect("a line of a history") {
        Line::Header(header) => header.began_unix_ms,
        other => panic!("no header: {other:?}"),
    }
}
