//! P6: nobody must act. When everything is well again and nobody sends anything, every session comes to its end by its own
//! timers, every agent is free, and no list remembers anybody.

use holdfast::store::journal::keys;
use holdfast::store::journal::record::part_key;
use holdfast::store::rows::Table;
use holdfast::words::{JournalId, SessionId};

use super::Oracle;
use crate::store::Store;

impl Oracle {
    /// What is not over yet.
    pub fn waits_for(&self, store: &Store) -> Vec<String> {
        let mut open = Vec::new();
        for (id, session) in self.0.sessions.lock().iter() {
            let is_born = session.acked.keys().any(|asked| asked.0 == "create");
            if is_born && !is_recorded(store, *id) {
                open.push(format!("P6: {id} does not come to its end"));
            }
        }
        for (_, row) in store.table(Table::ActiveSessions) {
            if let Ok((_, id)) = keys::parse_active(&row) {
                open.push(format!("P6: {id:?} is still listed"));
            }
        }
        open
    }

    /// It took too long.
    pub fn hangs(&self, open: Vec<String>) {
        self.fails(open);
    }
}

/// Whether the record of a session is whole.
fn is_recorded(store: &Store, id: SessionId) -> bool {
    let key = keys::journal(&JournalId::Session(id)).into();
    store.all(Table::Records, &key).iter().any(|(part, _)| *part == part_key(0))
}
