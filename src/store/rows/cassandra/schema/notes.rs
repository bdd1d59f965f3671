//! The runner's notes and its lease: one partition of one table, changed by lightweight transactions only, so that a note
//! of a runner which lost the lease is refused by the server. Never runs a step.

use scylla::client::session::Session;
use scylla::errors::{DbError, ExecutionError, RequestAttemptError};
use scylla::statement::{Consistency, SerialConsistency, Statement};
use scylla::value::{CqlValue, Row};
use uuid::Uuid;

use super::standing::{Note, Notes};
use super::{SchemaError, asked, steps};

/// Who is at work, and for how long that holds without a sign of life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The run.
    pub run: Uuid,
    /// For people: host and process.
    pub owner: String,
    /// Until it ends by itself.
    pub seconds: u32,
}

/// What is noted in a keyspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// By step.
    pub notes: Notes,
    /// Who is at work.
    pub lease: Option<Lease>,
}

/// The notes of a keyspace.
pub struct Book<'a> {
    session: &'a Session,
    keyspace: String,
    table: String,
}

type Read = (
    Option<i32>,
    Option<Uuid>,
    Option<String>,
    Option<i32>,
    Option<String>,
    Option<i32>,
    Option<i32>,
    Option<String>,
    Option<i32>,
    Option<String>,
    Option<String>,
    Option<i64>,
);

/// Whether a server says that it has no such table or keyspace.
fn unknown_table(error: &ExecutionError) -> bool {
    matches!(error, ExecutionError::LastAttemptError(RequestAttemptError::DbError(DbError::Invalid, _)))
}

const COLUMNS: &str =
    "step, run, owner, TTL(run), name, statements, total, digest, needs, release, applied_by, applied_at";

impl<'a> Book<'a> {
    /// The notes of this keyspace.
    #[must_use]
    pub fn of(session: &'a Session, keyspace: &str) -> Self {
        Self { session, keyspace: keyspace.to_owned(), table: format!("{keyspace}.schema_steps") }
    }

    /// Makes the table if it is not there.
    pub async fn make(&self) -> Result<(), SchemaError> {
        for statement in steps::statements(steps::NOTES) {
            let named = steps::named(&statement, &self.keyspace);
            asked("make the notes", self.session.query_unpaged(named, ()).await)?;
        }
        asked("agree on the schema", self.session.await_schema_agreement().await)?;
        Ok(())
    }

    /// Whether the table is there.
    pub async fn exists(&self) -> Result<bool, SchemaError> {
        let query = "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ? AND table_name = 'schema_steps'";
        let found = asked("read the tables", self.session.query_unpaged(query, (&self.keyspace,)).await)?;
        let found = asked("read the tables", found.into_rows_result())?;
        Ok(found.rows_num() > 0)
    }

    /// Everything noted; nothing where the table is missing.
    pub async fn read(&self) -> Result<State, SchemaError> {
        if !self.exists().await? {
            return Ok(State::default());
        }
        let mut query = Statement::new(format!("SELECT {COLUMNS} FROM {} WHERE id = 'steps'", self.table));
        query.set_consistency(Consistency::LocalSerial);
        query.set_is_idempotent(true);
        let mut found = self.session.query_unpaged(query.clone(), ()).await;
        if found.as_ref().is_err_and(unknown_table) {
            // One server knows the table, and the next one that was asked has not heard of it yet.
            asked("agree on the schema", self.session.await_schema_agreement().await)?;
            found = self.session.query_unpaged(query, ()).await;
        }
        let found = asked("read the notes", found)?;
        let found = asked("read the notes", found.into_rows_result())?;
        let mut state = State::default();
        for row in asked("read the notes", found.rows::<Read>())? {
            state.add(asked("read the notes", row)?);
        }
        Ok(state)
    }

    /// Takes the lease if nobody has it; it ends by itself.
    pub async fn take(&self, lease: &Lease) -> Result<bool, SchemaError> {
        let seconds = ttl(lease.seconds);
        let query = format!(
            "UPDATE {} USING TTL ? SET run = ?, owner = ? WHERE id = 'steps' IF run = null",
            self.table
        );
        self.decide(query, (seconds, lease.run, lease.owner.as_str())).await
    }

    /// Holds on to it; `false` when somebody else has it.
    pub async fn keep(&self, lease: &Lease) -> Result<bool, SchemaError> {
        let seconds = ttl(lease.seconds);
        let query =
            format!("UPDATE {} USING TTL ? SET run = ?, owner = ? WHERE id = 'steps' IF run = ?", self.table);
        self.decide(query, (seconds, lease.run, lease.owner.as_str(), lease.run)).await
    }

    /// Gives it back.
    pub async fn give_back(&self, lease: &Lease) -> Result<bool, SchemaError> {
        let query = format!("DELETE run, owner FROM {} WHERE id = 'steps' IF run = ?", self.table);
        self.decide(query, (lease.run,)).await
    }

    /// Notes how far a step is; `false` when the lease is somebody else's.
    pub async fn note(&self, lease: &Lease, step: u32, note: &Note) -> Result<bool, SchemaError> {
        let query = format!(
            "UPDATE {} SET name = ?, statements = ?, total = ?, digest = ?, needs = ?, release = ?, applied_by = ?, \
             applied_at = ? WHERE id = 'steps' AND step = ? IF run = ?",
            self.table
        );
        let values = (
            note.name.as_str(),
            int(note.statements),
            int(note.of),
            note.digest.as_str(),
            int(note.needs),
            note.release.as_str(),
            note.by.as_str(),
            i64::try_from(note.at).unwrap_or(i64::MAX),
            int(step),
            lease.run,
        );
        self.decide(query, values).await
    }

    /// One lightweight transaction. Each of ours may be asked again after an unknown outcome: it names this run.
    async fn decide(
        &self,
        query: String,
        values: impl scylla::serialize::row::SerializeRow,
    ) -> Result<bool, SchemaError> {
        let mut statement = Statement::new(query);
        statement.set_consistency(Consistency::LocalQuorum);
        statement.set_serial_consistency(Some(SerialConsistency::LocalSerial));
        let found = asked("write the notes", self.session.query_unpaged(statement, values).await)?;
        let found = asked("write the notes", found.into_rows_result())?;
        // Applied or not, the first column says so; what else is there depends on it.
        let row = asked("write the notes", found.first_row::<Row>())?;
        Ok(matches!(row.columns.first(), Some(Some(CqlValue::Boolean(true)))))
    }
}

impl State {
    fn add(&mut self, row: Read) {
        let (step, run, owner, seconds, name, statements, total, digest, needs, release, by, at) = row;
        if let Some(run) = run {
            let (owner, seconds) = (owner.unwrap_or_default(), count(seconds));
            self.lease = Some(Lease { run, owner, seconds });
        }
        let Some(step) = step else { return };
        let note = Note {
            name: name.unwrap_or_default(),
            statements: count(statements),
            of: count(total),
            digest: digest.unwrap_or_default(),
            needs: count(needs),
            release: release.unwrap_or_default(),
            by: by.unwrap_or_default(),
            at: at.and_then(|at| u64::try_from(at).ok()).unwrap_or(0),
        };
        self.notes.insert(count(Some(step)), note);
    }
}

fn count(number: Option<i32>) -> u32 {
    number.and_then(|number| u32::try_from(number).ok()).unwrap_or(0)
}

fn int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// A lease of no seconds would never end.
fn ttl(seconds: u32) -> i32 {
    int(seconds.max(1))
}
