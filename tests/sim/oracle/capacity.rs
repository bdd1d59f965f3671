//! P9: an agent never has more than their capacity, whoever asks and at every event of the agent's own journals.

use holdfast::agent::event::AgentWhat;
use holdfast::shard::door::AgentSummary;
use holdfast::store::codec;
use holdfast::store::journal::keys;
use holdfast::store::rows::Table;
use holdfast::words::{AgentId, JournalId};

use super::replay;
use crate::people::words::AGENTS;
use crate::store::Store;

/// An agent as the owner of the agent's journal says.
pub(super) fn stands(name: &str, capacity: u32, summary: &AgentSummary) -> Option<String> {
    let held = summary.held.len();
    (held > capacity as usize).then(|| format!("P9: {name} holds {held} of {capacity}"))
}

/// Every recorded day of every agent.
pub(super) fn audit(store: &Store) -> Vec<String> {
    let mut found = Vec::new();
    for (name, _, capacity) in AGENTS {
        for run in 1.. {
            let id = JournalId::Agent(AgentId(name.into()), run);
            if store.all(Table::Records, &keys::journal(&id).into()).is_empty() {
                break;
            }
            match most(store, &id) {
                Ok(most) if most <= capacity as usize => {}
                Ok(most) => found.push(format!("P9: {name} held {most} of {capacity} on day {run}")),
                Err(why) => found.push(format!("P9: day {run} of {name} cannot be read: {why}")),
            }
        }
    }
    found
}

/// The most reservations that were held at once on a day.
fn most(store: &Store, id: &JournalId) -> Result<usize, String> {
    let (mut held, mut most) = (std::collections::BTreeSet::new(), 0);
    for (seq, body) in replay::parts(store, id)?.1 {
        let event = codec::decode_agent_event(seq, &body).map_err(|error| error.to_string())?;
        match event.what {
            AgentWhat::Opened { held: before, .. } => held.extend(before.into_keys()),
            AgentWhat::Reserved { reservation, .. } => {
                held.insert(reservation);
            }
            AgentWhat::Released { reservation, .. } => {
                held.remove(&reservation);
            }
            _ => {}
        }
        most = most.max(held.len());
    }
    Ok(most)
}
