//! A whole node whose every statement meets every fault while conversations are played: each message is there once, in the
//! order in which it was acknowledged. Never judges how long it took.

use std::path::Path;
use std::time::Duration;

use holdfast::runtime::Real;
use holdfast::store::rows::cassandra::connect;
use holdfast::store::rows::cassandra::options::Options;
use holdfast::store::rows::cassandra::schema::runner::{Runner, Wish};
use holdfast::tools::corpus;
use holdfast::tools::load::{self, Content, Credential, Pace, Transport};

use super::ground::{of_reads, of_writes};
use crate::contact_points;
use crate::keyspace;
use crate::proxy::{Action, Fault, Hits, On, Proxy, before};

#[expect(dead_code, unused_imports, reason = "the front door's tests use all of it")]
#[path = "../../it/support/mod.rs"]
mod support;

use support::agent::PASSWORD;
use support::node::{Node, Plan, center};

/// What a node writes and reads all the time.
const OFTEN: [&str; 2] = ["insert into journal", "from fences"];

/// What it writes and reads when sessions begin and end.
const SELDOM: [&str; 10] = [
    "insert into heads",
    "insert into active_sessions",
    "delete from active_sessions",
    "insert into record_heads",
    "insert into records",
    "insert into record_index",
    "delete from journal",
    "delete from heads",
    "from journal",
    "from records",
];

/// Between two faults of one statement so many of it pass.
const APART: usize = 3;

/// A fault that was ordered, and how often it was made.
struct Ordered {
    statement: &'static str,
    action: Action,
    hits: Vec<Hits>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_statement_meets_every_fault_and_each_message_is_there_once() {
    let Some(points) = contact_points() else { return };
    let options = applied(&points).await;
    let servers = points.iter().map(|point| point.parse().expect("an address with a port"));
    let proxies = before(&servers.collect::<Vec<_>>()).await;
    let node = start(&options, &proxies).await;
    let ordered = order(&proxies);
    let report = load::run(load(&node)).await.expect("the load was played");
    report.print();
    let made = |fault: &Ordered| fault.hits.iter().map(Hits::count).sum::<usize>();
    let (count, all) = (ordered.iter().filter(|fault| made(fault) > 0).count(), ordered.len());
    eprintln!("{count} of {all} faults were made");
    assert!(report.verdict.is_ok(), "{}", report.verdict);
    for fault in ordered.iter().filter(|fault| OFTEN.contains(&fault.statement)) {
        assert!(made(fault) > 0, "{:?} at `{}` was not made", fault.action, fault.statement);
    }
}

/// A keyspace of this test's own, with this release's tables.
async fn applied(points: &[String]) -> Options {
    let options = Options::new(points.to_vec(), "hf_own_faults", &keyspace::datacenter());
    let session = connect::upkeep(&options).await.expect("the cluster under test answers");
    let drop = format!("DROP KEYSPACE IF EXISTS {}", options.keyspace);
    session.query_unpaged(drop, ()).await.expect("dropped");
    let copies = format!("{}:{}", options.datacenter, points.len().min(3));
    let copies = Some(copies.parse().expect("a replication"));
    let session = std::sync::Arc::new(session);
    let wish = Wish::new(&options.keyspace, copies, "a test");
    Runner::new(&session, Real::start(), wish).run(&mut |_| {}).await.expect("the tables are made");
    options
}

async fn start(options: &Options, proxies: &[Proxy]) -> Node {
    let points = proxies.iter().map(|proxy| proxy.address().to_string()).collect::<Vec<_>>().join(",");
    // Two agents who together have room for every customer at once.
    let plan = Plan::new().center(&center().replace("capacity = 5", "capacity = 100"));
    let plan = plan.set("HOLDFAST_STORE__KIND", "cassandra");
    let plan = plan.set("HOLDFAST_STORE__CASSANDRA__CONTACT_POINTS", &points);
    let plan = plan.set("HOLDFAST_STORE__CASSANDRA__KEYSPACE", &options.keyspace);
    plan.set("HOLDFAST_STORE__CASSANDRA__DATACENTER", &options.datacenter).start().await
}

/// Orders every fault once for every statement, before every server.
fn order(proxies: &[Proxy]) -> Vec<Ordered> {
    let mut ordered = Vec::new();
    for statement in OFTEN.into_iter().chain(SELDOM) {
        for (place, action) in faults(statement).into_iter().enumerate() {
            let rule =
                |proxy: &Proxy| proxy.rule(On::statement(statement), (place * APART, 1), action.clone());
            let hits = proxies.iter().map(rule).collect();
            ordered.push(Ordered { statement, action, hits });
        }
    }
    ordered
}

fn faults(statement: &str) -> Vec<Action> {
    let errors = if statement.starts_with("from") { of_reads() } else { of_writes() };
    let answers = errors.into_iter().flat_map(|fault| [Action::Answer(fault), Action::AnswerAfter(fault)]);
    let others = [
        Action::Answer(Fault::Unprepared),
        Action::Delay(Duration::from_millis(700)),
        Action::Swallow,
        Action::DropAnswer,
        Action::Cut,
        Action::CutAfter,
    ];
    answers.chain(others).collect()
}

fn load(node: &Node) -> load::Options {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/crash/corpus.jsonl");
    let agent = |agent: &str| Credential { agent: agent.to_owned(), password: PASSWORD.to_owned() };
    load::Options {
        urls: vec![node.public()],
        staff_urls: vec![node.staff()],
        agents: vec![agent("ann"), agent("ben")],
        service: "support".into(),
        disposition: "resolved".into(),
        transport: Transport::Ws,
        pace: Pace::Fast,
        content: Content::Corpus(corpus::read(&sample, usize::MAX).expect("the sample")),
        sessions: 12,
        conversations: 20_000,
        duration: Some(Duration::from_secs(20)),
        ramp: Duration::ZERO,
        patience: Duration::from_secs(60),
        history: node.scratch().join("history.jsonl"),
        expect: 500.into(),
        progress: false,
    }
}
