//! What is remembered of a cluster between two commands: its store, its nodes and their ports. Never starts anything.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};

use super::store::Store;
use crate::step;

/// The first port that is tried: below those that the kernel gives to outgoing connections, so that the port of a node that
/// is down is still free when it comes back.
const FIRST_PORT: u16 = 18_000;
/// Ports between two nodes.
const STRIDE: u16 = 10;
/// Ports between two clusters.
const BLOCK: u16 = 200;
/// How many blocks are tried.
const BLOCKS: u16 = 20;
/// Above the group ids of people and of servers of Cassandra.
const GROUP: u32 = 1_000_000;
/// How many nodes vote in a cluster that is big enough for five.
const FIVE: usize = 5;

/// The most nodes of a cluster.
pub const NODES_MAX: u8 = 9;

/// The most edges in front of one: their places come after the one of the address in front of all.
pub const EDGES_MAX: u8 = 4;

/// What a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A node.
    Node,
    /// An edge.
    Edge,
}

/// A node's or an edge's number and where it listens: four ports from `port`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Node or edge.
    pub role: Role,
    /// Its number, from 1; its name is `n` and this, or `e` and this.
    pub number: u8,
    port: u16,
}

impl Place {
    fn at(self, door: u16) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port + door).into()
    }

    /// For customers.
    pub fn public(self) -> SocketAddr {
        self.at(0)
    }

    /// For agents.
    pub fn staff(self) -> SocketAddr {
        self.at(1)
    }

    /// For operators.
    pub fn ops(self) -> SocketAddr {
        self.at(2)
    }

    /// For other nodes.
    pub fn peer(self) -> SocketAddr {
        self.at(3)
    }

    /// The group id of its process, where nodes are told apart by it: a number that no other node on this machine has.
    pub fn group(self) -> u32 {
        GROUP + u32::from(self.port)
    }

    /// Its name.
    pub fn name(self) -> String {
        match self.role {
            Role::Node => format!("n{}", self.number),
            Role::Edge => format!("e{}", self.number),
        }
    }

    fn is_free(self) -> bool {
        (0..4).all(|door| TcpListener::bind(self.at(door)).is_ok())
    }
}

/// A cluster on paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Where everything of it lies.
    pub folder: PathBuf,
    /// The program.
    pub binary: PathBuf,
    /// Its Cassandra.
    pub store: Store,
    /// How many nodes vote.
    pub voters: usize,
    /// The contact center to begin with.
    pub center: PathBuf,
    /// The key of an admin of it, if it was made here.
    pub key: Option<String>,
    /// Whether its nodes speak TLS to each other.
    pub tls: bool,
    /// Its nodes, by number.
    pub nodes: Vec<Place>,
    /// The edges in front of them, by number.
    pub edges: Vec<Place>,
    /// Whether each node has a group id of its own.
    pub apart: bool,
    /// The first port of its block.
    first_port: u16,
}

impl Plan {
    /// One with so many nodes, on ports that nobody has.
    pub fn draw(folder: PathBuf, (binary, store): (PathBuf, Store), nodes: u8) -> anyhow::Result<Self> {
        ensure!((1..=NODES_MAX).contains(&nodes), "a cluster here has 1 to {NODES_MAX} nodes");
        let mut blocks = (0..BLOCKS).map(|block| FIRST_PORT + block * BLOCK);
        let is_free =
            |first: &u16| (1..=NODES_MAX + 1 + EDGES_MAX).all(|number| place(*first, number).is_free());
        let Some(first_port) = blocks.find(is_free) else {
            bail!("no block of free ports from {FIRST_PORT} on")
        };
        let voters = if usize::from(nodes) >= FIVE { FIVE } else { 3 };
        let nodes = (1..=nodes).map(|number| place(first_port, number)).collect();
        Ok(Self {
            folder,
            binary,
            store,
            voters,
            center: PathBuf::new(),
            key: None,
            tls: false,
            nodes,
            edges: Vec::new(),
            apart: false,
            first_port,
        })
    }

    /// The place of a node that there is.
    pub fn place(&self, number: u8) -> anyhow::Result<Place> {
        let found = self.nodes.iter().find(|place| place.number == number);
        let numbers: Vec<_> = self.nodes.iter().map(|place| place.number.to_string()).collect();
        found.copied().with_context(|| format!("there is no node {number}: they are {}", numbers.join(", ")))
    }

    /// Puts so many edges in front.
    pub fn put_in_front(&mut self, edges: u8) {
        self.edges = (1..=edges.min(EDGES_MAX)).map(|number| edge(self.first_port, number)).collect();
    }

    /// The first port of its block: it names a cluster that runs.
    pub fn first_port(&self) -> u16 {
        self.first_port
    }

    /// Where one address in front of all nodes is, for customers and for staff.
    pub fn one_address(&self) -> (SocketAddr, SocketAddr) {
        let at = place(self.first_port, NODES_MAX + 1);
        (at.public(), at.staff())
    }

    /// Every place that a node or an edge of it could have, those of nodes that were removed among them.
    pub fn places(&self) -> impl Iterator<Item = Place> + '_ {
        let edges = (1..=EDGES_MAX).map(|number| edge(self.first_port, number));
        (1..=NODES_MAX).map(|number| place(self.first_port, number)).chain(edges)
    }

    /// Adds a node.
    pub fn add(&mut self) -> anyhow::Result<Place> {
        let free = (1..=NODES_MAX).find(|number| self.nodes.iter().all(|place| place.number != *number));
        let added = place(self.first_port, free.context("there is room for no further node")?);
        self.nodes.push(added);
        self.nodes.sort_by_key(|place| place.number);
        Ok(added)
    }

    /// Forgets a node.
    pub fn forget(&mut self, number: u8) {
        self.nodes.retain(|place| place.number != number);
    }

    fn file(folder: &Path) -> PathBuf {
        folder.join("cluster.json")
    }

    /// Where clusters of people lie.
    pub fn home() -> PathBuf {
        step::target().join("cluster")
    }

    /// Keeps it for the commands that follow.
    pub fn keep(&self) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let file = Self::file(&self.folder);
        std::fs::write(&file, format!("{:#}\n", self.json()))
            .with_context(|| format!("cannot write {}", file.display()))
    }

    /// The one that was kept in a folder, if there is one.
    pub fn kept(folder: &Path) -> anyhow::Result<Option<Self>> {
        let file = Self::file(folder);
        let Ok(text) = std::fs::read_to_string(&file) else { return Ok(None) };
        let read = serde_json::from_str(&text).ok().and_then(|value| Self::of(folder, &value));
        read.map(Some).with_context(|| format!("{} cannot be read; remove it", file.display()))
    }

    fn json(&self) -> Value {
        let nodes: Vec<_> = self.nodes.iter().map(|place| place.number).collect();
        let edges = self.edges.len();
        json!({
            "binary": self.binary, "store": self.store.json(), "voters": self.voters, "center": self.center, "key": self.key,
            "first_port": self.first_port, "nodes": nodes, "edges": edges, "tls": self.tls, "apart": self.apart,
        })
    }

    fn of(folder: &Path, value: &Value) -> Option<Self> {
        let first_port = u16::try_from(value["first_port"].as_u64()?).ok()?;
        let number = |value: &Value| Some(place(first_port, u8::try_from(value.as_u64()?).ok()?));
        let edges = u8::try_from(value["edges"].as_u64().unwrap_or(0)).ok()?;
        let edges = 1..=edges.min(EDGES_MAX);
        Some(Self {
            folder: folder.to_owned(),
            binary: value["binary"].as_str()?.into(),
            store: Store::of(&value["store"])?,
            voters: usize::try_from(value["voters"].as_u64()?).ok()?,
            center: value["center"].as_str()?.into(),
            key: value["key"].as_str().map(Into::into),
            tls: value["tls"].as_bool().unwrap_or_default(),
            nodes: value["nodes"].as_array()?.iter().map(number).collect::<Option<_>>()?,
            edges: edges.map(|number| edge(first_port, number)).collect(),
            apart: value["apart"].as_bool().unwrap_or(false),
            first_port,
        })
    }
}

fn place(first_port: u16, number: u8) -> Place {
    Place { role: Role::Node, number, port: first_port + STRIDE * u16::from(number) }
}

fn edge(first_port: u16, number: u8) -> Place {
    let port = place(first_port, NODES_MAX + 1 + number).port;
    Place { role: Role::Edge, number, port }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        let store = Store::at("127.0.0.1:9042".to_owned(), 1, "somewhere");
        Plan::draw("a-folder".into(), ("holdfast".into(), store), 3).unwrap()
    }

    #[test]
    fn what_is_kept_comes_back() {
        let mut plan = plan();
        plan.put_in_front(2);
        assert_eq!(Plan::of(&plan.folder, &plan.json()), Some(plan));
    }

    #[test]
    fn a_node_that_is_added_takes_the_first_free_number() {
        let mut plan = plan();
        assert_eq!(plan.add().unwrap().number, 4);
        plan.forget(2);
        assert!(plan.place(2).is_err());
        assert_eq!(plan.add().unwrap().number, 2);
        assert_eq!(plan.nodes.iter().map(|place| place.number).collect::<Vec<_>>(), [1, 2, 3, 4]);
    }

    #[test]
    fn no_two_doors_share_a_port() {
        let mut plan = plan();
        plan.put_in_front(1);
        let doors = plan
            .nodes
            .iter()
            .chain(&plan.edges)
            .flat_map(|at| [at.public(), at.staff(), at.ops(), at.peer()]);
        let mut ports: Vec<_> = doors.map(|door| door.port()).collect();
        ports.dedup();
        assert_eq!(ports.len(), 16);
    }
}
