//! Who this member is: a number that is drawn with an empty directory and never again, so that a wiped disk comes back as
//! somebody new and cannot vote twice (trace F8). Never shared between directories.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::OpenError;
use super::segments::sync_dir;

const FILE: &str = "identity";
const VERSION: u8 = 1;

/// The member and the cluster that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The member's number in Raft, drawn once.
    pub member: u64,
    /// The cluster's number, drawn when its log was born; none before this member belongs to one.
    pub cluster: Option<u128>,
}

impl Identity {
    /// Reads the identity of a directory, or draws one for an empty directory.
    ///
    /// # Errors
    /// The disk failed, the file is damaged, or it is missing beside a log.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        let path = dir.join(FILE);
        match std::fs::read(&path) {
            Ok(bytes) => decode(&bytes).ok_or_else(|| damaged(&path, dir, "it is not an identity")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::draw(dir),
            Err(source) => Err(OpenError::Io { path, source }),
        }
    }

    fn draw(dir: &Path) -> Result<Self, OpenError> {
        let path = dir.join(FILE);
        let has_log = std::fs::read_dir(dir)
            .map_err(OpenError::io(dir))?
            .flatten()
            .any(|entry| entry.path().extension().is_some_and(|ending| ending == "wal"));
        if has_log {
            return Err(damaged(&path, dir, "it is missing beside a log"));
        }
        let drawn = Self { member: random_u64(), cluster: None };
        drawn.save(dir).map_err(OpenError::io(&path))?;
        Ok(drawn)
    }

    /// Makes this the directory's identity, whole or not at all.
    ///
    /// # Errors
    /// The disk failed.
    pub fn save(&self, dir: &Path) -> io::Result<()> {
        let mut bytes = postcard::to_extend(self, vec![VERSION]).map_err(io::Error::other)?;
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        replace(dir, FILE, &bytes)
    }
}

/// Replaces a small file, whole or not at all, and durably.
pub fn replace(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let fresh = dir.join(format!("{name}.new"));
    let mut file = File::create(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&fresh, dir.join(name))?;
    sync_dir(dir)
}

/// 64 random bits; never 0.
#[must_use]
pub fn random_u64() -> u64 {
    let mut bytes = [0; 8];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system's random source answers");
    u64::from_le_bytes(bytes).max(1)
}

fn decode(bytes: &[u8]) -> Option<Identity> {
    let (body, crc) = bytes.split_at_checked(bytes.len().checked_sub(4)?)?;
    if crc32fast::hash(body).to_le_bytes() != crc {
        return None;
    }
    let (version, body) = body.split_first()?;
    if *version == VERSION { postcard::from_bytes(body).ok() } else { None }
}

fn damaged(path: &Path, dir: &Path, what: &'static str) -> OpenError {
    OpenError::Damaged { path: path.to_owned(), at: 0, what, dir: dir.to_owned() }
}

/// The directory, held by this process alone until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
    dir: PathBuf,
}

impl Lock {
    /// Creates the directory if need be, and takes it.
    ///
    /// # Errors
    /// Another process has it, or the disk failed.
    pub fn take(dir: &Path) -> Result<Self, OpenError> {
        std::fs::create_dir_all(dir).map_err(OpenError::io(dir))?;
        let path = dir.join("lock");
        let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = opened.map_err(OpenError::io(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file, dir: dir.to_owned() }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse(dir.to_owned())),
            Err(TryLockError::Error(source)) => Err(OpenError::Io { path, source }),
        }
    }

    /// Which directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}
