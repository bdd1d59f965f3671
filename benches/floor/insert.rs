//! One prepared insert, with the driver as the node uses it. Never repeats and never looks.

use std::sync::Arc;

use anyhow::Result;
use bytes::Bytes;
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::statement::Consistency;
use scylla::statement::prepared::PreparedStatement;

/// The keyspace of this bench, dropped with the cluster that it runs on.
const KEYSPACE: &str = "holdfast_floor";

/// The insert, prepared.
pub struct Insert {
    session: Session,
    insert: PreparedStatement,
    look: PreparedStatement,
}

impl Insert {
    /// Connects and makes the two tables; replicated three times where there are three servers.
    pub async fn open(points: &str) -> Result<Arc<Self>> {
        let points: Vec<&str> = points.split(',').collect();
        let session = SessionBuilder::new().known_nodes(&points).build().await?;
        let copies = if points.len() < 3 { 1 } else { 3 };
        let keyspace = format!(
            "CREATE KEYSPACE IF NOT EXISTS {KEYSPACE} WITH replication = \
             {{'class': 'NetworkTopologyStrategy', 'replication_factor': {copies}}}"
        );
        session.query_unpaged(keyspace, ()).await?;
        for table in ["rows", "looks"] {
            let table = format!(
                "CREATE TABLE IF NOT EXISTS {KEYSPACE}.{table} (partition blob, clustering blob, body blob, PRIMARY KEY \
                 (partition, clustering))"
            );
            session.query_unpaged(table, ()).await?;
        }
        session.await_schema_agreement().await?;
        let text = format!(
            "INSERT INTO {KEYSPACE}.rows (partition, clustering, body) VALUES (?, ?, ?) USING TIMESTAMP 1"
        );
        let look =
            format!("SELECT clustering FROM {KEYSPACE}.looks WHERE partition = ? AND clustering IN (?, ?)");
        let mut insert = session.prepare(text).await?;
        let mut look = session.prepare(look).await?;
        for statement in [&mut insert, &mut look] {
            statement.set_is_idempotent(true);
            statement.set_consistency(Consistency::LocalQuorum);
        }
        Ok(Arc::new(Self { session, insert, look }))
    }

    /// Stores one row.
    pub async fn store(&self, partition: &[u8], number: u64, body: &Bytes) -> Result<()> {
        self.session.execute_unpaged(&self.insert, (partition, &number.to_be_bytes()[..], &body[..])).await?;
        Ok(())
    }

    /// Looks for two rows that are not there.
    pub async fn look(&self) -> Result<()> {
        let (partition, none, own) = (&[1_u8][..], &[0_u8; 8][..], &[1_u8; 8][..]);
        self.session.execute_unpaged(&self.look, (partition, none, own)).await?;
        Ok(())
    }
}
