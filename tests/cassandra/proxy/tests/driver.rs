//! The proxy under the real driver and before a real server.

use std::net::SocketAddr;
use std::time::Duration;

use scylla::client::execution_profile::ExecutionProfile;
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::errors::{DbError, ExecutionError, RequestAttemptError};
use scylla::policies::retry::FallthroughRetryPolicy;
use scylla::statement::prepared::PreparedStatement;

use super::super::{Action, Fault, Late, On, Proxy, Shuffle, before};
use crate::contact_points;

/// A session through a proxy, with a table of its own.
struct Ground {
    proxy: Proxy,
    session: Session,
    insert: PreparedStatement,
    select: PreparedStatement,
    /// Stands in every key of this run.
    salt: u128,
}

impl Ground {
    async fn new(table: &str) -> Option<Self> {
        let server: SocketAddr = contact_points()?.first()?.parse().expect("an address with a port");
        let proxy = before(&[server]).await.remove(0);
        made(table).await;
        let profile = ExecutionProfile::builder()
            .request_timeout(Some(Duration::from_secs(2)))
            .retry_policy(std::sync::Arc::new(FallthroughRetryPolicy::new()))
            .build();
        let builder = SessionBuilder::new().known_node_addr(proxy.address());
        let builder = builder.default_execution_profile_handle(profile.into_handle());
        let session = builder.build().await.expect("a session through the proxy");
        let insert = session.prepare(format!("INSERT INTO hf_proxy.{table} (k, v) VALUES (?, ?)")).await;
        let select = session.prepare(format!("SELECT v FROM hf_proxy.{table} WHERE k = ?")).await;
        let (insert, select) = (insert.expect("prepared"), select.expect("prepared"));
        let salt = holdfast::runtime::Real::start().random();
        Some(Self { proxy, session, insert, select, salt })
    }

    fn salted(&self, key: &str) -> String {
        format!("{:032x} {key}", self.salt)
    }

    async fn write(&self, key: &str) -> Result<(), ExecutionError> {
        self.session.execute_unpaged(&self.insert, (self.salted(key), "v")).await.map(|_| ())
    }

    async fn is_there(&self, key: &str) -> bool {
        let found = self.session.execute_unpaged(&self.select, (self.salted(key),)).await.expect("read");
        found.into_rows_result().expect("rows").rows_num() == 1
    }
}

/// Makes a table by way of all servers, so that all agree on it.
async fn made(table: &str) {
    let points = contact_points().expect("they were there before");
    let session = SessionBuilder::new().known_nodes(points).build().await.expect("a session");
    let keyspace = "CREATE KEYSPACE IF NOT EXISTS hf_proxy WITH replication = \
                    {'class': 'NetworkTopologyStrategy', 'replication_factor': 1}";
    let made = format!("CREATE TABLE IF NOT EXISTS hf_proxy.{table} (k text PRIMARY KEY, v text)");
    for statement in [keyspace, &made] {
        session.query_unpaged(statement, ()).await.expect("a table");
    }
}

#[tokio::test]
async fn errors_are_heard_instead_of_writing_and_after_it() {
    let Some(ground) = Ground::new("errors").await else { return };
    ground.write("0").await.expect("stored");
    ground.proxy.once(On::statement("INSERT INTO errors"), Action::Answer(Fault::Overloaded));
    let heard = ground.write("1").await;
    assert!(matches!(db(&heard), Some(DbError::Overloaded)), "{heard:?}");
    ground.proxy.once(On::statement("INSERT INTO errors"), Action::AnswerAfter(Fault::WriteTimeout));
    let heard = ground.write("2").await;
    assert!(matches!(db(&heard), Some(DbError::WriteTimeout { received: 1, required: 2, .. })), "{heard:?}");
    assert!(!ground.is_there("1").await, "it was not sent on");
    assert!(ground.is_there("2").await, "it landed all the same");
    ground.proxy.once(On::statement("SELECT v"), Action::Answer(Fault::ReadFailure));
    let heard = ground.session.execute_unpaged(&ground.select, ("0",)).await.map(|_| ());
    assert!(matches!(db(&heard), Some(DbError::ReadFailure { numfailures: 1, .. })), "{heard:?}");
}

#[tokio::test]
async fn a_forgotten_statement_is_prepared_again() {
    let Some(ground) = Ground::new("forgotten").await else { return };
    ground.proxy.once(On::statement("INSERT INTO forgotten"), Action::Answer(Fault::Unprepared));
    let prepared = ground.proxy.always(On::prepare("INSERT INTO forgotten"), Action::Count);
    ground.write("1").await.expect("stored");
    assert_eq!(prepared.count(), 1, "the driver asked again");
    assert!(ground.is_there("1").await);
}

#[tokio::test]
async fn silence_and_cut_connections_are_heard_as_such() {
    let Some(ground) = Ground::new("silence").await else { return };
    ground.proxy.once(On::statement("INSERT INTO silence"), Action::Swallow);
    assert!(matches!(ground.write("1").await, Err(ExecutionError::RequestTimeout(_))));
    ground.proxy.once(On::statement("INSERT INTO silence"), Action::DropAnswer);
    assert!(matches!(ground.write("2").await, Err(ExecutionError::RequestTimeout(_))));
    ground.proxy.once(On::statement("INSERT INTO silence"), Action::CutAfter);
    let heard = ground.write("3").await;
    let broken = |heard: &_| {
        matches!(heard, Err(ExecutionError::LastAttemptError(RequestAttemptError::BrokenConnectionError(_))))
    };
    assert!(broken(&heard), "{heard:?}");
    reconnected(&ground).await;
    ground.proxy.once(On::statement("INSERT INTO silence"), Action::Cut);
    let heard = ground.write("4").await;
    assert!(broken(&heard), "{heard:?}");
    reconnected(&ground).await;
    let there = [ground.is_there("1").await, ground.is_there("2").await, ground.is_there("3").await];
    assert_eq!((there, ground.is_there("4").await), ([false, true, true], false));
}

#[tokio::test]
async fn a_write_lands_when_the_test_says_so() {
    let Some(ground) = Ground::new("late").await else { return };
    let late = Late::default();
    let on = On::statement("INSERT INTO late").carrying(b"key one");
    ground.proxy.once(on, Action::Late(late.clone(), Some(Fault::WriteTimeout)));
    ground.write("key two").await.expect("another row");
    let heard = ground.write("key one").await;
    assert!(matches!(db(&heard), Some(DbError::WriteTimeout { .. })), "{heard:?}");
    assert!(!ground.is_there("key one").await, "not yet");
    assert_eq!(late.land(ground.proxy.server()).await.expect("landed"), 1);
    assert!(ground.is_there("key one").await, "landed");
}

#[tokio::test]
async fn a_held_write_goes_on_when_its_gate_opens() {
    let Some(ground) = Ground::new("held").await else { return };
    let (gate, held) = tokio::sync::watch::channel(false);
    let mut hits = ground.proxy.once(On::statement("INSERT INTO held"), Action::Hold(held));
    let (written, ()) = tokio::join!(ground.write("1"), async {
        hits.reach(1).await;
        assert!(!ground.is_there("1").await, "it waits");
        gate.send(true).expect("somebody waits");
    });
    written.expect("stored in the end");
    assert!(ground.is_there("1").await);
}

#[tokio::test]
async fn answers_come_in_another_order_and_later() {
    let Some(ground) = Ground::new("orders").await else { return };
    let order = tokio::sync::Mutex::new(Vec::new());
    let one = async |key: &'static str| {
        ground.write(key).await.expect("stored");
        order.lock().await.push(key);
    };
    ground.proxy.rule(On::statement("INSERT INTO orders"), (0, 2), Action::Shuffle(Shuffle::of(2)));
    tokio::join!(one("first"), one("second"));
    assert_eq!(order.lock().await.len(), 2, "no answer is lost");
    let by = Duration::from_millis(100);
    ground.proxy.once(On::statement("INSERT INTO orders").carrying(b"slow"), Action::Delay(by));
    tokio::join!(one("slow"), one("fast"));
    assert_eq!(order.lock().await[2..], ["fast", "slow"]);
}

#[tokio::test]
async fn a_frozen_server_is_silent_and_a_closed_one_refuses() {
    let Some(mut ground) = Ground::new("frozen").await else { return };
    ground.proxy.freeze(true);
    assert!(matches!(ground.write("1").await, Err(ExecutionError::RequestTimeout(_))));
    ground.proxy.freeze(false);
    ground.write("2").await.expect("thawed");
    ground.proxy.close();
    ground.write("3").await.expect_err("nobody is there");
    ground.proxy.open().await;
    reconnected(&ground).await;
    let mut connections = ground.proxy.connections();
    let made = connections.count();
    ground.proxy.cut();
    connections.reach(made + 1).await;
    reconnected(&ground).await;
}

/// The driver makes a broken connection again by itself.
async fn reconnected(ground: &Ground) {
    let again = async {
        while ground.write("reconnected").await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), again).await.expect("the driver comes back");
}

fn db(heard: &Result<(), ExecutionError>) -> Option<&DbError> {
    match heard {
        Err(ExecutionError::LastAttemptError(RequestAttemptError::DbError(error, _))) => Some(error),
        _ => None,
    }
}
