//! The directory of a store: `lock`, `store.redb`, `store.log`. It takes the lock, makes new files, and finds old ones.
//! It never overwrites what it did not make, and never reads a row.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use redb::StorageBackend;
use redb::backends::FileBackend;

use super::{Place, database};
use crate::limits;
use crate::store::rows::embedded::OpenError;

/// A directory that belongs to one process.
#[derive(Debug)]
pub(in super::super) struct Directory {
    path: PathBuf,
    /// Held for as long as the store is open; the system lets go of it when the process ends, however it ends.
    _lock: File,
}

impl Directory {
    pub(in super::super) fn take(path: &Path) -> Result<Self, OpenError> {
        std::fs::create_dir_all(path).map_err(|e| OpenError::io(path, e))?;
        let lock = take_lock(path)?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    fn store(&self) -> PathBuf {
        self.path.join("store.redb")
    }

    fn log_path(&self) -> PathBuf {
        self.path.join("store.log")
    }

    /// The database gets its name last and when it is complete. So an empty `store.redb` is never taken for a new store,
    /// and one without its log is never taken for a whole one.
    fn create(&self) -> Result<(), OpenError> {
        self.create_log().map_err(|e| OpenError::io(&self.log_path(), e))?;
        let draft = self.path.join("store.redb.new");
        let failed = |e| OpenError::io(&draft, e);
        let file = new_file(&draft).map_err(failed)?;
        let copy = file.try_clone().map_err(failed)?;
        let closed = database::open(backend(copy, &draft)?, &self.name(), 1 << 20)?.close();
        closed.map_err(|e| database::explain(&self.name(), &e))?;
        file.sync_all().map_err(failed)?;
        std::fs::rename(&draft, self.store()).map_err(failed)?;
        self.sync().map_err(failed)
    }

    /// Written full of zeros, so that no later write to it has to find space or to change the file's size.
    fn create_log(&self) -> io::Result<()> {
        let mut file = new_file(&self.log_path())?;
        for _ in 0..limits::STORE_LOG_BYTES >> 20 {
            file.write_all(&vec![0; 1 << 20])?;
        }
        file.sync_all()
    }

    /// Makes the names durable: those in the directory, and the directory's own.
    fn sync(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()?;
        let own = self.path.canonicalize()?;
        own.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
    }
}

/// Opens a file that must be there with something in it.
fn existing(path: &Path) -> Result<Box<FileBackend>, OpenError> {
    let failed = |e| OpenError::io(path, e);
    let name = path.display().to_string();
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            return Err(OpenError::damaged(&name, "the file is missing"));
        }
        Err(e) => return Err(failed(e)),
    };
    if file.metadata().map_err(failed)?.len() == 0 {
        return Err(OpenError::damaged(&name, "the file is empty"));
    }
    backend(file, path).map(Box::new)
}

/// What people said to each other lies in these files, so nobody but the owner reads them.
fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(true).mode(0o600).open(path)
}

fn backend(file: File, path: &Path) -> Result<FileBackend, OpenError> {
    FileBackend::new(file).map_err(|e| database::explain(&path.display().to_string(), &e))
}

impl Place for Directory {
    fn database(&self) -> Result<Box<dyn StorageBackend>, OpenError> {
        let path = self.store();
        if !path.try_exists().map_err(|e| OpenError::io(&path, e))? {
            self.create()?;
        }
        Ok(existing(&path)?)
    }

    fn log(&self) -> Result<Box<dyn StorageBackend>, OpenError> {
        Ok(existing(&self.log_path())?)
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let found = rustix::fs::statvfs(&self.path)?;
        Ok(found.f_bavail.saturating_mul(found.f_frsize))
    }

    fn name(&self) -> String {
        self.store().display().to_string()
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
