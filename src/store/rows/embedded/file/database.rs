//! Opening the redb file: what it must hold, and what an error of it means to the person who reads it.

use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};

use redb::{
    Builder, Database, DatabaseError, Durability, Error, ReadableDatabase, StorageBackend, StorageError,
    TableDefinition, WriteTransaction,
};

use crate::store::rows::embedded::OpenError;

/// All rows of all tables, as the key module lays them out.
pub(in super::super) const ROWS: TableDefinition<'_, &'static [u8], &'static [u8]> =
    TableDefinition::new("rows");
/// Facts about the file itself.
const META: TableDefinition<'_, &'static str, u32> = TableDefinition::new("meta");
/// Up to which record of the log the database holds everything.
const LOG: TableDefinition<'_, &'static str, u64> = TableDefinition::new("log");
/// The format of keys, values and log that this release writes and reads.
const FORMAT: u32 = 1;

/// Opens the bytes as a store, repairing what a kill left behind; empty bytes become a new store.
pub(in super::super) fn open(
    backend: impl StorageBackend,
    name: &str,
    cache: usize,
) -> Result<Database, OpenError> {
    // After a kill the page cache may hold commits that never reached the disk, and this process would read them as if
    // they had. A power loss would then take back what a reader was shown. So first everything is made durable, then read.
    backend.sync_data().map_err(|e| OpenError::io(std::path::Path::new(name), e))?;
    let open = || -> Result<Database, Error> {
        let database = Builder::new().set_cache_size(cache).create_with_backend(backend)?;
        prepare(&database)?;
        Ok(database)
    };
    // A page of nonsense can run into one of redb's assertions; for the caller that is one more way to be damaged.
    let database = match catch_unwind(AssertUnwindSafe(open)) {
        Ok(result) => result.map_err(|e| explain_any(name, &e))?,
        Err(_) => return Err(OpenError::damaged(name, "an assertion failed while the file was read")),
    };
    match format(&database).map_err(|e| explain_any(name, &e))? {
        Some(FORMAT) => Ok(database),
        other => Err(OpenError::Format { name: name.to_owned(), found: other.unwrap_or(0), known: FORMAT }),
    }
}

fn prepare(database: &Database) -> Result<(), Error> {
    if format(database)?.is_some() {
        return Ok(());
    }
    let mut txn = database.begin_write()?;
    txn.set_quick_repair(true);
    txn.open_table(ROWS)?;
    txn.open_table(LOG)?.insert("applied", 0)?;
    txn.open_table(META)?.insert("format", FORMAT)?;
    txn.commit()?;
    Ok(())
}

fn format(database: &Database) -> Result<Option<u32>, Error> {
    let txn = database.begin_read()?;
    let meta = match txn.open_table(META) {
        Ok(meta) => meta,
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
        Err(e) => return Err(e.into()),
    };
    Ok(meta.get("format")?.map(|value| value.value()))
}

/// The last record of the log whose changes are in the database for certain.
pub(in super::super) fn applied(database: &Database) -> Result<u64, Error> {
    let log = database.begin_read()?.open_table(LOG)?;
    let applied = log.get("applied")?.map(|value| value.value());
    applied.ok_or_else(|| Error::Corrupted("the database does not say what it holds of its log".into()))
}

/// Makes a transaction durable together with everything before it, and ready for a quick start after a kill.
pub(in super::super) fn checkpoint(mut txn: WriteTransaction, applied: u64) -> Result<(), Error> {
    txn.open_table(LOG)?.insert("applied", applied)?;
    txn.set_durability(Durability::Immediate)?;
    txn.set_quick_repair(true);
    txn.commit()?;
    Ok(())
}

pub(in super::super) fn explain(name: &str, error: &DatabaseError) -> OpenError {
    match error {
        DatabaseError::Storage(StorageError::Io(e)) => explain_io(name, e),
        DatabaseError::Storage(StorageError::Corrupted(text)) => OpenError::damaged(name, text),
        other => OpenError::damaged(name, &other.to_string()),
    }
}

pub(in super::super) fn explain_any(name: &str, error: &Error) -> OpenError {
    match error {
        Error::Io(e) => explain_io(name, e),
        other => OpenError::damaged(name, &other.to_string()),
    }
}

fn explain_io(name: &str, error: &std::io::Error) -> OpenError {
    match error.kind() {
        ErrorKind::InvalidData | ErrorKind::UnexpectedEof => OpenError::damaged(name, &error.to_string()),
        kind => OpenError::io(std::path::Path::new(name), std::io::Error::new(kind, error.to_string())),
    }
}
