//! Reads a log that a process left behind, however it ended. Never writes but to cut off what was torn.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use super::frame::{self, Found};
use super::segments::{self, End, Sealed, Segments, Small};
use super::{Contents, Op, OpenError};

/// What has been read so far.
#[derive(Default)]
struct Reading {
    contents: Contents,
    small: Small,
    sealed: VecDeque<Sealed>,
    last_frame: Option<u64>,
    end: Option<End>,
}

/// Opens the log in `dir`, or creates an empty one, with segments of so many bytes.
pub fn open(dir: &Path, size: u64) -> Result<(Segments, Contents), OpenError> {
    let mut files = list(dir).map_err(OpenError::io(dir))?;
    let mut reading = Reading::default();
    while let Some((segment, path)) = files.pop_front() {
        let last = files.is_empty();
        read_segment(dir, &mut reading, segment, &path, last)?;
    }
    let Some(end) = reading.end else {
        let created = Segments::create(dir, size).map_err(OpenError::io(dir))?;
        return Ok((created, Contents::default()));
    };
    check_gaps(dir, &end, &reading.contents)?;
    let opened = Segments::resume(dir, size, &end, (reading.sealed, reading.small));
    let opened = opened.map_err(OpenError::io(dir))?;
    Ok((opened, reading.contents))
}

/// All segments, oldest first.
fn list(dir: &Path) -> std::io::Result<VecDeque<(u64, PathBuf)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".wal"));
        if let Some(segment) = name.and_then(|name| name.parse().ok()) {
            found.push((segment, path));
        }
    }
    found.sort();
    Ok(found.into())
}

fn read_segment(
    dir: &Path,
    reading: &mut Reading,
    segment: u64,
    path: &Path,
    last: bool,
) -> Result<(), OpenError> {
    let bytes = std::fs::read(path).map_err(OpenError::io(path))?;
    let damaged = |at: usize, what| OpenError::Damaged {
        path: path.to_owned(),
        at: at as u64,
        what,
        dir: dir.to_owned(),
    };
    let (mut at, mut highest) = (0, 0);
    loop {
        match frame::decode(&bytes[at..], reading.last_frame) {
            Found::Frame { ops, bytes: length } => {
                reading.last_frame = Some(frame::number(&bytes[at..]));
                highest = ops.iter().map(index_of).fold(highest, u64::max);
                ops.into_iter().for_each(|op| reading.take(op));
                at += length;
            }
            Found::End | Found::Bad(_) if last && !frame::any_later(&bytes[at..], reading.before()) => break,
            Found::End if !last && at > 0 => break,
            Found::End => return Err(damaged(at, "frames are missing")),
            Found::Bad(what) => return Err(damaged(at, what)),
        }
    }
    if at == 0 {
        // The process died while it began this segment, before anything that it promised was in it.
        return std::fs::remove_file(path).map_err(OpenError::io(path));
    }
    reading.close(dir, End { segment, at: at as u64, next_frame: reading.before() + 1, highest });
    Ok(())
}

fn index_of(op: &Op) -> u64 {
    if let Op::Put { index, .. } = op { *index } else { 0 }
}

/// Entries that do not follow each other mean that a frame was lost without a trace.
fn check_gaps(dir: &Path, end: &End, contents: &Contents) -> Result<(), OpenError> {
    let purged = contents.purged.as_ref().map(|(upto, _)| *upto);
    let first = contents.entries.keys().next().copied();
    let last = contents.entries.keys().next_back().copied();
    let (Some(first), Some(last)) = (first, last) else { return Ok(()) };
    let begins = purged.map_or(first <= 1, |purged| first == purged + 1);
    if begins && last - first + 1 == contents.entries.len() as u64 {
        return Ok(());
    }
    let path = segments::path_of(dir, end.segment);
    Err(OpenError::Damaged { path, at: end.at, what: "entries are missing", dir: dir.to_owned() })
}

impl Reading {
    fn before(&self) -> u64 {
        self.last_frame.unwrap_or(0)
    }

    fn close(&mut self, dir: &Path, end: End) {
        if let Some(former) = self.end.replace(end) {
            let path = segments::path_of(dir, former.segment);
            self.sealed.push_back(Sealed { path, highest: former.highest });
        }
    }

    fn take(&mut self, op: Op) {
        self.small.note(&op);
        let contents = &mut self.contents;
        match op {
            Op::Put { index, body } => {
                contents.entries.insert(index, body);
            }
            Op::Vote(body) => contents.vote = Some(body),
            Op::Committed(body) => contents.committed = Some(body),
            Op::Truncate { from } => {
                contents.entries.split_off(&from);
            }
            Op::Purge { upto, body } => {
                contents.entries = contents.entries.split_off(&(upto + 1));
                contents.purged = Some((upto, body));
            }
        }
    }
}
