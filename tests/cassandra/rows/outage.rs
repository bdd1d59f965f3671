//! The store begins before its cluster is there, outlives its absence, and comes back by itself.

use std::time::Duration;

use bytes::Bytes;
use holdfast::limits;
use holdfast::runtime::Real;
use holdfast::store::rows::cassandra::options::Options;
use holdfast::store::rows::cassandra::{Cassandra, unchecked};
use holdfast::store::rows::contract::{put, whole};
use holdfast::store::rows::{Batch, Class, Incarnation, Refused, Rows, Table, WriteError};

use super::wire::Wire;
use crate::{contact_points, keyspace};

/// How long anything here may take.
const SOON: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn away_and_back() {
    let Some(points) = contact_points() else { return };
    let prepared = keyspace::prepared(points.clone()).await;
    if keyspace::nodes(&prepared).await > 1 {
        eprintln!("\n!!! SKIPPED: a wire to one node says nothing about a cluster of several\n");
        return;
    }
    let wire = Wire::cut_to(&points[0]).await;
    let options = Options { contact_points: vec![wire.address.clone()], ..prepared };
    let store = Cassandra::open(Real::start(), options, unchecked());

    assert_eq!(store.admits(), Some(Refused::Busy), "nothing is taken in before there is a session");
    assert!(store.trouble().is_some(), "and it says so");
    refuses(&store).await;

    wire.mend();
    within("the first session", store.reachable()).await;
    assert_eq!((store.admits(), store.trouble()), (None, None), "open");
    let partition = Bytes::from(format!("outage/{:032x}", Real::start().random()));
    let batch = |key: &[u8]| Batch {
        mutations: vec![put(Table::Journal, &partition, key, b"row")],
        class: Class::Input,
    };
    assert_eq!(store.write(batch(b"before")).await, Ok(()));

    wire.cut();
    within("the circuit's opening", until(|| store.admits() == Some(Refused::Busy))).await;
    refuses(&store).await;
    assert!(store.stats().circuit_opened.load(std::sync::atomic::Ordering::Relaxed) >= 1, "it is counted");

    // A write that waits when the wire is mended need not be sent again by its owner.
    wire.mend();
    let stored =
        within("a write that is repeated", async { while store.write(batch(b"after")).await.is_err() {} });
    stored.await;
    let page = store.read(whole(Table::Journal, &partition)).await.expect("a read is answered again");
    assert_eq!(page.rows.len(), 2, "what was stored before is there");
    store.close();
    assert_eq!(store.admits(), Some(Refused::Closing));
    let refused = store.write(batch(b"late")).await;
    assert_eq!(refused, Err(WriteError::Refused(Refused::Closing)), "nothing is taken in any more");
}

/// Requests are answered with an error after a short wait, writes as refused: nothing of them will ever be stored.
async fn refuses(store: &Cassandra) {
    let partition = Bytes::from_static(b"outage");
    let patience = Duration::from_millis(limits::CASSANDRA_PATIENCE_MS) + Duration::from_secs(1);
    let mutations = vec![put(Table::Journal, &partition, b"never", b"row")];
    let write = store.write(Batch { mutations, class: Class::Upkeep });
    let read = store.read(whole(Table::Journal, &partition));
    let look = store.look(Incarnation { generation: 1, number: 1 });
    let answers = tokio::time::timeout(patience, async { tokio::join!(write, read, look) }).await;
    let (write, read, look) = answers.expect("the answers come soon");
    assert_eq!(write, Err(WriteError::Refused(Refused::Busy)), "a write is refused");
    assert!(read.is_err() && look.is_err(), "a read fails, and a look is not clean");
}

async fn until(holds: impl Fn() -> bool) {
    while !holds() {
        #[expect(clippy::disallowed_methods, reason = "the condition is asked for again and again")]
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn within<T>(what: &str, wait: impl Future<Output = T>) -> T {
    match tokio::time::timeout(SOON, wait).await {
        Ok(value) => value,
        Err(_) => panic!("{what} takes too long"),
    }
}
