//! The processes that run now, by name, as others and people find them. Never starts one.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast::shard::door::StaffDoor;
use holdfast::shard::door::many::Serve;
use parking_lot::Mutex;

use crate::log::Seat;
use crate::store::port::Port;
use crate::world::process::Process;

/// A process that runs.
#[derive(Clone)]
pub struct Node {
    pub name: String,
    pub process: Arc<Process>,
    pub serve: Serve,
    pub door: Arc<dyn StaffDoor>,
    pub seat: Arc<Seat>,
    pub port: Arc<Port>,
}

/// All of them. Clones are the same.
#[derive(Clone, Default)]
pub struct Nodes(Arc<Mutex<BTreeMap<String, Node>>>);

impl Nodes {
    pub fn get(&self, name: &str) -> Option<Node> {
        self.0.lock().get(name).cloned()
    }

    pub fn put(&self, node: Node) {
        self.0.lock().insert(node.name.clone(), node);
    }

    pub fn remove(&self, name: &str) -> Option<Node> {
        self.0.lock().remove(name)
    }

    /// Every one that was not removed.
    pub fn all(&self) -> Vec<Node> {
        self.0.lock().values().cloned().collect()
    }

    /// Those that live, by name.
    pub fn living(&self) -> Vec<Node> {
        self.0.lock().values().filter(|node| !node.process.is_dead()).cloned().collect()
    }
}
