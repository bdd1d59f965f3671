//! The one thread that writes: it takes what waits, applies it in one transaction, syncs, and then answers everybody.
//! It is the only one that opens the file again, and the only one that decides that the process must end.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use redb::{Durability, Error};

use super::apply::Budget;
use super::file::database;
use super::file::wal::Wal;
use super::group::{Group, Job, Progress};
use super::queue::{Taken, Weight};
use super::space::Space;
use super::{Opened, Shared};
use crate::limits;
use crate::store::rows::{Incarnation, Mutation, Refused, Table, fences};

const MOST: Weight = Weight { ops: limits::STORE_COMMIT_OPS, bytes: limits::STORE_COMMIT_BYTES };

/// The state of the writer thread.
#[derive(Debug)]
pub(super) struct Writer {
    shared: Arc<Shared>,
    group: Group,
    progress: Progress,
    space: Space,
    /// `None` while the files are closed.
    wal: Option<Wal>,
}

/// Whether the writer goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Next,
    Stop,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the writer thread is outside every simulation, as the file is"
)]
fn now() -> Instant {
    Instant::now()
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, wal: Wal) -> Self {
        let space = Space::new(shared.options.reserve_bytes);
        Self { shared, group: Group::default(), progress: Progress::default(), space, wal: Some(wal) }
    }

    /// Works until the queue is closed and empty, or the store failed for good.
    pub(super) fn run(mut self) {
        while self.step() == Step::Next {}
        // Whoever still comes is told at once, and a clean end is written while the database is dropped.
        self.shared.writes.close();
        self.group.fail("the store ended");
        for job in self.shared.writes.extract(|_| true) {
            job.refuse(Refused::Closing);
        }
        drop(self.shared.database.write().take());
    }

    /// One group: taken, made durable, answered.
    pub(super) fn step(&mut self) -> Step {
        let taken = self.shared.writes.take(MOST, self.patience());
        let closed = matches!(taken, Taken::Closed);
        if let Taken::Some(jobs) = taken {
            self.group.jobs = jobs;
        }
        self.refresh_space();
        if self.shared.file_is_sick() && self.reopen() == Step::Stop {
            return Step::Stop;
        }
        if self.group.is_empty() {
            return if closed { Step::Stop } else { Step::Next };
        }
        self.commit_until_stored()
    }

    /// While deletions go on there is always work; while input is refused somebody must see that space came back.
    fn patience(&self) -> Option<Duration> {
        if !self.group.deletions.is_empty() {
            Some(Duration::ZERO)
        } else if self.shared.stats.full() {
            Some(Duration::from_millis(limits::STORE_SPACE_CHECK_MS))
        } else {
            None
        }
    }

    fn refresh_space(&mut self) {
        self.space.refresh(&*self.shared.place, &self.shared.stats, now());
        self.shared.stats.queue_depth.store(self.shared.writes.depth() as u64, Ordering::Relaxed);
        if self.shared.stats.full() {
            let (refused, kept) = std::mem::take(&mut self.group.jobs).into_iter().partition(Job::is_input);
            self.group.jobs = kept;
            self.refuse(refused);
        }
    }

    fn refuse(&self, jobs: Vec<Job>) {
        self.shared.stats.refused_full.fetch_add(jobs.len() as u64, Ordering::Relaxed);
        for job in jobs {
            job.refuse(Refused::Full);
        }
    }

    fn commit_until_stored(&mut self) -> Step {
        let mut again = false;
        loop {
            let began = now();
            let Err(error) = self.commit(again) else {
                self.stored(began);
                return Step::Next;
            };
            if !matches!(error, Error::Io(_) | Error::PreviousIo | Error::DatabaseClosed) {
                // Another try would end as this one did.
                (self.shared.options.die)(&format!(
                    "{} is damaged: {error}. Restore a backup; the file is kept as it is.",
                    self.shared.place.name()
                ));
                return Step::Stop;
            }
            tracing::error!(error = %error, "store.write failed; it is repeated until it succeeds");
            self.hold_off_input();
            if self.reopen() == Step::Stop {
                return Step::Stop;
            }
            again = true;
        }
    }

    /// Durable either by the log or, at the end of its lap, by a checkpoint of the database. The database shows the
    /// changes only afterwards, so no reader sees what a power cut could still take.
    fn commit(&mut self, again: bool) -> Result<(), Error> {
        let guard = self.shared.database.read();
        let (Some(database), Some(wal)) = (guard.as_ref(), &mut self.wal) else {
            return Err(Error::DatabaseClosed);
        };
        let mut txn = database.begin_write()?;
        txn.set_durability(Durability::None)?;
        {
            let mut rows = txn.open_table(database::ROWS)?;
            let budget = Budget(limits::STORE_DELETE_ROWS_PER_COMMIT);
            self.group.apply(&mut rows, budget, again, &mut self.progress)?;
        }
        let payload = &self.progress.scratch.payload;
        if wal.fits(payload.len()) {
            wal.append(payload)?;
            txn.commit()?;
        } else {
            let began = now();
            database::checkpoint(txn, wal.checkpoint_number())?;
            wal.begin_lap();
            self.shared.stats.checkpointed(now() - began);
        }
        Ok(())
    }

    fn stored(&mut self, began: Instant) {
        let weight = self.group.weight();
        self.shared.stats.committed(weight.ops as u64, weight.bytes as u64, now() - began);
        self.note_fences();
        self.group.complete(&mut self.progress);
    }

    /// A look is answered from memory, so a fence is there before its writer hears that it is stored.
    fn note_fences(&self) {
        for job in &self.group.jobs {
            let Job::Write { batch, .. } = job else { continue };
            for fence in batch.mutations.iter().filter_map(fence) {
                self.shared.fences.write().insert(fence);
            }
        }
    }

    /// While the file refuses writes, new input is refused at the door; what is in the group is repeated.
    fn hold_off_input(&self) {
        self.shared.stats.full.store(true, Ordering::Relaxed);
        self.refuse(self.shared.writes.extract(Job::is_input));
    }

    /// Opens the files again, since redb does nothing more with one that failed once; waits until that succeeds.
    fn reopen(&mut self) -> Step {
        let mut held = self.shared.database.write();
        drop(held.take());
        drop(held);
        self.wal = None;
        loop {
            // The pause is a wait for a close, so a store that cannot be opened can still be left.
            if self.shared.wait_for_close(Duration::from_millis(limits::STORE_RETRY_MS)) {
                self.group.fail("the store was closed while its file refused writes");
                return Step::Stop;
            }
            match self.shared.open_files() {
                Ok(opened) => return self.go_on_with(opened),
                Err(e @ (super::OpenError::Damaged { .. } | super::OpenError::Format { .. })) => {
                    (self.shared.options.die)(&e.to_string());
                    return Step::Stop;
                }
                Err(e) => tracing::error!(error = %e, "store.reopen failed; it is tried again"),
            }
        }
    }

    fn go_on_with(&mut self, opened: Opened) -> Step {
        self.shared.stats.reopened.fetch_add(1, Ordering::Relaxed);
        // In this order: a reader that fails on the new one must be heard.
        self.shared.file_is_well();
        self.wal = Some(opened.wal);
        *self.shared.database.write() = Some(opened.database);
        Step::Next
    }
}

fn fence(change: &Mutation) -> Option<Incarnation> {
    match change {
        Mutation::Put { table: Table::Fences, partition, clustering, .. } => {
            fences::parse(partition, clustering)
        }
        _ => None,
    }
}
