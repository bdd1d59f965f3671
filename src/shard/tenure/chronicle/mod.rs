//! The chronicle of a node: which takeovers and hand-overs it saw lately, how long each phase took, and how much there was
//! to take over. For people and metrics; nothing is decided by it, and it forgets all but the last few.

mod book;
mod entry;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use holdfast_cluster::ownership::{Epoch, Incarnation, Map, Shard};
use parking_lot::Mutex;

use self::book::{Book, Now};
pub use self::entry::{Entry, Phases, What};
use crate::runtime::Runtime;
use crate::store::journal;

/// The chronicle of a node.
pub struct Chronicle {
    runtime: Arc<dyn Runtime>,
    book: Mutex<Book>,
}

impl Chronicle {
    /// An empty one.
    #[must_use]
    pub fn new(runtime: Arc<dyn Runtime>) -> Arc<Self> {
        Arc::new(Self { runtime, book: Mutex::default() })
    }

    /// What was seen, oldest first.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.book.lock().entries()
    }

    /// This node found that a life is gone: the beginning of its takeover.
    pub fn found(&self, life: Incarnation) {
        self.book.lock().found(life, self.now());
    }

    /// It is alive after all, or the map knows.
    pub fn withdrawn(&self, life: Incarnation) {
        self.book.lock().withdrawn(life);
    }

    /// The map as this node sees it, in its life `me`.
    pub fn saw(&self, map: &Arc<Map>, me: Option<Incarnation>) {
        let now = self.now();
        let mut book = self.book.lock();
        book.saw(map, me, now);
        let settled = book.settled(now);
        drop(book);
        settled.iter().for_each(tell);
    }

    /// The worker of a shard begins, all fences being stored.
    pub fn fenced(&self, shard: Shard, epoch: Epoch) {
        self.book.lock().fenced(shard, epoch, self.now());
    }

    /// A worker has read its shard's active list, which names so many sessions.
    pub fn read(&self, shard: u16, epoch: journal::Epoch, sessions: usize) {
        self.book.lock().read((Shard(shard), Epoch(epoch.0)), sessions, self.now());
    }

    /// A worker has acknowledged its first change.
    pub fn acknowledged(&self, shard: u16, epoch: journal::Epoch) {
        self.book.lock().acknowledged(Shard(shard), Epoch(epoch.0), self.now());
    }

    /// Tells of what is settled by now.
    pub fn tell(&self) {
        let settled = self.book.lock().settled(self.now());
        settled.iter().for_each(tell);
    }

    fn now(&self) -> Now {
        Now { time: self.runtime.now(), ticks: Duration::from_nanos(self.runtime.ticks()) }
    }
}

/// Into the metrics, and one line into the log.
fn tell(entry: &Entry) {
    // Tenths are enough to compare phases by.
    let millis = |phase: Option<Duration>| phase.map(|since| (since.as_secs_f64() * 1e4).round() / 10.0);
    let Phases { deposed, fenced, read, acknowledged } = entry.phases;
    let (peer, incarnation, shards) = (entry.node.0.as_str(), entry.life.0, entry.shards);
    let (gained, sessions) = (entry.gained, entry.sessions);
    match entry.what {
        What::Takeover => {
            for (phase, since) in entry.phases.over() {
                crate::metrics::takeover(phase, since.as_secs_f64());
            }
            tracing::info!(
                peer,
                incarnation,
                why = entry.why.map(super::reason),
                shards,
                gained,
                sessions,
                deposed_ms = millis(deposed),
                fenced_ms = millis(fenced),
                read_ms = millis(read),
                acknowledged_ms = millis(acknowledged),
                "a node was deposed and its shards were taken over",
            );
        }
        What::HandOver => {
            if let Some(since) = acknowledged {
                crate::metrics::takeover("handed_over", since.as_secs_f64());
            }
            tracing::info!(
                peer,
                incarnation,
                gained,
                sessions,
                read_ms = millis(read),
                acknowledged_ms = millis(acknowledged),
                "shards were handed over to this node",
            );
        }
    }
}
