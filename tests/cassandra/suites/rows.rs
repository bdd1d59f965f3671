//! The rows suite on the Cassandra adapter.

use holdfast::runtime::Real;
use holdfast::store::rows::cassandra::{Cassandra, unchecked};
use holdfast::store::rows::contract::{self, Ground};

use crate::{contact_points, keyspace};

/// Everything that any rows adapter must do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contract() {
    let Some(points) = contact_points() else { return };
    let options = keyspace::prepared(points).await;
    let runtime = Real::start();
    let salt = format!("{:032x}", runtime.random());
    let store = Cassandra::open(runtime, options, unchecked());
    store.reachable().await;
    contract::all(&Ground { rows: store, salt }).await;
}
