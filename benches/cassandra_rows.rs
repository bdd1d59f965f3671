//! What the Cassandra store adds to the driver: writes and looks through the port beside bare prepared statements of the same
//! session and the same bytes, in turns. Prints a line per case; asserts nothing. Needs `HOLDFAST_CASSANDRA=host:port,…` and a
//! keyspace with this release's tables, `HOLDFAST_KEYSPACE`; writes rows there and leaves them.
//! Arguments: seconds per cell (2), rounds (5), in flight (1,10,100,400).

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hdrhistogram::Histogram;
use holdfast::runtime::Real;
use holdfast::store::rows::cassandra::options::Options;
use holdfast::store::rows::cassandra::{Cassandra, unchecked};
use holdfast::store::rows::contract::put;
use holdfast::store::rows::{Batch, Class, Incarnation, Rows, Table, fences};
use scylla::client::session::Session;
use scylla::statement::prepared::PreparedStatement;

/// What a cell does over and over.
#[derive(Clone)]
enum Work {
    Write(Arc<Cassandra>),
    /// Ten writers share each partition, so that lanes have something to merge.
    Crowd(Arc<Cassandra>),
    Look(Arc<Cassandra>),
    BareWrite(Arc<Session>, Arc<PreparedStatement>),
    BareLook(Arc<Session>, Arc<PreparedStatement>),
}

struct Cell {
    name: &'static str,
    work: Work,
    latency: Histogram<u64>,
    cpu: f64,
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(run());
}

async fn run() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let number = |at: usize, default: u64| args.get(at).and_then(|n| n.parse().ok()).unwrap_or(default);
    let (seconds, rounds) = (number(0, 2), number(1, 5));
    let loads = args.get(2).map_or("1,10,100,400", String::as_str);
    let Ok(points) = std::env::var("HOLDFAST_CASSANDRA") else {
        println!("set HOLDFAST_CASSANDRA=host:port,… and HOLDFAST_KEYSPACE");
        return;
    };
    let keyspace = std::env::var("HOLDFAST_KEYSPACE").unwrap_or_else(|_| "hf_rows".into());
    let mut options = Options::new(points.split(',').map(str::to_owned).collect(), &keyspace, "datacenter1");
    options.compress = std::env::var("LZ4").is_ok();
    let chosen = |name: &str| std::env::var(name).ok().and_then(|n| n.parse().ok());
    options.connections_per_node = chosen("CONNECTIONS").unwrap_or(options.connections_per_node);
    options.lane_requests = chosen("LANE").unwrap_or(options.lane_requests);
    let store = Cassandra::open(Real::start(), options, unchecked());
    store.reachable().await;
    for load in loads.split(',').filter_map(|n| n.parse().ok()) {
        let mut cells = cells(&store, &keyspace).await;
        for cell in &mut cells {
            measure(cell, load, Duration::from_millis(300)).await;
            cell.latency.reset();
            cell.cpu = 0.0;
        }
        for _ in 0..rounds {
            for cell in &mut cells {
                measure(cell, load, Duration::from_secs(seconds)).await;
            }
        }
        report(&cells, load, seconds * rounds);
    }
    let stats = store.stats();
    println!(
        "{} rows in {} write requests, {} merged groups; retries {}, speculation is at {:?}",
        stats.rows.load(Relaxed),
        stats.of(holdfast::store::rows::cassandra::stats::Kind::Write).done.load(Relaxed),
        stats.merged.load(Relaxed),
        stats.retries.load(Relaxed),
        stats.median() * 8,
    );
}

async fn cells(store: &Arc<Cassandra>, keyspace: &str) -> Vec<Cell> {
    let session = store.session().expect("it is connected");
    let prepare = async |text: String| {
        let mut prepared = session.prepare(text).await.expect("the statement is good");
        prepared.set_is_idempotent(true);
        prepared.set_use_cached_result_metadata(true);
        Arc::new(prepared)
    };
    let insert = format!(
        "INSERT INTO {keyspace}.journal (segment, position, body) VALUES (?, ?, ?) USING TIMESTAMP ?"
    );
    let look =
        format!("SELECT incarnation, body FROM {keyspace}.fences WHERE bucket = ? AND incarnation IN (?, ?)");
    let cell = |name, work| Cell { name, work, latency: Histogram::new(3).expect("three digits"), cpu: 0.0 };
    vec![
        cell("bare write", Work::BareWrite(session.clone(), prepare(insert).await)),
        cell("write", Work::Write(store.clone())),
        cell("crowd", Work::Crowd(store.clone())),
        cell("bare look", Work::BareLook(session.clone(), prepare(look).await)),
        cell("look", Work::Look(store.clone())),
    ]
}

async fn measure(cell: &mut Cell, load: usize, time: Duration) {
    let (until, before) = (now() + time, cpu());
    let tasks = (0..load).map(|writer| {
        let work = cell.work.clone();
        #[expect(clippy::disallowed_methods, reason = "a bench owns its runtime")]
        tokio::spawn(async move {
            let mut latency: Histogram<u64> = Histogram::new(3).expect("three digits");
            let mut count = 0_u64;
            while now() < until {
                let began = now();
                once(&work, writer as u64, count).await;
                let took = u64::try_from(began.elapsed().as_nanos() / 100).unwrap_or(u64::MAX);
                latency.record(took).expect("any time fits");
                count += 1;
            }
            latency
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        cell.latency.add(task.await.expect("a writer ends")).expect("any time fits");
    }
    cell.cpu += cpu() - before;
}

async fn once(work: &Work, writer: u64, count: u64) {
    let partition = |writer: u64| Bytes::from([b"bench", &writer.to_be_bytes()[..], b"1234567"].concat());
    let key = [(std::process::id() as u64).to_be_bytes(), writer.to_be_bytes(), count.to_be_bytes()].concat();
    let of = Incarnation { generation: 0, number: writer + 1 };
    match work {
        Work::Write(store) | Work::Crowd(store) => {
            let shared = if matches!(work, Work::Crowd(_)) { writer / 10 } else { writer };
            let mutations = vec![put(Table::Journal, &partition(shared), &key, &[b'x'; 300])];
            store.write(Batch { mutations, class: Class::Input }).await.expect("the write is stored");
        }
        Work::BareWrite(session, statement) => {
            let values = (partition(writer), Bytes::from(key), Bytes::copy_from_slice(&[b'x'; 300]), 1_i64);
            session.execute_unpaged(statement, values).await.expect("the write is stored");
        }
        Work::Look(store) => {
            store.look(of).await.expect("the look is answered");
        }
        Work::BareLook(session, statement) => {
            let values = (fences::partition(of), fences::clustering(0), fences::clustering(of.number));
            session.execute_unpaged(statement, values).await.expect("the look is answered");
        }
    }
}

fn report(cells: &[Cell], load: usize, seconds: u64) {
    for cell in cells {
        let of = cells.iter().find(|other| other.name == format!("bare {}", cell.name));
        let of = of.unwrap_or(if cell.name == "crowd" { &cells[0] } else { cell });
        let at = |cell: &Cell, quantile| cell.latency.value_at_quantile(quantile) as f64 / 1e4;
        println!(
            "{load:>4} in flight, {:<10}: {:>7.0}/s, p50 {:>7.3} p99 {:>8.3} ms, {:>5.1} us CPU; beside bare: rate {:.2}, p50 {:.2}",
            cell.name,
            cell.latency.len() as f64 / seconds as f64,
            at(cell, 0.5),
            at(cell, 0.99),
            cell.cpu * 1e6 / cell.latency.len().max(1) as f64,
            cell.latency.len() as f64 / of.latency.len().max(1) as f64,
            at(cell, 0.5) / at(of, 0.5),
        );
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn now() -> Instant {
    Instant::now()
}

/// CPU seconds of this process so far.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
