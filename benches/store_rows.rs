//! How many durable single-row batches per second the embedded store takes, at 1 to 400 writers over 100 partitions.
//! It prints a line per case; it asserts nothing. Arguments: `rows [dir]`; `fill [dir] [sessions]`, which kills itself at the
//! end; `start [dir]`, which opens what `fill` left.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use holdfast::store::rows::contract::{put, whole};
use holdfast::store::rows::embedded::{Embedded, Options, open};
use holdfast::store::rows::{Batch, Class, Rows, Slice, Table};

/// Sessions that the writers write into, unless `PARTITIONS` says otherwise.
const PARTITIONS: usize = 100;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime starts");
    let args: Vec<String> = std::env::args().filter(|arg| arg != "--bench").collect();
    let dir = args.get(2).cloned().unwrap_or_else(|| "target/bench-store".into());
    match args.get(1).map(String::as_str) {
        Some("start") => start(&runtime, &dir),
        Some("fill") => fill(&runtime, &dir, args.get(3).and_then(|n| n.parse().ok()).unwrap_or(1_000_000)),
        _ => rates(&runtime, &dir),
    }
}

fn rates(runtime: &tokio::runtime::Runtime, dir: &str) {
    for writers in [1, 16, 100, 400] {
        let _ = std::fs::remove_dir_all(dir);
        let store = open(Options::new(dir)).expect("the store opens");
        let before = cpu();
        let measured = runtime.block_on(load(&store, writers, Duration::from_secs(4)));
        report(&store, writers, &measured, cpu() - before);
        reads(runtime, &store);
        store.close();
    }
}

fn report(store: &Embedded, writers: usize, latency: &Histogram<u64>, used: f64) {
    let stats = store.stats();
    let commits = stats.commits.load(Relaxed).max(1);
    let rows = latency.len() as f64;
    println!(
        "{writers:>4} writers: {:>7.0} rows/s, {:>5.1} rows/commit, {:>4} checkpoints of {:>5.1} ms, latency p50 {:.2} p99 {:.2} p99.9 {:.2} max {:.1} ms, {:>5.1} us CPU/row",
        rows / 4.0,
        stats.rows.load(Relaxed) as f64 / commits as f64,
        stats.checkpoints.load(Relaxed),
        stats.checkpoint_micros.load(Relaxed) as f64 / 1e3 / stats.checkpoints.load(Relaxed).max(1) as f64,
        latency.value_at_quantile(0.5) as f64 / 1e3,
        latency.value_at_quantile(0.99) as f64 / 1e3,
        latency.value_at_quantile(0.999) as f64 / 1e3,
        latency.max() as f64 / 1e3,
        used * 1e6 / rows,
    );
}

async fn load(store: &Arc<Embedded>, writers: usize, time: Duration) -> Histogram<u64> {
    let until = now() + time;
    let spread = std::env::var("PARTITIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(PARTITIONS);
    let tasks = (0..writers).map(|writer| {
        let store = store.clone();
        let work = async move {
            let mut latency = Histogram::new(3).expect("three digits");
            let mut done = 0_u64;
            while now() < until {
                // With more sessions than writers, each writer goes from one of its sessions to the next.
                let session = (writer + done as usize * writers) % spread;
                let partition = bytes::Bytes::from(format!("0193-session-{session:08}").into_bytes());
                let key =
                    [&1_u64.to_be_bytes()[..], &done.to_be_bytes(), &(writer as u64).to_be_bytes()].concat();
                let mutations = vec![put(Table::Journal, &partition, &key, &[b'x'; 300])];
                let sent = now();
                store.write(Batch { mutations, class: Class::Input }).await.expect("the write is stored");
                latency
                    .record(u64::try_from(sent.elapsed().as_micros()).unwrap_or(u64::MAX))
                    .expect("any time fits");
                done += 1;
            }
            latency
        };
        #[expect(clippy::disallowed_methods, reason = "a bench owns its runtime")]
        tokio::spawn(work)
    });
    let mut sum = Histogram::new(3).expect("three digits");
    for task in tasks.collect::<Vec<_>>() {
        sum.add(task.await.expect("a writer ends")).expect("any time fits");
    }
    sum
}

/// Opens of sessions: reads of fifty rows each.
fn reads(runtime: &tokio::runtime::Runtime, store: &Arc<Embedded>) {
    let (before, began) = (cpu(), now());
    let count = 20_000_u32;
    runtime.block_on(async {
        for chunk in (0..count).collect::<Vec<_>>().chunks(100) {
            let reads = chunk.iter().map(|i| {
                let partition = format!("0193-session-{:08}", i % 100).into_bytes().into();
                store.read(Slice { limit: 50, ..whole(Table::Journal, &partition) })
            });
            for page in futures_util::future::join_all(reads).await {
                page.expect("the read is answered");
            }
        }
    });
    let rate = f64::from(count) / began.elapsed().as_secs_f64();
    println!(
        "      reads of 50 rows: {rate:.0}/s, {:.1} us CPU each",
        (cpu() - before) * 1e6 / f64::from(count)
    );
}

/// Sleeping sessions: a head with a checkpoint and a wake-up each, as much as 1 GB for a million.
fn fill(runtime: &tokio::runtime::Runtime, dir: &str, sessions: usize) {
    let _ = std::fs::remove_dir_all(dir);
    let store = open(Options::new(dir)).expect("the store opens");
    let began = now();
    runtime.block_on(async {
        for chunk in (0..sessions).collect::<Vec<_>>().chunks(1_000) {
            let writes = chunk.iter().map(|i| {
                let partition = bytes::Bytes::from(
                    format!("{:032x}", (*i as u128).wrapping_mul(0x9E37_79B9_7F4A_7C15_u128)).into_bytes(),
                );
                let mutations = vec![
                    put(Table::Heads, &partition, b"", &[b'c'; 600]),
                    put(Table::Wakeups, &format!("{}", i % 64).into_bytes().into(), &partition, b""),
                ];
                store.write(Batch { mutations, class: Class::Upkeep })
            });
            for write in futures_util::future::join_all(writes).await {
                write.expect("the write is stored");
            }
        }
    });
    println!("filled {sessions} sessions in {:.1} s", began.elapsed().as_secs_f64());
    let measured = runtime.block_on(load(&store, 100, Duration::from_secs(4)));
    report(&store, 100, &measured, 0.0);
    println!("killing this process now, to be opened by `start`");
    let _ = std::process::Command::new("kill").args(["-9", &std::process::id().to_string()]).status();
}

fn start(runtime: &tokio::runtime::Runtime, dir: &str) {
    let began = now();
    let store = open(Options::new(dir)).expect("the store opens");
    println!("open after a kill: {:.3} s", began.elapsed().as_secs_f64());
    let measured = runtime.block_on(load(&store, 100, Duration::from_secs(4)));
    report(&store, 100, &measured, 0.0);
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
