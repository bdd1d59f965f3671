//! Servers that stand still: what is held stays within its bounds, new input is turned away, the circuit opens, and everything
//! goes on when they go on. With a second replica one that stands still does not hold up a send.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{join, join_all};
use holdfast::limits;
use holdfast::store::rows::contract::put;
use holdfast::store::rows::{Batch, Class, Refused, Rows, Table, WriteError};
use tokio::time::Instant;

use super::ground::{Ground, in_time, write};

/// One write is as large as this.
const LARGE: usize = 64 << 10;

/// Longest silence of one send while another replica is there: a second node is asked after half a second at the latest.
const HELD_UP: Duration = Duration::from_millis(1_500);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frozen_servers_make_back_pressure_and_no_growth() {
    let Some(ground) = Ground::new().await else { return };
    let stats = ground.store.stats();
    // As many partitions as a node has sessions: what waits for one partition is bounded by its window.
    let keys = (0..256).map(|_| ground.key("frozen")).collect::<Vec<_>>();
    ground.proxies.iter().for_each(|proxy| proxy.freeze(true));
    let opened = stats.circuit_opened.load(Relaxed);
    let value = vec![7; LARGE];
    let large = |row: usize| put(Table::Journal, &keys[row % keys.len()], &row.to_be_bytes(), &value);
    let mut waiting = Vec::new();
    // An owner that asks first: it stops where new input is turned away.
    while ground.store.admits().is_none() {
        let mutations = vec![large(waiting.len())];
        waiting.push(ground.store.write(Batch { mutations, class: Class::Input }));
        let held = stats.held_bytes.load(Relaxed);
        assert!(held <= limits::CASSANDRA_HELD_BYTES, "{held} bytes are held");
        tokio::task::yield_now().await;
    }
    eprintln!("{} writes of {LARGE} bytes were taken in", waiting.len());
    assert_eq!(ground.store.admits(), Some(Refused::Busy));
    // One that does not ask is refused at the bound.
    let mut pushed = Vec::new();
    for row in 0..2 * limits::CASSANDRA_HELD_BYTES as usize / LARGE {
        let mutations = vec![large(1 << 32 | row)];
        pushed.push(ground.store.write(Batch { mutations, class: Class::Upkeep }));
        assert!(stats.held_bytes.load(Relaxed) <= limits::CASSANDRA_HELD_BYTES + LARGE as i64 * 2);
    }
    // Together: a write may travel with whoever waits for it, and others of its partition behind it.
    let answers = join(join_all(pushed), join_all(waiting));
    let (heard, waited) = in_time("answers of frozen servers", answers).await;
    assert!(heard.iter().all(Result::is_err), "nothing is stored");
    assert!(heard.contains(&Err(WriteError::Refused(Refused::Busy))), "the bound refuses");
    let unknown = waited.iter().filter(|heard| matches!(heard, Err(WriteError::Unknown(_)))).count();
    assert_eq!(unknown, waited.len(), "what was sent is unknown");
    in_time("the circuit", async {
        while stats.circuit_opened.load(Relaxed) == opened {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(ground.store.admits(), Some(Refused::Busy), "nothing is taken in");
    ground.proxies.iter().for_each(|proxy| proxy.freeze(false));
    in_time("the servers to be back", ground.store.reachable()).await;
    ground.store_at_last(&[put(Table::Journal, &ground.key("thawed"), b"k", b"v")]).await;
    in_time("room", async {
        while stats.held_bytes.load(Relaxed) > 0 || ground.store.admits().is_some() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!((stats.held.load(Relaxed), stats.queued.load(Relaxed)), (0, 0), "nothing is left behind");
    assert!(!stats.circuit_open.load(Relaxed), "the circuit is closed");
}

/// What was written to frozen servers before they thaw lands once, and so does its repeat.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_frozen_servers_were_told_is_stored_once() {
    let Some(ground) = Ground::new().await else { return };
    let key = ground.key("thaw");
    ground.proxies.iter().for_each(|proxy| proxy.freeze(true));
    let row = |number: u8| [put(Table::Journal, &key, &[number], b"row")];
    let heard = join_all((0..20).map(async |number| write(&ground.store, &row(number)).await)).await;
    assert!(heard.iter().all(|heard| matches!(heard, Err(WriteError::Unknown(_)))), "{heard:?}");
    ground.proxies.iter().for_each(|proxy| proxy.freeze(false));
    for number in 0..20 {
        ground.store_at_last(&row(number)).await;
    }
    let found = ground.rows(Table::Journal, &key).await;
    let expected = (0..20).map(|number| Bytes::from(vec![number])).collect::<Vec<_>>();
    assert_eq!(found.into_iter().map(|row| row.clustering).collect::<Vec<_>>(), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_frozen_server_of_three_holds_nothing_up() {
    let Some(ground) = Ground::new().await else { return };
    if ground.proxies.len() < 3 {
        eprintln!("\n!!! SKIPPED: another replica needs three servers\n");
        return;
    }
    for frozen in &ground.proxies {
        let key = ground.key("one of three");
        let mut longest = Duration::ZERO;
        for number in 0..300_u32 {
            if number == 50 {
                frozen.freeze(true);
            }
            let began = Instant::now();
            let row = [put(Table::Journal, &key, &number.to_be_bytes(), b"row")];
            assert_eq!(write(&ground.store, &row).await, Ok(()), "send {number}");
            longest = longest.max(began.elapsed());
        }
        frozen.freeze(false);
        eprintln!("{}: longest send {longest:?}", frozen.server());
        assert!(longest < HELD_UP, "a send took {longest:?}");
        assert_eq!(ground.store.admits(), None);
    }
}
