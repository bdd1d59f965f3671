//! A store through which writes, fences and looks go another way than they should: the switch by which a rule is removed under the
//! product's own parts. Everything else goes straight on. Never keeps anything.

use std::sync::Arc;

use bytes::Bytes;
use holdfast::store::rows::{
    Batch, Claim, Incarnation, Look, Page, Pending, ReadError, Refused, Rows, Slice, Table, WriteError,
};

/// What becomes of a write.
type Writing = Box<dyn Fn(&Arc<dyn Rows>, Batch) -> Pending<Result<(), WriteError>> + Send + Sync>;

/// A store behind a switch.
pub struct Through {
    rows: Arc<dyn Rows>,
    writing: Writing,
    fenced: Option<Result<(), WriteError>>,
    looked: Option<Look>,
}

impl Through {
    /// Writes go as this says.
    pub fn writing(
        rows: Arc<dyn Rows>,
        writing: impl Fn(&Arc<dyn Rows>, Batch) -> Pending<Result<(), WriteError>> + Send + Sync + 'static,
    ) -> Self {
        Self { writing: Box::new(writing), ..Self::straight(rows) }
    }

    /// Fences are not written, and this is the answer.
    pub fn unfenced(rows: Arc<dyn Rows>, answer: Result<(), WriteError>) -> Self {
        Self { fenced: Some(answer), ..Self::straight(rows) }
    }

    /// Nobody looks, and every look is clean.
    pub fn blind(rows: Arc<dyn Rows>) -> Self {
        Self { looked: Some(Look::Clean), ..Self::straight(rows) }
    }

    fn straight(rows: Arc<dyn Rows>) -> Self {
        Self { rows, writing: Box::new(|rows, batch| rows.write(batch)), fenced: None, looked: None }
    }
}

impl Rows for Through {
    fn admits(&self) -> Option<Refused> {
        self.rows.admits()
    }

    fn write(&self, batch: Batch) -> Pending<Result<(), WriteError>> {
        (self.writing)(&self.rows, batch)
    }

    fn read(&self, slice: Slice) -> Pending<Result<Page, ReadError>> {
        self.rows.read(slice)
    }

    fn look(&self, of: Incarnation) -> Pending<Result<Look, ReadError>> {
        match self.looked {
            Some(answer) => Box::pin(async move { Ok(answer) }),
            None => self.rows.look(of),
        }
    }

    fn fence(&self, of: Incarnation) -> Pending<Result<(), WriteError>> {
        match self.fenced.clone() {
            Some(answer) => Box::pin(async { answer }),
            None => self.rows.fence(of),
        }
    }

    fn claim(
        &self,
        table: Table,
        key: (Bytes, Bytes),
        expected: Option<Bytes>,
        value: Bytes,
    ) -> Pending<Result<Claim, WriteError>> {
        self.rows.claim(table, key, expected, value)
    }
}
