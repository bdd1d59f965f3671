//! What workers and the matchmaker say to each other across nodes: notes to the owner, as the map names it. One that is lost
//! is said again by whoever wants it. Never waits and never keeps.

use std::sync::Arc;
use std::time::Duration;

use super::{Method, Owner, Owners, Peers};
use crate::limits;
use crate::runtime::Runtime;
use crate::shard::links::Away;
use crate::shard::place;
use crate::shard::wire::Note;
use crate::shard::worker::msg::{ToAgent, ToDesk, ToSession};
use crate::words::{AgentId, SessionId};

/// The way to workers of other nodes.
pub struct Elsewhere {
    runtime: Arc<dyn Runtime>,
    shards: u16,
    owners: Arc<dyn Owners>,
    peers: Arc<dyn Peers>,
}

impl Elsewhere {
    /// To whatever the owners say.
    #[must_use]
    pub fn new(
        runtime: Arc<dyn Runtime>,
        shards: u16,
        (owners, peers): (Arc<dyn Owners>, Arc<dyn Peers>),
    ) -> Self {
        Self { runtime, shards, owners, peers }
    }

    /// Whether there was somebody to send it to.
    fn send(&self, shard: u16, note: &Note) -> bool {
        // An owner that is here, but whose worker is not (yet), hears it when it is said again.
        let Owner::There(node, _) = self.owners.owner(shard) else { return false };
        let within = Duration::from_millis(limits::REPEAT_AFTER);
        let sent = self.peers.call(&node, Method::Note, note.encode(), within);
        self.runtime.spawn(Box::pin(async move {
            let _ = sent.await;
        }));
        true
    }
}

impl Away for Elsewhere {
    fn session(&self, id: SessionId, what: ToSession) {
        if let Ok(note) = Note::for_session(id, what) {
            self.send(place::session(id, self.shards), &note);
        }
    }

    fn agent(&self, id: &AgentId, what: ToAgent) {
        if let Ok(note) = Note::for_agent(id.clone(), what) {
            self.send(place::agent(id, self.shards), &note);
        }
    }

    fn desk(&self, what: ToDesk) -> bool {
        Note::for_desk(what).is_ok_and(|note| self.send(place::desk(self.shards), &note))
    }
}
