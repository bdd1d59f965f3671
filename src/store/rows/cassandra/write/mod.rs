//! Writes: a batch is cut into groups of one partition, each group takes its partition's lane, and what waits in a lane
//! travels as one request. `Ok` when every group is stored. Never repeats a write: its owner does that.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{AcqRel, Relaxed};

use parking_lot::Mutex;
use scylla::errors::ExecutionError;
use scylla::serialize::SerializationError;
use scylla::serialize::row::{RowSerializationContext, SerializeRow};
use scylla::serialize::writers::RowWriter;
use scylla::statement::batch::{Batch, BatchStatement, BatchType};

use self::group::{Change, Group, Key};
use self::lanes::Parcel;
use super::stats::Kind;
use super::{Link, Shared, fault};
use crate::runtime::oneshot;
use crate::store::rows::{Mutation, WriteError};

pub(super) mod group;
pub(super) mod lanes;

/// A group that waits or travels, and who wants to know.
#[derive(Debug)]
pub(super) struct Item {
    pub group: Group,
    pub ticket: Arc<Ticket>,
}

/// One caller's write: answered when the last of its groups is.
#[derive(Debug)]
pub(super) struct Ticket {
    left: AtomicUsize,
    failed: Mutex<Option<WriteError>>,
    reply: Mutex<Option<oneshot::Sender<Result<(), WriteError>>>>,
}

impl Ticket {
    /// A ticket for so many groups, and where its answer comes.
    pub(super) fn new(groups: usize) -> (Self, oneshot::Receiver<Result<(), WriteError>>) {
        let (reply, answer) = oneshot::channel();
        let left = AtomicUsize::new(groups);
        (Self { left, failed: Mutex::default(), reply: Mutex::new(Some(reply)) }, answer)
    }

    fn ended(&self, result: &Result<(), WriteError>) {
        if let Err(error) = result {
            *self.failed.lock() = Some(error.clone());
        }
        if self.left.fetch_sub(1, AcqRel) == 1 {
            let result = self.failed.lock().take().map_or(Ok(()), Err);
            let reply = self.reply.lock().take();
            // A caller who has gone away needs no answer.
            let _ = reply.map(|reply| reply.send(result));
        }
    }
}

/// Hands a batch over; its answer comes through the receiver.
pub(super) fn submit(
    shared: &Arc<Shared>,
    mutations: Vec<Mutation>,
) -> oneshot::Receiver<Result<(), WriteError>> {
    let groups = group::split(mutations);
    let (ticket, answer) = Ticket::new(groups.len());
    if groups.is_empty() {
        let _ = ticket.reply.lock().take().map(|reply| reply.send(Ok(())));
        return answer;
    }
    let ticket = Arc::new(ticket);
    for group in groups {
        let item = Item { group, ticket: ticket.clone() };
        let go = {
            let mut lanes = shared.lanes.lock();
            let go = lanes.offer(item);
            shared.stats.queued.store(i64::try_from(lanes.waiting()).unwrap_or(i64::MAX), Relaxed);
            go
        };
        if let Some(parcel) = go {
            shared.runtime.spawn(Box::pin(carry(shared.clone(), parcel)));
        }
    }
    answer
}

/// Carries a parcel, then whatever may travel because of that, until nothing is left to carry.
async fn carry(shared: Arc<Shared>, parcel: Parcel) {
    let mut next = Some(parcel);
    while let Some(parcel) = next {
        let sent = match shared.link.load_full() {
            Some(link) => send(&shared, &link, &parcel).await,
            None => Err(WriteError::Unknown("no session with Cassandra".into())),
        };
        let Parcel { items, .. } = parcel;
        let key = items.first().map(|item| item.group.key.clone()).expect("a parcel holds something");
        items.iter().for_each(|item| item.ticket.ended(&sent));
        let mut lanes = shared.lanes.lock();
        next = lanes.arrived(&key);
        shared.stats.queued.store(i64::try_from(lanes.waiting()).unwrap_or(i64::MAX), Relaxed);
    }
}

async fn send(shared: &Shared, link: &Link, parcel: &Parcel) -> Result<(), WriteError> {
    let stats = &shared.stats;
    stats.sent(Kind::Write);
    let began = shared.runtime.ticks();
    let result = request(link, parcel).await;
    let failed = result.as_ref().err().map(fault::of);
    shared.ended(Kind::Write, began, failed);
    stats.rows.fetch_add(parcel.rows as u64, Relaxed);
    stats.bytes.fetch_add(parcel.bytes as u64, Relaxed);
    stats.batches.fetch_add(u64::from(parcel.rows > 1), Relaxed);
    stats.merged.fetch_add(parcel.items.len() as u64 - 1, Relaxed);
    result.map_err(|error| WriteError::Unknown(error.to_string()))
}

/// One row is one prepared statement; more are an unlogged batch of one partition, which is one mutation to the server.
async fn request(link: &Link, parcel: &Parcel) -> Result<(), ExecutionError> {
    let key = &parcel.items[0].group.key;
    let statements = link.prepared.of(key.table);
    let changes = parcel.items.iter().flat_map(|item| &item.group.changes);
    let statement = |change: &Change| match change {
        Change::Put { .. } => &statements.put,
        Change::Delete { .. } => &statements.delete,
        Change::DeletePartition => &statements.delete_partition,
    };
    if parcel.rows == 1 {
        let change = &parcel.items[0].group.changes[0];
        link.session.execute_unpaged(statement(change), Values { key, change }).await?;
        return Ok(());
    }
    let texts = changes.clone().map(|change| BatchStatement::from(statement(change).clone())).collect();
    let values: Vec<Values<'_>> = changes.map(|change| Values { key, change }).collect();
    let mut batch = Batch::new_with_statements(BatchType::Unlogged, texts);
    batch.set_is_idempotent(true);
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
