//! The one thread that answers writes: it takes what waits, decides what that changes, makes it durable in the log with one
//! sync, shows it to readers, and then answers everybody. It never writes to the database; the flusher does.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use redb::Error;

use super::apply::{Budget, View};
use super::file::space::Space;
use super::file::wal::{Fit, Wal};
use super::group::{Group, Job, Progress};
use super::memory::{Changes, Frozen};
use super::queue::{Taken, Weight};
use super::{Shared, now};
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
    wal: Wal,
}

/// Whether the writer goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Next,
    Stop,
}

/// The store failed for good or was closed during an outage.
struct Ended;

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, wal: Wal) -> Self {
        let space = Space::new(shared.options.reserve_bytes);
        Self { shared, group: Group::default(), progress: Progress::default(), space, wal }
    }

    /// Works until the queue is closed and empty, or the store failed for good.
    pub(super) fn run(mut self) {
        while self.step() == Step::Next {}
        // Whoever still comes is told at once.
        self.shared.writes.close();
        self.group.fail("the store ended");
        for job in self.shared.writes.extract(|_| true) {
            job.refuse(Refused::Closing);
        }
    }

    /// One group: taken, made durable, answered.
    pub(super) fn step(&mut self) -> Step {
        let taken = self.shared.writes.take(MOST, self.patience());
        let closed = matches!(taken, Taken::Closed);
        if let Taken::Some(jobs) = taken {
            self.group.jobs = jobs;
        }
        self.refresh_space();
        if self.group.is_empty() {
            return if closed { Step::Stop } else { Step::Next };
        }
        let began = now();
        match self.store() {
            Ok(()) => {
                self.answer(began);
                Step::Next
            }
            Err(Ended) => {
                self.group.fail("the store ended");
                Step::Stop
            }
        }
    }

    /// While deletions go on there is always work; while input is refused somebody must see that space came back.
    fn patience(&self) -> Option<Duration> {
        if !self.group.deletions.is_empty() {
            Some(Duration::ZERO)
        } else if self.shared.stats.full.load(Ordering::Relaxed) {
            Some(Duration::from_millis(limits::STORE_SPACE_CHECK_MS))
        } else {
            None
        }
    }

    fn refresh_space(&mut self) {
        self.space.refresh(&*self.shared.place, &self.shared.stats, now());
        self.shared.stats.queue_depth.store(self.shared.writes.depth() as u64, Ordering::Relaxed);
        if self.shared.stats.refuses_input() {
            let (refused, kept) = std::mem::take(&mut self.group.jobs).into_iter().partition(Job::is_input);
            self.group.jobs = kept;
            self.shared.refuse(refused);
        }
    }

    /// Readers see the changes only when they are durable, so no reader sees what a power cut could still take.
    fn store(&mut self) -> Result<(), Ended> {
        let changes = self.decide()?;
        if changes.is_empty() {
            return Ok(());
        }
        match self.wal.fits(&changes) {
            Fit::Here => {}
            Fit::NextLap => self.turn()?,
            Fit::Never => return self.store_without_log(changes),
        }
        self.append(&changes)?;
        self.shared.layers.write().active.extend(changes);
        Ok(())
    }

    fn decide(&mut self) -> Result<Changes, Ended> {
        let shared = self.shared.clone();
        let mut outage = None;
        loop {
            let error = match self.try_to_decide() {
                Ok(changes) => return Ok(changes),
                Err(error) => error,
            };
            if !shared.passes(&error) {
                return Err(Ended);
            }
            shared.look_after_database();
            outage.get_or_insert_with(|| shared.outage(&error));
            self.pause()?;
        }
    }

    fn try_to_decide(&mut self) -> Result<Changes, Error> {
        // The order of locks is the same everywhere: database, then layers.
        let database = self.shared.database.read();
        let layers = self.shared.layers.read();
        let mut view = View::new(&layers, database.as_ref());
        self.group.apply(&mut view, Budget(limits::STORE_DELETE_ROWS_PER_COMMIT), &mut self.progress)?;
        Ok(view.own)
    }

    /// A log that refuses a write is asked again with the same bytes; nothing else is known to go wrong by it.
    fn append(&mut self, changes: &Changes) -> Result<(), Ended> {
        let shared = self.shared.clone();
        let mut outage = None;
        while let Err(error) = self.wal.append(changes) {
            outage.get_or_insert_with(|| shared.outage(&error));
            self.pause()?;
        }
        Ok(())
    }

    /// Hands the finished lap to the flusher and begins the next one, when the lap before is in the database.
    fn turn(&mut self) -> Result<(), Ended> {
        self.wait_for_flusher()?;
        let mut layers = self.shared.layers.write();
        let frozen = Arc::new(Frozen { changes: std::mem::take(&mut layers.active), lap: self.wal.lap() });
        layers.flushing = Some(frozen.clone());
        drop(layers);
        self.shared.handover.put(frozen);
        self.wal.begin_lap();
        Ok(())
    }

    /// Changes that are larger than a lap become durable in the database, as a lap of which the log has nothing.
    fn store_without_log(&mut self, changes: Changes) -> Result<(), Ended> {
        self.turn()?;
        self.wait_for_flusher()?;
        self.shared.handover.put(Arc::new(Frozen { changes, lap: self.wal.lap() }));
        self.wal.begin_lap();
        self.wait_for_flusher()
    }

    fn wait_for_flusher(&self) -> Result<(), Ended> {
        #[cfg(test)]
        if self.shared.options.by_hand && !self.shared.handover.is_flushed() {
            super::flusher::step_or_close(&self.shared);
        }
        if self.shared.handover.wait_until_flushed() { Ok(()) } else { Err(Ended) }
    }

    fn pause(&self) -> Result<(), Ended> {
        let closing = self.shared.wait_for_close(Duration::from_millis(limits::STORE_RETRY_MS));
        if closing { Err(Ended) } else { Ok(()) }
    }

    fn answer(&mut self, began: Instant) {
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
}

fn fence(change: &Mutation) -> Option<Incarnation> {
    match change {
        Mutation::Put { table: Table::Fences, partition, clustering, .. } => {
            fences::parse(partition, clustering)
        }
        _ => None,
    }
}
