//! Slices and looks. A slice is read in pages whose rows are guessed from the bytes asked for; when the server refuses a
//! range, mostly over too many tombstones, its pieces are read one after the other. Never answers with less than was asked
//! for without saying that there is more.

use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use scylla::errors::ExecutionError;
use scylla::response::{PagingState, PagingStateResponse};

use super::connect::fault;
use super::stats::{Fault, Kind};
use super::{Link, Shared};
use crate::limits;
use crate::store::rows::{Incarnation, Look, Page, ReadError, Row, Slice, Table, fences};

pub(super) mod halves;

/// Reads a slice, page by page.
pub(super) async fn slice(shared: &Shared, link: &Link, slice: Slice) -> Result<Page, ReadError> {
    let ahead = shared.reading.try_acquire();
    let _place = ahead.map_err(|_| ReadError("too many reads are under way".into()))?;
    let mut gather = Gather::new(&slice);
    // The ranges that are left, the next one last.
    let mut ranges = vec![(slice.from.clone(), slice.to.clone())];
    let mut halved = 0;
    while let Some((from, to)) = ranges.pop() {
        if gather.full || to.as_ref().is_some_and(|to| *to <= from) {
            continue;
        }
        let range = Slice { from, to, ..slice.clone() };
        match range_of(shared, link, &range, &mut gather).await {
            Ok(()) => {}
            Err(Refusal { fault: Fault::Failure, error }) => {
                halved += 1;
                let rest = gather.rest(&range);
                let pieces = halves::pieces(rest);
                if pieces.len() < 2 || halved > limits::CASSANDRA_HALVES {
                    return Err(ReadError(error));
                }
                shared.stats.halved.fetch_add(1, Relaxed);
                if slice.reverse { ranges.extend(pieces) } else { ranges.extend(pieces.into_iter().rev()) }
            }
            Err(refusal) => return Err(ReadError(refusal.error)),
        }
    }
    shared.stats.rows_read.fetch_add(gather.rows.len() as u64, Relaxed);
    Ok(Page { rows: gather.rows, more: gather.full })
}

/// Why a range was not read.
struct Refusal {
    fault: Fault,
    error: String,
}

async fn range_of(shared: &Shared, link: &Link, range: &Slice, gather: &mut Gather) -> Result<(), Refusal> {
    let statements = &link.prepared.of(range.table).slices;
    let statement = &statements[usize::from(range.to.is_some())][usize::from(range.reverse)];
    let mut state = PagingState::start();
    while !gather.full {
        let mut statement = statement.clone();
        statement.set_page_size(gather.page_size());
        shared.stats.sent(Kind::Read);
        let began = shared.runtime.ticks();
        let answer = match &range.to {
            None => {
                let values = (&range.partition, &range.from);
                link.session.execute_single_page(&statement, values, state).await
            }
            Some(to) => {
                let values = (&range.partition, &range.from, to);
                link.session.execute_single_page(&statement, values, state).await
            }
        };
        let failed = answer.as_ref().err().map(fault::of);
        shared.ended(Kind::Read, began, failed);
        let (answer, next) = answer.map_err(|error| refusal(&error))?;
        let unreadable = |error: String| Refusal { fault: Fault::Other, error };
        let rows = answer.into_rows_result().map_err(|e| unreadable(e.to_string()))?;
        for row in rows.rows::<(Bytes, Bytes)>().map_err(|e| unreadable(e.to_string()))? {
            let (clustering, value) = row.map_err(|e| unreadable(e.to_string()))?;
            gather.take(Row { clustering, value });
        }
        match next {
            PagingStateResponse::NoMorePages => return Ok(()),
            PagingStateResponse::HasMorePages { state: next } => state = next,
        }
    }
    Ok(())
}

fn refusal(error: &ExecutionError) -> Refusal {
    Refusal { fault: fault::of(error), error: error.to_string() }
}

/// The rows that were read, up to the slice's limits.
pub(super) struct Gather {
    pub(super) rows: Vec<Row>,
    bytes: usize,
    most_rows: usize,
    most_bytes: usize,
    /// Bytes of a row, as far as is known.
    guess: usize,
    reverse: bool,
    /// Whether a row came that had no place.
    pub(super) full: bool,
}

impl Gather {
    pub(super) fn new(slice: &Slice) -> Self {
        let guess = match slice.table {
            Table::Records => 1 << 20,
            Table::Heads => 2 << 10,
            Table::Journal | Table::Config | Table::RecordHeads => 1 << 10,
            Table::Cluster | Table::Fences | Table::ActiveSessions | Table::Wakeups | Table::RecordIndex => {
                128
            }
        };
        Self {
            rows: Vec::new(),
            bytes: 0,
            most_rows: slice.limit.min(limits::STORE_PAGE_ROWS),
            most_bytes: slice.bytes,
            guess,
            reverse: slice.reverse,
            full: false,
        }
    }

    /// Rows of the next page: what is still wanted and one more, which tells whether there is more, within the bytes that are
    /// wanted and that one answer should carry.
    pub(super) fn page_size(&self) -> i32 {
        let wanted = self.most_rows - self.rows.len() + 1;
        let average = self.bytes.checked_div(self.rows.len()).unwrap_or(self.guess).max(1);
        let bytes = self.most_bytes.saturating_sub(self.bytes).min(limits::CASSANDRA_PAGE_BYTES);
        let rows = wanted.min(bytes / average + 1).min(limits::CASSANDRA_PAGE_ROWS);
        i32::try_from(rows.max(2)).unwrap_or(i32::MAX)
    }

    pub(super) fn take(&mut self, row: Row) {
        let weight = row.clustering.len() + row.value.len();
        let too_many = self.rows.len() >= self.most_rows;
        let too_large = !self.rows.is_empty() && self.bytes.saturating_add(weight) > self.most_bytes;
        if self.full || too_many || too_large {
            self.full = true;
            return;
        }
        self.bytes += weight;
        self.rows.push(row);
    }

    /// What of a range is not read yet: behind the last row that lies in it.
    pub(super) fn rest(&self, range: &Slice) -> (Bytes, Option<Bytes>) {
        let (from, to) = (range.from.clone(), range.to.clone());
        let Some(last) = self.rows.last().map(|row| &row.clustering) else { return (from, to) };
        if *last < from || to.as_ref().is_some_and(|to| last >= to) {
            return (from, to);
        }
        if self.reverse { (from, Some(last.clone())) } else { (halves::after(last), to) }
    }
}

/// Protocol rule 10: row 0 and the incarnation's own, in one read of one partition. Clean only when neither is there. The
/// same read serves as a sign of life, counted as such.
pub(super) async fn look(
    shared: &Shared,
    link: &Link,
    of: Incarnation,
    kind: Kind,
) -> Result<Look, ReadError> {
    let values = (fences::partition(of), fences::clustering(0), fences::clustering(of.number));
    shared.stats.sent(kind);
    let began = shared.runtime.ticks();
    let answer = link.session.execute_unpaged(&link.prepared.look, values).await;
    shared.ended(kind, began, answer.as_ref().err().map(fault::of));
    let answer = answer.map_err(|e| ReadError(e.to_string()))?;
    let rows = answer.into_rows_result().map_err(|e| ReadError(e.to_string()))?;
    Ok(if rows.rows_num() == 0 { Look::Clean } else { Look::Fenced })
}
