//! Proposals: to the leader, wherever it is, and again until the outcome is known or the time is up. Never reports a failure
//! of which it is not sure: `Unknown` is an answer.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::Cluster;
use super::status::Counters;
use crate::limits;
use crate::ownership::{Answer, Command, Refusal};
use crate::raft::{Ask, Told, Tried};
use crate::transport::Peer;

/// Why a proposal did not do what it was meant to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProposeError {
    /// The map refused it. Nothing changed.
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
    /// It may be applied, now or later. Proposing it again is safe.
    #[error("the outcome is unknown")]
    Unknown,
    /// No leader was reached in time. Nothing was sent.
    #[error("no leader was reached; nothing was proposed")]
    NoLeader,
    /// Too many proposals of this node wait already. Nothing was sent.
    #[error("too many proposals wait; nothing was proposed")]
    Busy,
}

/// Why an ask has no outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Late {
    /// Nothing was ever sent.
    Unsent,
    /// Something was.
    Unknown,
}

impl Cluster {
    /// Proposes a command and waits until it is applied and to be seen in this node's [`Cluster::map`]. It is sent again
    /// while its outcome is unknown; a repeat adds nothing, and for a release that was applied by an earlier try it answers
    /// [`Answer::Unchanged`]: the map says who has the shard.
    ///
    /// # Errors
    /// It was refused, or its outcome is not known within `wait`, or not seen here: who has an answer may rely on the map.
    pub async fn propose(&self, command: Command, wait: Duration) -> Result<Answer, ProposeError> {
        let Ok(_place) = self.places.proposals.try_acquire() else {
            Counters::add(&self.counters.busy);
            return Err(ProposeError::Busy);
        };
        let stop = &self.core.net().stop;
        let proposing = self.propose_until(command, deadline(wait));
        let outcome = stop.run_until_cancelled(proposing).await.unwrap_or(Err(ProposeError::Unknown));
        self.counters.count(&outcome);
        outcome
    }

    async fn propose_until(&self, command: Command, until: Instant) -> Result<Answer, ProposeError> {
        match self.ask(Ask::Propose(command), until).await {
            Ok(Told::Proposed { index, reply }) => {
                self.applied(index, until).await?;
                reply.map_err(ProposeError::Refused)
            }
            Ok(_) | Err(Late::Unknown) => Err(ProposeError::Unknown),
            Err(Late::Unsent) => Err(ProposeError::NoLeader),
        }
    }

    /// Waits until this node's map stands at `index` or later.
    async fn applied(&self, index: u64, until: Instant) -> Result<(), ProposeError> {
        let mut changed = self.changed();
        match timeout_at(until, changed.wait_for(|applied| *applied >= index)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(ProposeError::Unknown),
        }
    }

    /// Asks the leader until it answers.
    pub(super) async fn ask(&self, ask: Ask, until: Instant) -> Result<Told, Late> {
        let mut sent = false;
        // Members that disagree about who leads must not send a proposal to and fro without a rest.
        let (mut hint, mut followed) = (None, 0);
        while Instant::now() < until {
            let leader = hint.take().or_else(|| self.core.leader());
            let Some((id, peer)) = leader else {
                self.pause(until).await;
                continue;
            };
            match self.ask_at(id, &peer, ask.clone(), until).await {
                Tried::Told(Told::Elsewhere(Some(other)))
                    if other.0 != id && followed < limits::LEADER_HINTS =>
                {
                    followed += 1;
                    hint = Some(other);
                }
                Tried::Told(Told::Unknown) => sent = true,
                Tried::Told(Told::Elsewhere(_)) | Tried::NotSent(_) => {}
                Tried::Told(told) => return Ok(told),
            }
            if hint.is_none() {
                followed = 0;
                self.pause(until).await;
            }
        }
        Err(if sent { Late::Unknown } else { Late::Unsent })
    }

    /// One try, given up when somebody else leads: who asks a hung leader would wait for nothing.
    async fn ask_at(&self, id: u64, peer: &Peer, ask: Ask, until: Instant) -> Tried {
        let known = self.core.leader().map_or(id, |(known, _)| known);
        let trying = async {
            if id == self.core.me() {
                return Tried::Told(self.core.here(ask).await);
            }
            self.core.there(Some(id), peer, ask).await
        };
        tokio::select! {
            tried = timeout_at(until, trying) => tried.unwrap_or(Tried::Told(Told::Unknown)),
            () = self.core.leader_other_than([id, known]) => Tried::Told(Told::Unknown),
        }
    }

    /// Until somebody else leads, a moment at most.
    async fn pause(&self, until: Instant) {
        let soon = until.min(deadline(limits::RETRY_PAUSE));
        let now = self.core.leader().map_or(0, |(id, _)| id);
        let _ = timeout_at(soon, self.core.leader_other_than([now, now])).await;
    }
}

/// The moment after `wait`.
pub(super) fn deadline(wait: Duration) -> Instant {
    Instant::now() + wait
}
