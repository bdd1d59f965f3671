//! Where the store's file lies: a directory of its own, or whatever a test puts in its place. It knows no rows.
//!
//! A failed sync ends the process: what the operating system dropped after it cannot be known, so nothing that this
//! process believes about the file is worth anything. The next start reads what is really there.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::StorageBackend;
use redb::backends::FileBackend;

use super::{OpenError, database};

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
    /// Opens the bytes; what is new is empty or freshly initialised.
    ///
    /// # Errors
    /// When they cannot be opened, or are not what a store left.
    fn open(&self) -> Result<Box<dyn StorageBackend>, OpenError>;

    /// Free bytes around it.
    ///
    /// # Errors
    /// When the file system does not tell.
    fn free_bytes(&self) -> io::Result<u64>;

    /// Name for messages.
    fn name(&self) -> String;
}

/// A directory that belongs to one process: `lock` and `store.redb`.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    /// Held for as long as the store is open; the system lets go of it when the process ends, however it ends.
    _lock: File,
}

impl Directory {
    pub(super) fn take(path: &Path) -> Result<Self, OpenError> {
        std::fs::create_dir_all(path).map_err(|e| OpenError::io(path, e))?;
        let lock = take_lock(path)?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    fn file(&self) -> PathBuf {
        self.path.join("store.redb")
    }

    /// A new file gets its name only when it is complete, so an empty `store.redb` is never taken for a new store.
    fn create(&self) -> Result<(), OpenError> {
        let draft = self.path.join("store.redb.new");
        let failed = |e| OpenError::io(&draft, e);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&draft);
        let file = file.map_err(failed)?;
        let copy = file.try_clone().map_err(failed)?;
        let backend = FileBackend::new(copy).map_err(|e| database::explain(&self.name(), &e))?;
        database::open(backend, &self.name(), 1 << 20)?
            .close()
            .map_err(|e| database::explain(&self.name(), &e))?;
        file.sync_all().map_err(failed)?;
        std::fs::rename(&draft, self.file()).map_err(failed)?;
        self.sync().map_err(failed)
    }

    fn sync(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }
}

impl Place for Directory {
    fn open(&self) -> Result<Box<dyn StorageBackend>, OpenError> {
        let path = self.file();
        if !path.try_exists().map_err(|e| OpenError::io(&path, e))? {
            self.create()?;
        }
        let failed = |e| OpenError::io(&path, e);
        let file = OpenOptions::new().read(true).write(true).open(&path).map_err(failed)?;
        if file.metadata().map_err(failed)?.len() == 0 {
            return Err(OpenError::damaged(&self.name(), "the file is empty"));
        }
        let backend = FileBackend::new(file).map_err(|e| database::explain(&self.name(), &e))?;
        Ok(Box::new(backend))
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let found = rustix::fs::statvfs(&self.path)?;
        Ok(found.f_bavail.saturating_mul(found.f_frsize))
    }

    fn name(&self) -> String {
        self.file().display().to_string()
    }
}

fn take_lock(path: &Path) -> Result<File, OpenError> {
    let name = path.join("lock");
    let failed = |e| OpenError::io(&name, e);
    let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&name);
    let mut file = open.map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            return Err(OpenError::Locked { dir: path.display().to_string(), pid: holder.trim().to_owned() });
        }
        Err(TryLockError::Error(e)) => return Err(failed(e)),
    }
    // The number is for people only; the lock itself is what counts.
    let write = |file: &mut File| {
        file.set_len(0)?;
        file.rewind()?;
        write!(file, "{}", std::process::id())
    };
    write(&mut file).map_err(failed)?;
    Ok(file)
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
