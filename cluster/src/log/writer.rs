//! The one thread that writes: it takes what has gathered while it wrote, and makes all of that durable at once. Never
//! writes again after an error, because nobody knows what a failed sync has left.

use std::io;
use std::sync::mpsc::Receiver;

use super::Op;
use super::segments::Segments;
use crate::limits;

/// Changes, and whom to tell when they are durable.
pub struct Job {
    /// In this order.
    pub ops: Vec<Op>,
    /// Called once, from the writer's thread.
    pub done: Box<dyn FnOnce(io::Result<()>) + Send>,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").field("ops", &self.ops.len()).finish_non_exhaustive()
    }
}

/// Writes until nobody can hand over any more.
pub fn run(inbox: &Receiver<Job>, mut segments: Segments) {
    let mut broken: Option<io::Error> = None;
    while let Ok(first) = inbox.recv() {
        let (ops, waiting) = gather(first, inbox);
        if broken.is_none() {
            broken = segments.commit(&ops).err();
        }
        for done in waiting {
            done(
                broken.as_ref().map_or(Ok(()), |error| Err(io::Error::new(error.kind(), error.to_string()))),
            );
        }
    }
}

type Waiting = Vec<Box<dyn FnOnce(io::Result<()>) + Send>>;

/// What has gathered, up to a bound.
fn gather(first: Job, inbox: &Receiver<Job>) -> (Vec<Op>, Waiting) {
    let (mut ops, mut waiting) = (first.ops, vec![first.done]);
    while ops.len() < limits::WAL_GROUP {
        let Ok(job) = inbox.try_recv() else { break };
        ops.extend(job.ops);
        waiting.push(job.done);
    }
    (ops, waiting)
}
