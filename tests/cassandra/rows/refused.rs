//! A range that the server refuses to read, as it does over 100,000 deleted rows: it is read in pieces, whole and in order. The
//! refusals are made by the proxy, for that many deleted rows take a small server's breath away.

use std::net::SocketAddr;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use holdfast::runtime::Real;
use holdfast::store::rows::cassandra::{Cassandra, unchecked};
use holdfast::store::rows::contract::{put, whole};
use holdfast::store::rows::{Batch, Class, Rows, Slice, Table};

use crate::proxy::{Action, Fault, Hits, On, Proxy, before};
use crate::{contact_points, keyspace};

/// Rows of the list.
const ROWS: u32 = 400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_pieces() {
    let Some(points) = contact_points() else { return };
    let mut options = keyspace::prepared(points.clone()).await;
    let servers = points.iter().map(|point| point.parse().expect("an address with a port"));
    let proxies = before(&servers.collect::<Vec<SocketAddr>>()).await;
    options.contact_points = proxies.iter().map(|proxy| proxy.address().to_string()).collect();
    let runtime = Real::start();
    let partition = Bytes::from(format!("pieces/{:032x}", runtime.random()));
    let store = Cassandra::open(runtime, options, unchecked());
    store.reachable().await;

    let keys: Vec<Bytes> = (0..ROWS).map(key).collect();
    let puts = keys.iter().map(|key| put(Table::ActiveSessions, &partition, key, b"open")).collect();
    assert_eq!(store.write(Batch { mutations: puts, class: Class::Upkeep }).await, Ok(()));

    let mut refusals = 0;
    for (reverse, limit) in [(false, 10_000), (true, 10_000), (false, 250), (true, 250)] {
        // The first times whatever is asked, three in all; then once more in the midst of it, when a part was read. No server
        // refuses the same empty end of a range again and again.
        let on = On::statement("from active_sessions").carrying(&partition);
        let (first, later) = (3 / proxies.len(), 9 / proxies.len());
        let times = [(0, first), (later, 1)].into_iter();
        let times = times.flat_map(|when| proxies.iter().map(move |proxy| (proxy, when)));
        let refuse =
            |(proxy, when): (&Proxy, _)| proxy.rule(on.clone(), when, Action::Answer(Fault::ReadFailure));
        let rules: Vec<Hits> = times.map(refuse).collect();
        let page = store.read(Slice { reverse, limit, ..whole(Table::ActiveSessions, &partition) }).await;
        let page = page.expect("the list is read all the same");
        let mut expected = keys.clone();
        if reverse {
            expected.reverse();
        }
        let more = limit < expected.len();
        expected.truncate(limit);
        let found: Vec<Bytes> = page.rows.into_iter().map(|row| row.clustering).collect();
        assert!(found == expected, "every row once, in order: reverse {reverse}, limit {limit}");
        assert_eq!(page.more, more, "reverse {reverse}, limit {limit}");
        let halved = store.stats().halved.load(Relaxed);
        assert!(halved > refusals, "the server did refuse");
        refusals = halved;
        rules.iter().for_each(Hits::end);
    }
}

/// Keys as the list has them: a letter, a time of this day in milliseconds, and chance.
fn key(i: u32) -> Bytes {
    let time = 1_790_000_000_000 + u64::from(i) * 210_000;
    let chance = u64::from(i).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    [b"s".as_slice(), &time.to_be_bytes()[2..], &chance.to_be_bytes()].concat().into()
}
