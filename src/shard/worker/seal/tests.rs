//! What is written in which order when a record was there already, as the store sees it.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

use super::{Record, Sealing};
use crate::runtime::Real;
use crate::store::journal::record::{Proof, delete_journal};
use crate::store::journal::{Epoch, lists};
use crate::store::rows::embedded::{Embedded, Options, open};
use crate::store::rows::{
    Batch, Claim, Class, Incarnation, Look, Mutation, Page, Pending, ReadError, Refused, Rows, Slice, Table,
    WriteError,
};
use crate::words::{JournalId, Seq, SessionId};

/// A store that notes what it is asked to write.
struct Noting {
    inner: Arc<Embedded>,
    written: Mutex<Vec<Mutation>>,
}

impl Rows for Noting {
    fn admits(&self) -> Option<Refused> {
        self.inner.admits()
    }

    fn write(&self, batch: Batch) -> Pending<Result<(), WriteError>> {
        self.written.lock().extend(batch.mutations.iter().cloned());
        self.inner.write(batch)
    }

    fn read(&self, slice: Slice) -> Pending<Result<Page, ReadError>> {
        self.inner.read(slice)
    }

    fn look(&self, of: Incarnation) -> Pending<Result<Look, ReadError>> {
        self.inner.look(of)
    }

    fn fence(&self, of: Incarnation) -> Pending<Result<(), WriteError>> {
        self.inner.fence(of)
    }

    fn claim(
        &self,
        table: Table,
        key: (Bytes, Bytes),
        expected: Option<Bytes>,
        value: Bytes,
    ) -> Pending<Result<Claim, WriteError>> {
        self.inner.claim(table, key, expected, value)
    }
}

const ID: JournalId = JournalId::Session(SessionId([7; 16]));

fn proof() -> Proof {
    Proof { parts: 1, last: Seq(3), state: b"state".to_vec() }
}

/// Seals in a store that already has these rows; what was written then.
async fn sealed(before: Vec<Mutation>, record: Record) -> Vec<Mutation> {
    let folder = tempfile::tempdir().expect("a folder for the store");
    let inner = open(Options { reserve_bytes: 0, ..Options::new(folder.path()) }).expect("a new store");
    if !before.is_empty() {
        assert_eq!(inner.write(Batch { mutations: before, class: Class::Upkeep }).await, Ok(()));
    }
    let rows = Arc::new(Noting { inner, written: Mutex::default() });
    let place = lists::Place { epoch: Epoch::new(1, 1), k: 1 };
    let sealing = Sealing {
        rows: rows.clone(),
        runtime: Real::start(),
        id: ID,
        chain: vec![(Epoch::new(1, 1), Seq(3))],
        last: Seq(3),
        record,
        heads: Vec::new(),
        unlists: vec![lists::unlist(0, &ID, place, 2)],
    };
    sealing.run().await;
    std::mem::take(&mut *rows.written.lock())
}

/// The proof, byte for byte, then the journal's deletes, then the list's.
fn in_order() -> Vec<Mutation> {
    let (segments, heads) = delete_journal(&ID, Seq(3));
    let place = lists::Place { epoch: Epoch::new(1, 1), k: 1 };
    let mut order = vec![proof().put(&ID)];
    order.extend(segments);
    order.extend([heads, lists::unlist(0, &ID, place, 2)]);
    order
}

#[tokio::test]
async fn a_record_that_was_found_is_stored_again_before_anything_is_deleted() {
    // Its writer may have died when one replica had it: a reader that meets the two others would find nothing at all.
    let written = sealed(vec![proof().put(&ID)], Record::Found(Box::new(proof()))).await;
    assert_eq!(written, in_order());
}

#[tokio::test]
async fn an_owner_whose_journal_is_deleted_below_it_goes_on_from_the_record() {
    // An earlier owner had sealed it and was deposed; its deletes come now, while this one makes the record again.
    let written = sealed(vec![proof().put(&ID)], Record::New(b"other".to_vec())).await;
    assert_eq!(written, in_order());
}
