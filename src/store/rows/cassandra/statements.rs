//! The statements of every table: their text, and what the cluster made of it. They are made once per session and shared;
//! a request clones pointers only. Never sends anything but the preparation.

use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream;
use scylla::client::session::Session;
use scylla::observability::history::HistoryListener;
use scylla::statement::Consistency;
use scylla::statement::prepared::PreparedStatement;
use scylla::statement::unprepared::Statement;

use super::connect::{ConnectError, balancing};
use super::options::Options;
use crate::limits;
use crate::store::rows::Table;

/// Name of a table, its partition key and its clustering key; the body is called `body` everywhere.
#[must_use]
pub const fn columns(table: Table) -> (&'static str, &'static str, &'static str) {
    match table {
        Table::Cluster => ("cluster", "scope", "item"),
        Table::Fences => ("fences", "bucket", "incarnation"),
        Table::Heads => ("heads", "journal", "epoch"),
        Table::Journal => ("journal", "segment", "position"),
        Table::ActiveSessions => ("active_sessions", "shard", "journal"),
        Table::Wakeups => ("wakeups", "shard", "due"),
        Table::RecordHeads => ("record_heads", "journal", "item"),
        Table::Records => ("records", "journal", "part"),
        Table::RecordIndex => ("record_index", "list", "position"),
        Table::Config => ("config", "kind", "version"),
    }
}

/// Everything that is ever sent for one table.
#[derive(Debug)]
pub(super) struct Statements {
    pub put: PreparedStatement,
    pub delete: PreparedStatement,
    pub delete_partition: PreparedStatement,
    /// By whether the slice has an end, then by whether it runs backward.
    pub slices: [[PreparedStatement; 2]; 2],
    /// Compare and set: of an absent row, and of one with a content.
    pub claim_absent: PreparedStatement,
    pub claim: PreparedStatement,
}

/// All statements of a session.
#[derive(Debug)]
pub(super) struct Prepared {
    tables: Vec<Statements>,
    pub look: PreparedStatement,
}

impl Prepared {
    pub(super) fn of(&self, table: Table) -> &Statements {
        &self.tables[table as usize]
    }

    /// Prepares everything, a few statements at a time.
    pub(super) async fn new(
        session: &Session,
        options: &Options,
        listener: &Arc<dyn HistoryListener>,
    ) -> Result<Self, ConnectError> {
        let texts: Vec<Text> = Table::ALL.iter().flat_map(|table| texts(&options.keyspace, *table)).collect();
        let look = look(&options.keyspace);
        let prepared: Vec<_> = stream::iter(texts.into_iter().chain([look]))
            .map(|text| async move {
                let mut prepared = prepare(session, options, text).await?;
                prepared.set_history_listener(listener.clone());
                Ok(prepared)
            })
            .buffered(limits::CASSANDRA_PREPARES_AT_ONCE)
            .collect()
            .await;
        let mut prepared = prepared.into_iter().collect::<Result<Vec<_>, ConnectError>>()?.into_iter();
        let tables = Table::ALL.iter().map_while(|_| statements(&mut prepared)).collect();
        let look = prepared.next().expect("the last text is the look's");
        Ok(Self { tables, look })
    }
}

/// Takes one table's statements out, in the order of [`texts`].
fn statements(from: &mut impl Iterator<Item = PreparedStatement>) -> Option<Statements> {
    Some(Statements {
        put: from.next()?,
        delete: from.next()?,
        delete_partition: from.next()?,
        slices: [[from.next()?, from.next()?], [from.next()?, from.next()?]],
        claim_absent: from.next()?,
        claim: from.next()?,
    })
}

/// How a statement may be treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// May be sent twice.
    Idempotent,
    /// Sees what compare and set decided, also where it is under way.
    Serial,
    /// Compare and set: sent once, and known or unknown.
    Once,
}

struct Text(String, How);

/// Fences are read whole, body included: read repair brings back only what was read.
fn look(keyspace: &str) -> Text {
    let (name, partition, clustering) = columns(Table::Fences);
    Text(
        format!(
            "SELECT {clustering}, body FROM {keyspace}.{name} WHERE {partition} = ? AND {clustering} IN (?, ?)"
        ),
        How::Idempotent,
    )
}

/// A delete of a partition carries the asked node's clock, far above every timestamp of a journal's rows, so that it wins
/// over rows that land late.
fn texts(keyspace: &str, table: Table) -> Vec<Text> {
    let (name, p, c) = columns(table);
    let at = format!("{keyspace}.{name}");
    let write = |text: String| Text(text, How::Idempotent);
    // What is changed by compare and set is read so, too: a plain quorum may miss one that is under way.
    let how = if matches!(table, Table::Cluster | Table::Config) { How::Serial } else { How::Idempotent };
    let slice = |end: &str, order: &str| {
        Text(format!("SELECT {c}, body FROM {at} WHERE {p} = ? AND {c} >= ?{end}{order}"), how)
    };
    let (end, backward) = (format!(" AND {c} < ?"), format!(" ORDER BY {c} DESC"));
    vec![
        write(format!("INSERT INTO {at} ({p}, {c}, body) VALUES (?, ?, ?) USING TIMESTAMP ?")),
        write(format!("DELETE FROM {at} USING TIMESTAMP ? WHERE {p} = ? AND {c} = ?")),
        write(format!("DELETE FROM {at} WHERE {p} = ?")),
        slice("", ""),
        slice("", &backward),
        slice(&end, ""),
        slice(&end, &backward),
        Text(format!("INSERT INTO {at} ({p}, {c}, body) VALUES (?, ?, ?) IF NOT EXISTS"), How::Once),
        Text(format!("UPDATE {at} SET body = ? WHERE {p} = ? AND {c} = ? IF body = ?"), How::Once),
    ]
}

/// Everything that this release ever prepares in a keyspace, for the test that a later release's schema still takes it.
#[must_use]
pub fn every(keyspace: &str) -> Vec<String> {
    let tables = Table::ALL.iter().flat_map(|table| texts(keyspace, *table));
    tables.chain([look(keyspace)]).map(|Text(text, _)| text).collect()
}

async fn prepare(
    session: &Session,
    options: &Options,
    text: Text,
) -> Result<PreparedStatement, ConnectError> {
    let Text(text, how) = text;
    let prepared = session.prepare(Statement::new(text.as_str())).await;
    let mut prepared = prepared.map_err(|e| ConnectError::Schema(format!("`{text}`: {e}")))?;
    prepared.set_is_idempotent(how != How::Once);
    // The columns are named in the text, so that their types never change under it.
    prepared.set_use_cached_result_metadata(how != How::Once);
    match how {
        How::Idempotent => {}
        How::Serial => prepared.set_consistency(Consistency::LocalSerial),
        How::Once => prepared.set_load_balancing_policy(Some(balancing(options, false))),
    }
    Ok(prepared)
}
