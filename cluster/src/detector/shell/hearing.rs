//! Reads the beats of peers on the connections that they opened, on the detector's own thread. Never answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::task::{AbortHandle, JoinSet};

use super::beat::Beat;
use super::judge::Judge;
use crate::detector::limits;
use crate::link::{Connection, PeerId, Pipe};

/// The readers, one for each peer.
pub(super) struct Hearing {
    judge: Arc<Judge>,
    readers: JoinSet<()>,
    by_name: BTreeMap<Arc<str>, AbortHandle>,
}

impl Hearing {
    pub(super) fn new(judge: Arc<Judge>) -> Self {
        Self { judge, readers: JoinSet::new(), by_name: BTreeMap::new() }
    }

    /// Reads this connection from now on, instead of an older one of the same peer.
    pub(super) fn begin(&mut self, mut connection: Connection) {
        while self.readers.try_join_next().is_some() {}
        self.by_name.retain(|_, reader| !reader.is_finished());
        let name = Arc::clone(&connection.peer().name);
        let has_room = self.by_name.len() < limits::LISTENERS || self.by_name.contains_key(&name);
        if !has_room || connection.rehome().is_err() {
            return;
        }
        let reader = self.readers.spawn(read(connection, Arc::clone(&self.judge)));
        if let Some(older) = self.by_name.insert(name, reader) {
            older.abort();
        }
    }
}

async fn read(connection: Connection, judge: Arc<Judge>) {
    let name = Arc::clone(&connection.peer().name);
    let mut pipe = Pipe::new(connection);
    while let Ok(frame) = pipe.recv().await {
        let Some(beat) = Beat::read(&frame) else { return };
        judge.beat(&PeerId { name: Arc::clone(&name), incarnation: beat.incarnation });
    }
}
