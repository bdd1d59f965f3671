//! The log on a real disk: what survives a kill at any byte, what refuses to open, and that it holds what a list in memory
//! would.

mod damage;
mod model;
mod threads;

use std::path::{Path, PathBuf};

use super::segments::Segments;
use super::{Contents, Op, OpenError, recover};

/// Small enough that a test fills several.
const SIZE: u64 = 1 << 12;

fn open(dir: &Path) -> (Segments, Contents) {
    recover::open(dir, SIZE).unwrap()
}

fn put(index: u64) -> Op {
    Op::Put { index, body: vec![u8::try_from(index % 251).unwrap(); 40] }
}

/// The segments of a directory, oldest first.
fn files(dir: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = all.filter(|path| path.extension().is_some_and(|at| at == "wal")).collect();
    found.sort();
    found
}

fn copy(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for path in files(from) {
        std::fs::copy(&path, to.path().join(path.file_name().unwrap())).unwrap();
    }
    to
}

fn refusal(dir: &Path) -> OpenError {
    match recover::open(dir, SIZE) {
        Err(error) => error,
        Ok(_) => panic!("it opened"),
    }
}
