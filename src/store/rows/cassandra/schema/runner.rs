//! The runner: takes the lease, does what is missing one statement at a time, notes each one, and gives the lease back.
//! A run that is killed anywhere leaves notes from which the next one goes on. Every statement may be done twice.

use std::sync::Arc;
use std::time::Duration;

use scylla::client::session::Session;
use scylla::statement::Statement;
use uuid::Uuid;

use super::notes::{Book, Lease};
use super::standing::{self, Note, Standing};
use super::steps::{STEPS, Step, headline};
use super::{Replication, SchemaError, asked, keyspace, steps};
use crate::limits;
use crate::runtime::Runtime;

/// What a run is to do.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Where.
    pub keyspace: String,
    /// How the keyspace is replicated if it has to be made.
    pub replication: Option<Replication>,
    /// Who runs, for people: host and process.
    pub owner: String,
    /// The release that runs.
    pub release: String,
    /// How long the lease holds without a sign of life, seconds.
    pub lease: u32,
    /// How long somebody else's lease is waited for.
    pub patience: Duration,
    /// The steps; those of this binary but in tests.
    pub steps: Vec<Step>,
    /// Ends as a killed run would after so many statements; only for tests.
    pub statements_at_most: Option<usize>,
}

impl Wish {
    /// What `holdfast schema apply` wishes for.
    #[must_use]
    pub fn new(keyspace: &str, replication: Option<Replication>, owner: &str) -> Self {
        Self {
            keyspace: keyspace.to_owned(),
            replication,
            owner: owner.to_owned(),
            release: env!("CARGO_PKG_VERSION").to_owned(),
            lease: limits::SCHEMA_LEASE_SECONDS,
            patience: limits::SCHEMA_PATIENCE,
            steps: STEPS.to_vec(),
            statements_at_most: None,
        }
    }
}

/// What a run is doing, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The keyspace was made.
    Made(String),
    /// Somebody else is at work.
    Waits {
        /// Who.
        owner: String,
        /// Until their lease ends by itself.
        seconds: u32,
    },
    /// A statement is done and noted.
    Did {
        /// Step and its name.
        step: (u32, &'static str),
        /// Place among the step's statements, from 1, and their number.
        place: (usize, usize),
        /// Its first words.
        statement: String,
    },
}

/// One run.
pub struct Runner<'a> {
    session: &'a Session,
    runtime: Arc<dyn Runtime>,
    wish: Wish,
    book: Book<'a>,
    lease: Lease,
    did: usize,
}

impl<'a> Runner<'a> {
    /// A run that has not begun.
    #[must_use]
    pub fn new(session: &'a Session, runtime: Arc<dyn Runtime>, wish: Wish) -> Self {
        let book = Book::of(session, &wish.keyspace);
        let run = Uuid::from_u128(runtime.random());
        let lease = Lease { run, owner: wish.owner.clone(), seconds: wish.lease };
        Self { session, runtime, wish, book, lease, did: 0 }
    }

    /// Does what is missing; answers how many statements that took.
    ///
    /// # Errors
    /// See [`SchemaError`]. What was done before is noted, and the next run goes on behind it.
    pub async fn run(mut self, say: &mut (dyn FnMut(Progress) + Send)) -> Result<usize, SchemaError> {
        self.make_keyspace(say).await?;
        // Looked at before anything is written: a later release's keyspace is left as it is.
        self.known(&self.book.read().await?.notes)?;
        self.book.make().await?;
        self.take(say).await?;
        let done = self.steps(say).await;
        if !matches!(done, Err(SchemaError::Stopped(_))) {
            // Whoever comes next need not wait for its end.
            self.book.give_back(&self.lease).await?;
        }
        done.map(|()| self.did)
    }

    async fn make_keyspace(&self, say: &mut (dyn FnMut(Progress) + Send)) -> Result<(), SchemaError> {
        let found = keyspace::read(self.session, &self.wish.keyspace).await?;
        let make = keyspace::decide(&self.wish.keyspace, found.as_ref(), self.wish.replication.as_ref())?;
        if let Some(statement) = make {
            self.change(statement).await?;
            say(Progress::Made(self.wish.keyspace.clone()));
        }
        Ok(())
    }

    /// Refuses what a later or another release has done.
    fn known(&self, notes: &standing::Notes) -> Result<(), SchemaError> {
        match standing::standing(notes, &self.wish.steps) {
            Standing::Current { .. } | Standing::Missing { .. } => Ok(()),
            other => Err(SchemaError::Standing(other)),
        }
    }

    async fn take(&self, say: &mut (dyn FnMut(Progress) + Send)) -> Result<(), SchemaError> {
        let mut waited = Duration::ZERO;
        let pause = Duration::from_millis(limits::SCHEMA_PAUSE_MS);
        let mut told = None;
        loop {
            if self.book.take(&self.lease).await? || self.book.keep(&self.lease).await? {
                return Ok(());
            }
            let Some(other) = self.book.read().await?.lease else { continue };
            if told.as_ref() != Some(&other.run) {
                say(Progress::Waits { owner: other.owner.clone(), seconds: other.seconds });
                told = Some(other.run);
            }
            if waited >= self.wish.patience {
                return Err(SchemaError::Busy(other.owner));
            }
            self.runtime.sleep(pause).await;
            waited += pause;
        }
    }

    async fn steps(&mut self, say: &mut (dyn FnMut(Progress) + Send)) -> Result<(), SchemaError> {
        loop {
            // Read again each time: whoever had the lease before may have come further than this run saw.
            let notes = self.book.read().await?.notes;
            self.known(&notes)?;
            let steps = self.wish.steps.clone();
            let Some((step, place)) = standing::next(&notes, &steps) else { return Ok(()) };
            self.statement(step, place).await?;
            let statements = step.statements();
            say(Progress::Did {
                step: (step.number, step.name),
                place: (place + 1, statements.len()),
                statement: statements.get(place).map(|text| headline(text)).unwrap_or_default(),
            });
        }
    }

    async fn statement(&mut self, step: &Step, place: usize) -> Result<(), SchemaError> {
        let statements = step.statements();
        let text =
            statements.get(place).map(|text| steps::named(text, &self.wish.keyspace)).unwrap_or_default();
        self.holds(self.book.keep(&self.lease).await?).await?;
        self.change(text).await?;
        self.did += 1;
        if self.wish.statements_at_most.is_some_and(|most| self.did > most) {
            return Err(SchemaError::Stopped(self.did - 1));
        }
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let note = Note {
            name: step.name.to_owned(),
            statements: count(place + 1),
            of: count(statements.len()),
            digest: step.digest(),
            needs: step.needs(),
            release: self.wish.release.clone(),
            by: self.wish.owner.clone(),
            at: self.runtime.now().0,
        };
        self.holds(self.book.note(&self.lease, step.number, &note).await?).await
    }

    /// Names whoever has the lease now, if it is not this run.
    async fn holds(&self, held: bool) -> Result<(), SchemaError> {
        if held {
            return Ok(());
        }
        let other = self.book.read().await?.lease;
        Err(SchemaError::Lost(other.map_or_else(|| "it has ended since".to_owned(), |lease| lease.owner)))
    }

    /// One statement that changes the schema, until all reachable servers agree on it.
    async fn change(&self, text: String) -> Result<(), SchemaError> {
        let mut statement = Statement::new(text);
        statement.set_is_idempotent(true);
        statement.set_request_timeout(Some(limits::SCHEMA_STATEMENT));
        asked("change the schema", self.session.query_unpaged(statement, ()).await)?;
        asked("agree on the schema", self.session.await_schema_agreement().await)?;
        Ok(())
    }
}
