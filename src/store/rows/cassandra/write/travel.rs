//! A parcel on its way: one request of the driver. When it comes home, and also when it is given up half-way, its lane is free
//! for what waits there. Never decides what travels together.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use scylla::errors::ExecutionError;
use scylla::serialize::SerializationError;
use scylla::serialize::row::{RowSerializationContext, SerializeRow};
use scylla::serialize::writers::RowWriter;
use scylla::statement::batch::{Batch, BatchStatement, BatchType};

use super::group::{Change, Key};
use super::lanes::Parcel;
use super::{Item, lanes};
use crate::store::rows::WriteError;
use crate::store::rows::cassandra::connect::fault;
use crate::store::rows::cassandra::stats::Kind;
use crate::store::rows::cassandra::{Link, Shared};

/// A parcel that was let out of its lane.
pub(in super::super) struct Travel {
    shared: Arc<Shared>,
    /// `None` when it is home.
    parcel: Option<Parcel>,
}

/// Carries a parcel in a task of its own, then whatever may travel because of that.
pub(super) fn beside(shared: &Arc<Shared>, parcel: Option<Parcel>) {
    let Some(parcel) = parcel else { return };
    let runtime = shared.runtime.clone();
    let mut travel = Travel::new(shared, parcel);
    runtime.spawn(Box::pin(async move {
        loop {
            let sent = travel.go().await;
            let Some(next) = travel.home(&sent) else { return };
            travel.parcel = Some(next);
        }
    }));
}

impl Travel {
    pub(super) fn new(shared: &Arc<Shared>, parcel: Parcel) -> Self {
        Self { shared: shared.clone(), parcel: Some(parcel) }
    }

    /// Carries the caller's own parcel; what may travel because of that goes beside.
    pub(super) async fn with_its_caller(mut self) -> Result<(), WriteError> {
        let sent = self.go().await;
        let next = self.home(&sent);
        beside(&self.shared, next);
        sent
    }

    async fn go(&self) -> Result<(), WriteError> {
        let parcel = self.parcel.as_ref().expect("a parcel is under way once");
        match self.shared.link.load_full() {
            Some(link) => send(&self.shared, &link, parcel).await,
            None => Err(WriteError::Unknown("no session with Cassandra".into())),
        }
    }

    /// Tells whoever wants to know, and frees the lane.
    fn home(&mut self, sent: &Result<(), WriteError>) -> Option<Parcel> {
        let Parcel { items, .. } = self.parcel.take()?;
        items.iter().filter_map(|item| item.ticket.as_ref()).for_each(|ticket| ticket.ended(sent));
        let key = items.into_iter().next().map(|item| item.group.key).expect("a parcel holds something");
        lanes(&self.shared, |lanes| lanes.arrived(&key))
    }
}

impl Drop for Travel {
    /// Given up half-way: whether it arrives is unknown, and the lane goes on.
    fn drop(&mut self) {
        let next = self.home(&Err(WriteError::Unknown("the request was given up".into())));
        // Without a runtime the process is ending, and nobody is left who waits.
        if tokio::runtime::Handle::try_current().is_ok() {
            beside(&self.shared, next);
        }
    }
}

async fn send(shared: &Shared, link: &Link, parcel: &Parcel) -> Result<(), WriteError> {
    let stats = &shared.stats;
    stats.sent(Kind::Write);
    let began = shared.runtime.ticks();
    let result = request(link, parcel).await;
    shared.ended(Kind::Write, began, result.as_ref().err().map(fault::of));
    stats.rows.fetch_add(parcel.rows as u64, Relaxed);
    stats.bytes.fetch_add(parcel.bytes as u64, Relaxed);
    if parcel.rows > 1 {
        stats.batches.fetch_add(1, Relaxed);
        stats.merged.fetch_add(parcel.items.len() as u64 - 1, Relaxed);
    }
    result.map_err(|error| WriteError::Unknown(error.to_string()))
}

/// One row is one prepared statement; more are an unlogged batch of one partition, which is one mutation to the server.
async fn request(link: &Link, parcel: &Parcel) -> Result<(), ExecutionError> {
    let Item { group, .. } = &parcel.items[0];
    let key = &group.key;
    let statements = link.prepared.of(key.table);
    let statement = |change: &Change| match change {
        Change::Put { .. } => &statements.put,
        Change::Delete { .. } => &statements.delete,
        Change::DeletePartition => &statements.delete_partition,
    };
    if parcel.rows == 1 {
        let change = &group.changes[0];
        link.session.execute_unpaged(statement(change), Values { key, change }).await?;
        return Ok(());
    }
    let changes = parcel.items.iter().flat_map(|item| &item.group.changes);
    let texts = changes.clone().map(|change| BatchStatement::from(statement(change).clone())).collect();
    let values: Vec<Values<'_>> = changes.map(|change| Values { key, change }).collect();
    let mut batch = Batch::new_with_statements(BatchType::Unlogged, texts);
    batch.set_is_idempotent(true);
    batch.set_history_listener(link.listener.clone());
    link.session.batch(&batch, values).await?;
    Ok(())
}

/// The values of one statement, in the order of its text; written into the request from where they lie.
struct Values<'a> {
    key: &'a Key,
    change: &'a Change,
}

impl SerializeRow for Values<'_> {
    fn serialize(
        &self,
        context: &RowSerializationContext<'_>,
        writer: &mut RowWriter<'_>,
    ) -> Result<(), SerializationError> {
        let partition = &self.key.partition;
        match self.change {
            Change::Put { clustering, value, timestamp } => {
                SerializeRow::serialize(&(partition, clustering, value, timestamp), context, writer)
            }
            Change::Delete { clustering, timestamp } => {
                SerializeRow::serialize(&(timestamp, partition, clustering), context, writer)
            }
            Change::DeletePartition => SerializeRow::serialize(&(partition,), context, writer),
        }
    }

    fn is_empty(&self) -> bool {
        false
    }
}
