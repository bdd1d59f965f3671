//! The rows port: the small set of things that a store must do. It knows no rule of the protocol and no chat.
//! Adapters: [`embedded`] (redb) and [`cassandra`]; a simulation's quorum store comes later. All pass the contract suite in
//! [`contract`].
//!
//! A table is a set of partitions; a partition is a list of rows ordered by their clustering key, compared as bytes.
//! A write that reports success is durable. A write whose outcome is unknown is repeated by the caller, same bytes.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;

pub mod cassandra;
pub mod contract;
pub mod embedded;
pub mod fences;

/// A future that a port hands out: boxed, so that the port can be a trait object.
pub type Pending<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;

/// The tables of the journal protocol, see `cql/schema.cql`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// One row: generation, shard count, token secret. Changed by [`Rows::claim`] only.
    Cluster,
    /// `(generation, bucket) / incarnation`; a row there means: deposed.
    Fences,
    /// `(journal) / epoch`: one row per cut; the checkpoint is the row with an empty clustering key.
    Heads,
    /// `(journal, segment) / epoch, seq`: the events.
    Journal,
    /// `(shard) / journal`: what a new owner opens.
    ActiveSessions,
    /// `(shard) / due, journal`: when to wake what sleeps.
    Wakeups,
    /// `(journal)`: the record's head, a projection from birth.
    RecordHeads,
    /// `(journal) / part`: the sealed record; part 0 is written last and proves it.
    Records,
    /// `(index name and value) / time descending, journal`: lists of records, a projection.
    RecordIndex,
    /// `(kind) / version`: versioned configuration.
    Config,
}

impl Table {
    /// Every table, in the order of the schema.
    pub const ALL: [Self; 10] = [
        Self::Cluster,
        Self::Fences,
        Self::Heads,
        Self::Journal,
        Self::ActiveSessions,
        Self::Wakeups,
        Self::RecordHeads,
        Self::Records,
        Self::RecordIndex,
        Self::Config,
    ];

    /// Whether rows of this table may be written again with other content, so that timestamps decide.
    /// Elsewhere one key has one content for ever and no comparison is needed.
    #[must_use]
    pub const fn rewritten(self) -> bool {
        !matches!(self, Self::Journal | Self::Fences | Self::Records)
    }
}

/// One change. The larger timestamp wins over the smaller; at equal timestamps a delete wins, then the larger value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// Write a whole row.
    Put {
        /// Where.
        table: Table,
        /// Partition key.
        partition: Bytes,
        /// Clustering key within the partition.
        clustering: Bytes,
        /// The row's content.
        value: Bytes,
        /// Write timestamp, by protocol rule 20; never a clock.
        timestamp: i64,
    },
    /// Delete one row.
    Delete {
        /// Where.
        table: Table,
        /// Partition key.
        partition: Bytes,
        /// Clustering key within the partition.
        clustering: Bytes,
        /// Write timestamp, by protocol rule 20; never a clock.
        timestamp: i64,
    },
    /// Delete a whole partition, whatever the timestamps of its rows. The caller writes nothing more into a partition
    /// once it has begun to delete it: whether such a row stays is not promised.
    DeletePartition {
        /// Where.
        table: Table,
        /// Partition key.
        partition: Bytes,
    },
}

/// How much a write may be refused when space runs out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// New input: refused before writing while the store is below its reserve of free space.
    Input,
    /// Takes, cuts, active rows, checkpoints, records, deletes: may use the reserve.
    Upkeep,
}

/// Mutations that travel together. They need not land atomically, and on Cassandra they do not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The changes, in no promised order.
    pub mutations: Vec<Mutation>,
    /// Whether the batch may use the reserve.
    pub class: Class,
}

/// Why a write did not report success.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// It may be stored now, later, or never. Write it again, same bytes.
    #[error("outcome unknown: {0}")]
    Unknown(String),
    /// Nothing was written and nothing will be.
    #[error("refused: {0}")]
    Refused(Refused),
}

/// Why a store refuses to write at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Free space is below the reserve.
    #[error("free space is below the reserve")]
    Full,
    /// Too much is in flight; try later.
    #[error("too many writes in flight")]
    Busy,
    /// The store is closing.
    #[error("the store is closing")]
    Closing,
}

/// Why a read gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("read failed: {0}")]
pub struct ReadError(pub String);

/// A range of one partition, in clustering order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Where.
    pub table: Table,
    /// Partition key.
    pub partition: Bytes,
    /// First clustering key that may be returned.
    pub from: Bytes,
    /// Exclusive end; `None` reads to the partition's end.
    pub to: Option<Bytes>,
    /// At most this many rows, 1 to 10,000.
    pub limit: usize,
    /// Stop after this many bytes of keys and values; at least one row is returned all the same.
    pub bytes: usize,
    /// Largest clustering key first.
    pub reverse: bool,
}

/// A row as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Clustering key.
    pub clustering: Bytes,
    /// Content.
    pub value: Bytes,
}

/// The answer to a [`Slice`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The rows, in the order asked for.
    pub rows: Vec<Row>,
    /// Whether rows were left out because of a limit.
    pub more: bool,
}

/// Which incarnation of which generation a look or a fence is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Incarnation {
    /// Life of the Raft log, or start counter of a single node.
    pub generation: u32,
    /// Number within the generation; 0 stands for the whole generation.
    pub number: u64,
}

/// The answer of a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Answered, and neither the incarnation nor its generation is fenced.
    Clean,
    /// A fence is there: everything of the incarnation ends.
    Fenced,
}

/// What [`Rows::claim`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The row had the expected content and has the new one now.
    Won,
    /// The row has this content (`None`: it is absent), and nothing was changed.
    Lost(Option<Bytes>),
}

/// A store. Every method may be called from any task; the order of writes in flight is not promised.
pub trait Rows: Send + Sync + 'static {
    /// Whether new input would be refused now, and why. Asked before an input is taken, for once its events are decided
    /// their write must come to an end. Answers from memory, at once.
    fn admits(&self) -> Option<Refused>;

    /// Writes a batch; `Ok` means durable.
    fn write(&self, batch: Batch) -> Pending<Result<(), WriteError>>;

    /// Reads a slice, at quorum: it sees every write that reported success before the read began.
    fn read(&self, slice: Slice) -> Pending<Result<Page, ReadError>>;

    /// Protocol rule 10. An error is not clean.
    fn look(&self, of: Incarnation) -> Pending<Result<Look, ReadError>>;

    /// Protocol rule 4: stores the fence of an incarnation; number 0 fences the whole generation.
    fn fence(&self, of: Incarnation) -> Pending<Result<(), WriteError>>;

    /// Compare and set of one row, for `cluster` and `config` only, never on the message path.
    /// `expected` is the content the row must have, `None` that it must be absent.
    fn claim(
        &self,
        table: Table,
        key: (Bytes, Bytes),
        expected: Option<Bytes>,
        value: Bytes,
    ) -> Pending<Result<Claim, WriteError>>;
}
