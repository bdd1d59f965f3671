//! The files of the log: one that is written, older ones that wait to be unlinked. Never decides what is torn.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::{Op, frame};

/// All segments of an open log.
#[derive(Debug)]
pub struct Segments {
    dir: PathBuf,
    /// How many bytes a segment takes.
    size: u64,
    file: File,
    /// The place of the next frame in the file.
    at: u64,
    /// The number of the file.
    segment: u64,
    /// The number of the next frame.
    next_frame: u64,
    /// The highest index that the file holds.
    highest: u64,
    sealed: VecDeque<Sealed>,
    small: Small,
}

/// A segment that is no longer written.
#[derive(Debug)]
pub struct Sealed {
    /// Where it is.
    pub path: PathBuf,
    /// The highest index that it holds.
    pub highest: u64,
}

/// What every segment repeats in its first frame, so that older ones can go.
#[derive(Clone, Debug, Default)]
pub struct Small {
    vote: Option<Op>,
    committed: Option<Op>,
    purged: Option<Op>,
}

impl Small {
    /// Remembers what of `op` the next segment must repeat.
    pub fn note(&mut self, op: &Op) {
        match op {
            Op::Vote(_) => self.vote = Some(op.clone()),
            Op::Committed(_) => self.committed = Some(op.clone()),
            Op::Purge { .. } => self.purged = Some(op.clone()),
            Op::Put { .. } | Op::Truncate { .. } => {}
        }
    }

    fn ops(&self) -> Vec<Op> {
        [&self.vote, &self.committed, &self.purged].into_iter().flatten().cloned().collect()
    }
}

/// Where the last frame of a log ended.
#[derive(Debug)]
pub struct End {
    /// The number of the segment.
    pub segment: u64,
    /// The place behind the frame.
    pub at: u64,
    /// The number of the next frame.
    pub next_frame: u64,
    /// The highest index that the segment holds.
    pub highest: u64,
}

/// The name of a segment.
pub fn path_of(dir: &Path, segment: u64) -> PathBuf {
    dir.join(format!("{segment:020}.wal"))
}

/// Makes created and unlinked names durable.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

impl Segments {
    /// A log that has none yet.
    pub fn create(dir: &Path, size: u64) -> io::Result<Self> {
        let small = Small::default();
        let (file, at) = begin(dir, size, First { segment: 1, frame: 1 }, &small)?;
        let (sealed, dir) = (VecDeque::new(), dir.to_owned());
        Ok(Self { dir, size, file, at, segment: 1, next_frame: 2, highest: 0, sealed, small })
    }

    /// Goes on behind the last frame. What stands there was torn: it is zeroed, and everything that was read is made
    /// durable before anybody acts on it, because a killed process may have left it in the page cache only.
    pub fn resume(
        dir: &Path,
        size: u64,
        end: &End,
        (sealed, small): (VecDeque<Sealed>, Small),
    ) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path_of(dir, end.segment))?;
        let rest = file.metadata()?.len().max(size).saturating_sub(end.at);
        file.write_all_at(&vec![0; usize::try_from(rest).map_err(io::Error::other)?], end.at)?;
        file.sync_all()?;
        sync_dir(dir)?;
        let (segment, at, next_frame, highest) = (end.segment, end.at, end.next_frame, end.highest);
        Ok(Self { dir: dir.to_owned(), size, file, at, segment, next_frame, highest, sealed, small })
    }

    /// Where the next frame goes.
    #[cfg(test)]
    pub fn place(&self) -> u64 {
        self.at
    }

    /// Writes a group as one frame and makes it durable, unless nothing of it needs to be.
    pub fn commit(&mut self, ops: &[Op]) -> io::Result<()> {
        let frame = frame::encode(self.next_frame, ops)?;
        let length = frame.len() as u64;
        if self.at + length > self.size {
            self.roll()?;
            return self.write(&frame::encode(self.next_frame, ops)?, ops);
        }
        self.write(&frame, ops)
    }

    fn write(&mut self, frame: &[u8], ops: &[Op]) -> io::Result<()> {
        self.file.write_all_at(frame, self.at)?;
        self.at += frame.len() as u64;
        self.next_frame += 1;
        for op in ops {
            self.small.note(op);
            if let Op::Put { index, .. } = op {
                self.highest = self.highest.max(*index);
            }
        }
        if ops.iter().any(|op| !matches!(op, Op::Committed(_))) {
            self.file.sync_data()?;
        }
        self.unlink_purged(ops)
    }

    /// Begins the next segment.
    fn roll(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        let segment = self.segment + 1;
        let (file, at) = begin(&self.dir, self.size, First { segment, frame: self.next_frame }, &self.small)?;
        self.sealed.push_back(Sealed { path: path_of(&self.dir, self.segment), highest: self.highest });
        (self.file, self.at, self.segment) = (file, at, segment);
        self.next_frame += 1;
        self.highest = 0;
        Ok(())
    }

    /// Unlinks the oldest segments that hold nothing but purged entries. Only ever the oldest: a newer one may say that
    /// entries of an older one are dropped.
    fn unlink_purged(&mut self, ops: &[Op]) -> io::Result<()> {
        let purged =
            ops.iter().filter_map(|op| if let Op::Purge { upto, .. } = op { Some(*upto) } else { None });
        let Some(upto) = purged.max() else { return Ok(()) };
        let mut any = false;
        while self.sealed.front().is_some_and(|oldest| oldest.highest <= upto) {
            let Some(oldest) = self.sealed.pop_front() else { break };
            std::fs::remove_file(&oldest.path)?;
            any = true;
        }
        if any { sync_dir(&self.dir) } else { Ok(()) }
    }
}

/// What a new segment begins with.
struct First {
    segment: u64,
    frame: u64,
}

/// Creates a segment of zeros, so that writing frames later changes no length, with its first frame.
fn begin(dir: &Path, size: u64, first: First, small: &Small) -> io::Result<(File, u64)> {
    let path = path_of(dir, first.segment);
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
    let zeros = usize::try_from(size).map_err(io::Error::other)?;
    file.write_all_at(&vec![0; zeros], 0)?;
    let frame = frame::encode(first.frame, &small.ops())?;
    file.write_all_at(&frame, 0)?;
    file.sync_all()?;
    sync_dir(dir)?;
    Ok((file, frame.len() as u64))
}
