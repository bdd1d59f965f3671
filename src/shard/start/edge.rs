//! Starts the door of an edge: over what it has heard and the nodes that it can reach. Never waits, and never has a store.

use std::sync::Arc;

use crate::runtime::Runtime;
use crate::shard::door::Door;
use crate::shard::door::edge::Heard;
use crate::shard::door::many::{Ground, ManyDoor, Peers};
use crate::shard::links::{Links, Nowhere};

/// The door of an edge, to the sessions of a cluster with so many shards.
#[must_use]
pub fn start_edge(
    runtime: Arc<dyn Runtime>,
    shards: u16,
    (heard, peers): (&Arc<Heard>, Arc<dyn Peers>),
) -> Arc<dyn Door> {
    let links = Links::open(shards, Arc::new(Nowhere));
    let ground = Ground::new((runtime, links), Arc::new(heard.clone()), peers);
    Arc::new(ManyDoor::on(ground, heard.clone()))
}
