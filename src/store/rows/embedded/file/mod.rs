//! The store's two files, the database and the log ahead of it, and the places where they lie: a directory, or whatever
//! a test puts in its stead. It knows no rows.
//!
//! A failed sync ends the process: what the operating system dropped after it cannot be known, so nothing that this
//! process believes about the file is worth anything. The next start reads what is really there.

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use redb::StorageBackend;

use super::OpenError;

pub(super) mod database;
pub(super) mod directory;
pub(super) mod space;
pub(super) mod wal;

/// Exit code of a process whose store failed to sync, or turned out to be damaged while running.
pub const EXIT_STORE_FAILED: i32 = 70;

/// Ends the process with a message; a test puts in something gentler.
pub type Die = Arc<dyn Fn(&str) + Send + Sync>;

/// Prints the message and leaves with [`EXIT_STORE_FAILED`], without running any destructor.
#[must_use]
pub fn die() -> Die {
    Arc::new(|message| {
        let _ = writeln!(io::stderr(), "holdfast: the store failed and the process ends: {message}");
        std::process::exit(EXIT_STORE_FAILED);
    })
}

/// Something that holds the store's bytes.
pub trait Place: fmt::Debug + Send + Sync + 'static {
    /// Opens the database's bytes; what is new is empty or freshly initialised.
    ///
    /// # Errors
    /// When they cannot be opened, or are not what a store left.
    fn database(&self) -> Result<Box<dyn StorageBackend>, OpenError>;

    /// Opens the log's bytes, after the database's. Their number never changes; those of a new log are zeros.
    ///
    /// # Errors
    /// As above.
    fn log(&self) -> Result<Box<dyn StorageBackend>, OpenError>;

    /// Free bytes around it.
    ///
    /// # Errors
    /// When the file system does not tell.
    fn free_bytes(&self) -> io::Result<u64>;

    /// Name for messages.
    fn name(&self) -> String;
}

/// A backend whose failed sync ends the process.
pub(super) struct Guarded {
    pub(super) inner: Box<dyn StorageBackend>,
    pub(super) die: Die,
}

impl fmt::Debug for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Guarded").field(&self.inner).finish()
    }
}

impl StorageBackend for Guarded {
    fn len(&self) -> io::Result<u64> {
        self.inner.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.inner.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.inner.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.inner.sync_data().inspect_err(|e| (self.die)(&format!("sync failed: {e}")))
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.inner.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.inner.close()
    }
}
