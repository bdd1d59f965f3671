//! The jobs of one commit and what becomes of each: applied in order, answered in order, after the commit.

use std::collections::VecDeque;

use bytes::Bytes;
use redb::Error;
use tokio::sync::oneshot;

use super::apply::{Budget, View};
use super::queue::Weight;
use crate::store::rows::{Batch, Claim, Class, Mutation, Refused, Table, WriteError};

/// Where the answer to a batch goes.
pub(super) type Written = oneshot::Sender<Result<(), WriteError>>;

/// Something to commit, and who waits for it.
#[derive(Debug)]
pub(super) enum Job {
    /// A batch.
    Write {
        /// What to do.
        batch: Batch,
        /// Who waits.
        reply: Written,
    },
    /// A compare and set.
    Claim {
        /// Table, partition key, clustering key.
        at: (Table, Bytes, Bytes),
        /// Expected content, new content.
        values: (Option<Bytes>, Bytes),
        /// Who waits.
        reply: oneshot::Sender<Result<Claim, WriteError>>,
    },
}

impl Job {
    pub(super) fn is_input(&self) -> bool {
        matches!(self, Self::Write { batch, .. } if batch.class == Class::Input)
    }

    pub(super) fn fail(self, error: WriteError) {
        match self {
            Self::Write { reply, .. } => drop(reply.send(Err(error))),
            Self::Claim { reply, .. } => drop(reply.send(Err(error))),
        }
    }

    pub(super) fn refuse(self, why: Refused) {
        self.fail(WriteError::Refused(why));
    }
}

/// A partition delete that is larger than one group takes.
#[derive(Debug)]
pub(super) struct Deletion {
    prefixes: VecDeque<Vec<u8>>,
    reply: Written,
}

/// What a group did, kept apart from the jobs until it is durable: a failed one is simply done again.
#[derive(Debug, Default)]
pub(super) struct Progress {
    outcomes: Vec<Outcome>,
    /// Prefixes that are gone, for each old deletion.
    gone: Vec<usize>,
}

#[derive(Debug)]
enum Outcome {
    Done,
    Unfinished(VecDeque<Vec<u8>>),
    Claim(Claim),
}

/// Everything that the next commit is about.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) jobs: Vec<Job>,
    /// Deletions that earlier commits began, oldest first.
    pub(super) deletions: VecDeque<Deletion>,
}

impl Group {
    pub(super) fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.deletions.is_empty()
    }

    /// Changes and bytes of the jobs.
    pub(super) fn weight(&self) -> Weight {
        let mut sum = Weight::default();
        for job in &self.jobs {
            let weight = match job {
                Job::Write { batch, .. } => weigh(&batch.mutations),
                Job::Claim { values, .. } => Weight { ops: 1, bytes: values.1.len() },
            };
            sum.ops += weight.ops;
            sum.bytes += weight.bytes;
        }
        sum
    }

    /// Applies everything, in order.
    pub(super) fn apply(
        &self,
        view: &mut View<'_>,
        mut budget: Budget,
        progress: &mut Progress,
    ) -> Result<(), Error> {
        progress.outcomes.clear();
        progress.gone.clear();
        for deletion in &self.deletions {
            let mut gone = 0;
            for prefix in &deletion.prefixes {
                if !view.delete_partition(prefix, &mut budget)? {
                    break;
                }
                gone += 1;
            }
            progress.gone.push(gone);
        }
        for job in &self.jobs {
            let outcome = match job {
                Job::Write { batch, .. } => write(view, batch, &mut budget)?,
                Job::Claim { at, values, .. } => {
                    let (at, values) = ((at.0, &at.1[..], &at.2[..]), (values.0.as_deref(), &values.1[..]));
                    Outcome::Claim(view.claim(at, values)?)
                }
            };
            progress.outcomes.push(outcome);
        }
        Ok(())
    }

    /// Answers everybody whose work is durable now; what is unfinished stays.
    pub(super) fn complete(&mut self, progress: &mut Progress) {
        let mut open = VecDeque::new();
        for (mut deletion, gone) in std::mem::take(&mut self.deletions).into_iter().zip(&progress.gone) {
            deletion.prefixes.drain(..gone);
            if deletion.prefixes.is_empty() {
                let _ = deletion.reply.send(Ok(()));
            } else {
                open.push_back(deletion);
            }
        }
        self.deletions = open;
        for (job, outcome) in self.jobs.drain(..).zip(progress.outcomes.drain(..)) {
            match (job, outcome) {
                (Job::Write { reply, .. }, Outcome::Unfinished(prefixes)) => {
                    self.deletions.push_back(Deletion { prefixes, reply });
                }
                (Job::Write { reply, .. }, _) => drop(reply.send(Ok(()))),
                (Job::Claim { reply, .. }, Outcome::Claim(claim)) => drop(reply.send(Ok(claim))),
                (Job::Claim { .. }, _) => unreachable!("a claim's outcome is a claim"),
            }
        }
    }

    /// Gives up: nobody knows what is stored.
    pub(super) fn fail(&mut self, why: &str) {
        for job in self.jobs.drain(..) {
            job.fail(WriteError::Unknown(why.into()));
        }
        for deletion in self.deletions.drain(..) {
            let _ = deletion.reply.send(Err(WriteError::Unknown(why.into())));
        }
    }
}

fn write(view: &mut View<'_>, batch: &Batch, budget: &mut Budget) -> Result<Outcome, Error> {
    let mut unfinished = VecDeque::new();
    for change in &batch.mutations {
        unfinished.extend(view.mutation(change, budget)?);
    }
    Ok(if unfinished.is_empty() { Outcome::Done } else { Outcome::Unfinished(unfinished) })
}

/// What a batch weighs in the queue.
pub(super) fn weigh(mutations: &[Mutation]) -> Weight {
    let bytes = |change: &Mutation| match change {
        Mutation::Put { partition, clustering, value, .. } => {
            partition.len() + clustering.len() + value.len()
        }
        Mutation::Delete { partition, clustering, .. } => partition.len() + clustering.len(),
        Mutation::DeletePartition { partition, .. } => partition.len(),
    };
    Weight { ops: mutations.len(), bytes: mutations.iter().map(bytes).sum() }
}
