//! Opening the redb file: what it must hold, and what an error of it means to the person who reads it.

use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};

use redb::{
    Builder, Database, DatabaseError, Error, ReadableDatabase, StorageBackend, StorageError, TableDefinition,
};

use super::OpenError;

/// All rows of all tables, see [`super::key`].
pub(super) const ROWS: TableDefinition<'_, &'static [u8], &'static [u8]> = TableDefinition::new("rows");
/// Facts about the file itself.
const META: TableDefinition<'_, &'static str, u32> = TableDefinition::new("meta");
/// The format of keys and values that this release writes and reads.
const FORMAT: u32 = 1;

/// Opens the bytes as a store, repairing what a kill left behind; empty bytes become a new store.
pub(super) fn open(backend: impl StorageBackend, name: &str, cache: usize) -> Result<Database, OpenError> {
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

pub(super) fn explain(name: &str, error: &DatabaseError) -> OpenError {
    match error {
        DatabaseError::Storage(StorageError::Io(e)) => explain_io(name, e),
        DatabaseError::Storage(StorageError::Corrupted(text)) => OpenError::damaged(name, text),
        other => OpenError::damaged(name, &other.to_string()),
    }
}

fn explain_any(name: &str, error: &Error) -> OpenError {
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
