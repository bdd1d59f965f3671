//! Facts from a cluster, by a session and a few small reads. What cannot be read is a fact, too; only a cluster that does
//! not answer at all is an error. Judges nothing and changes nothing.

mod servers;

use std::collections::BTreeMap;
use std::sync::Arc;

use scylla::client::session::Session;
use scylla::statement::{Consistency, Statement};

use super::facts::{Facts, Fences, Options, Wanted};
use crate::runtime::Runtime;
use crate::store::codec::cluster::{Cluster, KEY};
use crate::store::rows::cassandra::schema::{self, SchemaError, asked, keyspace};
use crate::store::rows::cassandra::statements::columns;
use crate::store::rows::{Incarnation, Table, fences};

/// Everything that can be seen now.
///
/// # Errors
/// When the cluster does not answer.
pub async fn gather(
    session: &Arc<Session>,
    runtime: &Arc<dyn Runtime>,
    wanted: Wanted,
) -> Result<Facts, SchemaError> {
    let name = wanted.keyspace.clone();
    // What every server knows by itself.
    let keyspace = keyspace::read(session, &name).await?;
    let tables = tables(session, &name).await?;
    let there = |table: Table| tables.contains_key(columns(table).0);
    // What takes a quorum.
    let mut unread = Vec::new();
    let schema = seen(schema::standing(session, &name).await, &mut unread);
    let mut row = None;
    if there(Table::Cluster) {
        row = seen(cluster(session, &name, Consistency::LocalSerial).await, &mut unread).flatten();
        if row.is_none() {
            // A replication that was raised without a repair leaves a quorum that has never seen the row: taken for a
            // cluster that was never used, it would be born again over what is there. All replicas know better.
            row = cluster(session, &name, Consistency::All).await.ok().flatten();
        }
    }
    let mut fences = None;
    if let Some(cluster) = row.as_ref().filter(|_| there(Table::Fences)) {
        fences = seen(fences_of(session, &name, cluster).await, &mut unread).flatten();
    }
    let servers = servers::ask(session, runtime, &wanted.datacenter).await;
    Ok(Facts { wanted, schema, keyspace, tables, cluster: row, fences, servers, unread })
}

/// What was read; why not goes to the list.
fn seen<T>(read: Result<T, SchemaError>, unread: &mut Vec<String>) -> Option<T> {
    read.map_err(|error| unread.push(error.to_string())).ok()
}

async fn tables(session: &Session, keyspace: &str) -> Result<BTreeMap<String, Options>, SchemaError> {
    let what = "read the tables";
    let query = "SELECT table_name, default_time_to_live, gc_grace_seconds, read_repair, compaction \
                 FROM system_schema.tables WHERE keyspace_name = ?";
    let found = asked(what, session.query_unpaged(query, (keyspace,)).await)?;
    let found = asked(what, found.into_rows_result())?;
    type Shown = (String, Option<i32>, Option<i32>, Option<String>, Option<BTreeMap<String, String>>);
    let mut tables = BTreeMap::new();
    for row in asked(what, found.rows::<Shown>())? {
        let (name, ttl, gc_grace, read_repair, compaction) = asked(what, row)?;
        let number = |value: Option<i32>| value.and_then(|value| u32::try_from(value).ok()).unwrap_or(0);
        let class = compaction.and_then(|map| map.get("class").cloned()).unwrap_or_default();
        let options = Options {
            ttl: number(ttl),
            gc_grace: number(gc_grace),
            read_repair: read_repair.unwrap_or_default(),
            compaction: class.rsplit('.').next().unwrap_or_default().to_owned(),
        };
        tables.insert(name, options);
    }
    Ok(tables)
}

async fn cluster(
    session: &Session,
    keyspace: &str,
    consistency: Consistency,
) -> Result<Option<Cluster>, SchemaError> {
    let what = "read the cluster's row";
    let (table, partition, clustering) = columns(Table::Cluster);
    let text = format!("SELECT body FROM {keyspace}.{table} WHERE {partition} = ? AND {clustering} = ?");
    let mut query = Statement::new(text);
    query.set_consistency(consistency);
    let found = asked(what, session.query_unpaged(query, KEY).await)?;
    let found = asked(what, found.into_rows_result())?;
    let row = asked(what, found.maybe_first_row::<(Vec<u8>,)>())?;
    row.map(|(body,): (Vec<u8>,)| asked(what, Cluster::read(&body))).transpose()
}

/// The rows that fence the generation before the newest one that is known to be fenced, one read for each bucket.
async fn fences_of(
    session: &Session,
    keyspace: &str,
    cluster: &Cluster,
) -> Result<Option<Fences>, SchemaError> {
    let what = "read the fences";
    let Some(generation) = cluster.fenced_below.checked_sub(1).filter(|generation| *generation > 0) else {
        return Ok(None);
    };
    let (table, partition, clustering) = columns(Table::Fences);
    let text = format!("SELECT TTL(body) FROM {keyspace}.{table} WHERE {partition} = ? AND {clustering} = ?");
    let query = asked(what, session.prepare(text).await)?;
    let mut seen = Fences { generation, ..Fences::default() };
    for bucket in 0..fences::BUCKETS {
        let place = fences::partition(Incarnation { generation, number: bucket });
        let values = (place.as_ref(), fences::clustering(0));
        let found = asked(what, session.execute_unpaged(&query, (values.0, values.1.as_ref())).await)?;
        let found = asked(what, found.into_rows_result())?;
        match asked(what, found.maybe_first_row::<(Option<i32>,)>())? {
            None => seen.missing.push(bucket),
            Some((Some(_),)) => seen.expiring += 1,
            Some((None,)) => {}
        }
    }
    Ok(Some(seen))
}
