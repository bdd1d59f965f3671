//! A keyspace of one test's own: dropped and not made again, so that the test makes it. It is left there afterwards, for
//! people who look why a test failed.

use std::sync::Arc;

use holdfast::runtime::{Real, Runtime};
use holdfast::store::rows::cassandra::connect;
use holdfast::store::rows::cassandra::options::Options;
use holdfast::store::rows::cassandra::schema::runner::{Progress, Runner, Wish};
use holdfast::store::rows::cassandra::schema::{Replication, SchemaError};
use scylla::client::session::Session;

use crate::{contact_points, keyspace};

/// A place without a keyspace.
pub struct Fresh {
    /// How it is reached.
    pub options: Options,
    /// A patient session.
    pub session: Arc<Session>,
    /// Clock and chance.
    pub runtime: Arc<dyn Runtime>,
}

impl Fresh {
    /// For the test of this name; `None` after saying that it is skipped.
    pub async fn of(test: &str) -> Option<Self> {
        let options = Options::new(contact_points()?, &format!("hf_own_{test}"), &keyspace::datacenter());
        let session = Arc::new(connect::upkeep(&options).await.expect("the cluster under test answers"));
        let fresh = Self { options, session, runtime: Real::start() };
        fresh.run(&format!("DROP KEYSPACE IF EXISTS {}", fresh.options.keyspace)).await;
        Some(fresh)
    }

    /// One replica in the data centre under test.
    pub fn one(&self) -> Replication {
        self.replicas(1)
    }

    /// So many replicas in the data centre under test.
    pub fn replicas(&self, count: u32) -> Replication {
        format!("{}:{count}", self.options.datacenter).parse().expect("a replication")
    }

    /// A statement without values; `@` stands for the keyspace.
    pub async fn run(&self, statement: &str) {
        let statement = statement.replace('@', &self.options.keyspace);
        let done = self.session.query_unpaged(statement.as_str(), ()).await;
        done.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }

    /// What `holdfast schema apply` would wish for here.
    pub fn wish(&self) -> Wish {
        Wish::new(&self.options.keyspace, Some(self.one()), "a test")
    }

    /// Runs a wish with a session of its own; answers the number of statements.
    pub async fn apply(&self, wish: Wish) -> Result<usize, SchemaError> {
        self.apply_told(wish, &mut |_| {}).await
    }

    /// The same, and tells what happens.
    pub async fn apply_told(
        &self,
        wish: Wish,
        say: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<usize, SchemaError> {
        let session = connect::upkeep(&self.options).await.expect("the cluster under test answers");
        Runner::new(&session, self.runtime.clone(), wish).run(say).await
    }
}
