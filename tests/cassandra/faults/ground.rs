//! A store that reaches its servers through proxies, and the truth: a second store that reaches them without.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use holdfast::limits;
use holdfast::runtime::{Real, Runtime};
use holdfast::store::rows::cassandra::{Cassandra, unchecked};
use holdfast::store::rows::contract::whole;
use holdfast::store::rows::{Batch, Class, Mutation, Row, Rows, Table, WriteError};

use crate::proxy::{Action, Fault, Hits, On, Proxy, before};
use crate::{contact_points, keyspace};

/// Past this an answer that the store promised did not come: its own time-out, and a second for a busy machine.
const PROMISED: Duration = Duration::from_millis(limits::CASSANDRA_REQUEST_MS + 1_500);

/// Errors of servers that say nothing about what they are the answer to.
const OF_ANY: [Fault; 4] =
    [Fault::ServerError, Fault::Unavailable, Fault::Overloaded, Fault::IsBootstrapping];

/// What a write may hear.
pub fn of_writes() -> Vec<Fault> {
    [&OF_ANY[..], &[Fault::WriteTimeout, Fault::BatchTimeout, Fault::WriteFailure]].concat()
}

/// What a read may hear.
pub fn of_reads() -> Vec<Fault> {
    [&OF_ANY[..], &[Fault::ReadTimeout, Fault::ReadFailure]].concat()
}

/// What a compare and set may hear.
pub fn of_claims() -> Vec<Fault> {
    [&OF_ANY[..], &[Fault::CasTimeout, Fault::WriteFailure, Fault::ReadTimeout]].concat()
}

/// A store behind proxies.
pub struct Ground {
    /// One before each server.
    pub proxies: Vec<Proxy>,
    /// The store that is treated badly.
    pub store: Arc<Cassandra>,
    /// The store that is not.
    pub truth: Arc<Cassandra>,
    runtime: Arc<dyn Runtime>,
}

impl Ground {
    /// Stores on the servers under test; `None` after saying that the test is skipped.
    pub async fn new() -> Option<Self> {
        let points = contact_points()?;
        let prepared = keyspace::prepared(points.clone()).await;
        let servers = points.iter().map(|point| point.parse().expect("an address with a port"));
        let proxies = before(&servers.collect::<Vec<SocketAddr>>()).await;
        let mut through = prepared.clone();
        through.contact_points = proxies.iter().map(|proxy| proxy.address().to_string()).collect();
        let open = |options| Cassandra::open(Real::start(), options, unchecked());
        let (store, truth) = (open(through), open(prepared));
        store.reachable().await;
        truth.reachable().await;
        Some(Self { proxies, store, truth, runtime: Real::start() })
    }

    /// A key that nobody else has, with words by which a failed test can be understood.
    pub fn key(&self, about: &str) -> Bytes {
        format!("{about}/{:032x}", self.runtime.random()).into()
    }

    /// From now on every server does this to every request named.
    pub fn always(&self, on: &On, action: &Action) -> Rules {
        Rules(self.proxies.iter().map(|proxy| proxy.always(on.clone(), action.clone())).collect())
    }

    /// The next such request that comes to a server has this done to it; on several servers each does it once.
    pub fn once(&self, on: &On, action: &Action) -> Rules {
        Rules(self.proxies.iter().map(|proxy| proxy.once(on.clone(), action.clone())).collect())
    }

    /// Writes until it is stored, as an owner does.
    pub async fn store_at_last(&self, mutations: &[Mutation]) {
        let again = async {
            while write(&self.store, mutations).await.is_err() {
                tokio::task::yield_now().await;
            }
        };
        in_time("a repeat", again).await;
    }

    /// What is there, of a whole partition.
    pub async fn rows(&self, table: Table, partition: &Bytes) -> Vec<Row> {
        let page = self.truth.read(whole(table, partition)).await.expect("the truth answers");
        page.rows
    }
}

/// The same rule before each server.
pub struct Rules(Vec<Hits>);

impl Rules {
    /// How often it acted, on all servers.
    pub fn count(&self) -> usize {
        self.0.iter().map(Hits::count).sum()
    }

    /// Ends it.
    pub fn end(&self) {
        self.0.iter().for_each(Hits::end);
    }
}

/// One write.
pub async fn write(store: &Cassandra, mutations: &[Mutation]) -> Result<(), WriteError> {
    let batch = Batch { mutations: mutations.to_vec(), class: Class::Upkeep };
    promised("a write", store.write(batch)).await
}

/// The store answers within its own time-out, whatever the servers do.
pub async fn promised<T>(what: &str, answer: impl Future<Output = T>) -> T {
    let answer = tokio::time::timeout(PROMISED, answer).await;
    answer.unwrap_or_else(|_| panic!("{what} has no answer after {PROMISED:?}"))
}

/// Something that a whole test waits for.
pub async fn in_time<T>(what: &str, answer: impl Future<Output = T>) -> T {
    let answer = tokio::time::timeout(Duration::from_secs(60), answer).await;
    answer.unwrap_or_else(|_| panic!("{what} took too long"))
}
