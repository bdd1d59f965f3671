//! What the facade watches of the member: who leads, how far it is, and how it ends. Never changes the map.

use openraft::Instant;
use openraft::async_runtime::WatchReceiver;
use openraft::raft::TransferLeaderRequest;

use super::core::Core;
use crate::facade::Status;
use crate::transport::Peer;

impl Core {
    /// Ends when somebody leads whom `is` accepts.
    pub async fn leader_is(&self, is: impl Fn(&Peer) -> bool) {
        let mut metrics = self.raft().metrics();
        loop {
            if self.leader().is_some_and(|(_, peer)| is(&peer)) {
                return;
            }
            if metrics.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Ends when somebody leads who is none of these.
    pub async fn leader_other_than(&self, former: [u64; 2]) {
        let mut metrics = self.raft().metrics();
        loop {
            if self.leader().is_some_and(|(id, _)| !former.contains(&id)) {
                return;
            }
            if metrics.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Becomes a candidate now, if this member votes and another one leads. It asks for votes as one to whom leadership is
    /// handed over, so that nobody waits for the leader's lease: nothing here rests on leases, and a leader that lives
    /// after all only loses its office.
    pub async fn hurry_election(&self) {
        let metrics = self.raft().metrics().borrow_watched().clone();
        let votes = metrics.membership_config.voter_ids().any(|id| id == self.me());
        let another = metrics.current_leader.is_some_and(|id| id != self.me());
        if votes && another {
            let handed = TransferLeaderRequest::new(metrics.vote, self.me(), metrics.local_committed);
            let _ = self.raft().handle_transfer_leader(handed).await;
        }
    }

    /// The part of the status that only openraft knows.
    pub fn status(&self) -> Status {
        let metrics = self.raft().metrics().borrow_watched().clone();
        let silent = metrics.last_quorum_acked.as_ref().map(|at| at.elapsed().as_millis());
        Status {
            member: self.me(),
            term: metrics.current_term,
            last_log: metrics.last_log_index.unwrap_or(0),
            committed: metrics.local_committed.map_or(0, |at| at.index),
            snapshot: metrics.snapshot.map_or(0, |at| at.index),
            quorum_silent_ms: silent.map(|millis| u64::try_from(millis).unwrap_or(u64::MAX)),
            failed: metrics.running_state.err().map(|error| error.to_string()),
            ..Status::default()
        }
    }

    /// Ends everything of the member.
    pub async fn stop(&self) {
        self.net().stop.cancel();
        let _ = self.raft().shutdown().await;
        self.net().tasks.close();
        self.net().tasks.wait().await;
    }
}
