//! How many durable single-row batches per second the embedded store takes, at 1 to 400 writers over 100 partitions.
//! It prints a line per case; it asserts nothing. Arguments: `rows [dir]` or `start [dir] [sessions]`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use holdfast::store::rows::contract::put;
use holdfast::store::rows::embedded::{Embedded, Options, open};
use holdfast::store::rows::{Batch, Class, Rows, Table};

const PARTITIONS: usize = 100;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime starts");
    let args: Vec<String> = std::env::args().filter(|arg| arg != "--bench").collect();
    let dir = args.get(2).cloned().unwrap_or_else(|| "target/bench-store".into());
    match args.get(1).map(String::as_str) {
        Some("start") => start(&runtime, &dir, args.get(3).and_then(|n| n.parse().ok()).unwrap_or(1_000_000)),
        Some("fill") => fill(&runtime, &dir, args.get(3).and_then(|n| n.parse().ok()).unwrap_or(1_000_000)),
        _ => rates(&runtime, &dir),
    }
}

fn rates(runtime: &tokio::runtime::Runtime, dir: &str) {
    for writers in [1, 16, 100, 400] {
        let _ = std::fs::remove_dir_all(dir);
        let store = open(Options::new(dir)).expect("the store opens");
        let before = cpu();
        let rows = runtime.block_on(load(&store, writers, Duration::from_secs(4)));
        let used = cpu() - before;
        report(&store, writers, rows, 4.0, used);
        store.close();
    }
}

fn report(store: &Embedded, writers: usize, rows: u64, seconds: f64, used: f64) {
    use std::sync::atomic::Ordering::Relaxed;
    let stats = store.stats();
    let commits = stats.commits.load(Relaxed).max(1);
    println!(
        "{writers:>4} writers: {:>8.0} rows/s, {:>5.0} commits/s, {:>5.2} ms/commit, {:>5.1} us CPU/row",
        rows as f64 / seconds,
        commits as f64 / seconds,
        stats.commit_micros.load(Relaxed) as f64 / 1000.0 / commits as f64,
        used * 1e6 / rows as f64,
    );
}

async fn load(store: &Arc<Embedded>, writers: usize, time: Duration) -> u64 {
    let until = now() + time;
    let tasks = (0..writers).map(|writer| {
        let store = store.clone();
        let work = async move {
            let partition = format!("0193-session-{:04}-{}", writer % PARTITIONS, writer / PARTITIONS);
            let partition = bytes::Bytes::from(partition.into_bytes());
            let mut done = 0_u64;
            while now() < until {
                let key =
                    [&1_u64.to_be_bytes()[..], &(writer as u64).to_be_bytes(), &done.to_be_bytes()].concat();
                let mutations = vec![put(Table::Journal, &partition, &key, &[b'x'; 300])];
                store.write(Batch { mutations, class: Class::Input }).await.expect("the write is stored");
                done += 1;
            }
            done
        };
        #[expect(clippy::disallowed_methods, reason = "a bench owns its runtime")]
        tokio::spawn(work)
    });
    let mut sum = 0;
    for task in tasks.collect::<Vec<_>>() {
        sum += task.await.expect("a writer ends");
    }
    sum
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
    let rows = runtime.block_on(load(&store, 100, Duration::from_secs(4)));
    report(&store, 100, rows, 4.0, 0.0);
    println!("killing this process now, to be opened by `start`");
    let _ = std::process::Command::new("kill").args(["-9", &std::process::id().to_string()]).status();
}

fn start(runtime: &tokio::runtime::Runtime, dir: &str, _: usize) {
    let began = now();
    let store = open(Options::new(dir)).expect("the store opens");
    println!("open after a kill: {:.3} s", began.elapsed().as_secs_f64());
    let rows = runtime.block_on(load(&store, 100, Duration::from_secs(4)));
    report(&store, 100, rows, 4.0, 0.0);
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
