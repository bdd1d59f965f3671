//! How a cluster is made, where its files are, and what is kept of it between two runs. Never starts anything.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Parser, ValueEnum};

use crate::step;

/// The port of CQL on each address.
pub const CQL: u16 = 9042;
/// The port between nodes on each address.
pub const LINK: u16 = 7000;
/// JMX listens on one address for all nodes, so each has a port of its own: this and the last number of its address.
const JMX: u16 = 7198;
/// Group ids tell nodes apart where addresses cannot: this and the last number of the address.
const GROUP: u32 = 9000;

/// A release line that Holdfast is tested on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Version {
    /// The newest line.
    #[value(name = "5.0")]
    V5_0,
    /// The line before.
    #[value(name = "4.1")]
    V4_1,
}

impl Version {
    /// The release of the line that is fetched.
    pub fn patch(self) -> &'static str {
        match self {
            Self::V5_0 => "5.0.9",
            Self::V4_1 => "4.1.10",
        }
    }
}

/// A switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// Yes.
    On,
    /// No.
    Off,
}

/// What an acknowledgement of a server waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CommitLog {
    /// The write into the mapped file; a killed process loses nothing, a lost power supply up to ten seconds.
    Periodic,
    /// The next sync of the file, at most 10 ms later.
    Group,
}

/// How a cluster is made.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct Settings {
    /// Nodes, each a server of its own
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=3))]
    pub nodes: u8,
    /// Release line of Apache Cassandra
    #[arg(long, value_enum, default_value = "5.0")]
    pub version: Version,
    /// Heap of each server; 256m is the smallest sensible one
    #[arg(long, default_value = "384m", value_name = "SIZE")]
    pub heap: String,
    /// Whether a node keeps writes for another that is away
    #[arg(long, value_enum, default_value = "on")]
    pub hints: Switch,
    /// What an acknowledgement waits for
    #[arg(long, value_enum, default_value = "periodic")]
    pub commitlog: CommitLog,
    /// Ask clients for a password: user cassandra, password cassandra
    #[arg(long)]
    pub auth: bool,
    /// Speak TLS only, with a certificate made for it
    #[arg(long)]
    pub tls: bool,
}

/// The stored form of [`Settings`], which is that of the command line.
#[derive(Debug, Parser)]
struct Stored {
    #[command(flatten)]
    settings: Settings,
}

impl Settings {
    /// What a test wants: defaults, so many nodes of this line.
    pub fn of(nodes: u8, version: Version) -> Self {
        let mut settings = Self::parse(std::iter::empty::<&str>()).expect("each flag has a default");
        (settings.nodes, settings.version) = (nodes, version);
        settings
    }

    fn parse<'a>(flags: impl Iterator<Item = &'a str>) -> anyhow::Result<Self> {
        Ok(Stored::try_parse_from(std::iter::once("up").chain(flags))?.settings)
    }

    /// The flags that give these settings.
    pub fn flags(&self) -> String {
        let name = |value: Option<clap::builder::PossibleValue>| {
            value.map_or(String::new(), |value| value.get_name().to_owned())
        };
        let mut flags = format!(
            "--nodes {} --version {} --heap {} --hints {} --commitlog {}",
            self.nodes,
            name(self.version.to_possible_value()),
            self.heap,
            name(self.hints.to_possible_value()),
            name(self.commitlog.to_possible_value()),
        );
        flags.push_str(if self.auth { " --auth" } else { "" });
        flags.push_str(if self.tls { " --tls" } else { "" });
        flags
    }

    /// Whether data of `other` can be gone on with.
    pub fn same_data(&self, other: &Self) -> bool {
        (self.nodes, self.version) == (other.nodes, other.version)
    }
}

/// The addresses and the folder of a cluster: 127.0.0.K and those after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The last number of the first node's address.
    pub first: u8,
}

impl Place {
    /// The last number of the address of node `node`, which counts from 1.
    fn number(self, node: u8) -> u8 {
        self.first.saturating_add(node).saturating_sub(1)
    }

    /// The address of a node.
    pub fn ip(self, node: u8) -> Ipv4Addr {
        Ipv4Addr::new(127, 0, 0, self.number(node))
    }

    /// Where a node listens for clients.
    pub fn cql(self, node: u8) -> SocketAddr {
        (self.ip(node), CQL).into()
    }

    /// Where a node listens for its tools.
    pub fn jmx(self, node: u8) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, JMX + u16::from(self.number(node))).into()
    }

    /// The group id that tells which node sends a packet.
    pub fn group(self, node: u8) -> u32 {
        GROUP + u32::from(self.number(node))
    }

    /// The folder of the cluster.
    pub fn folder(self) -> PathBuf {
        step::target().join("cassandra").join(format!("at-{}", self.first))
    }

    /// The folder of a node.
    pub fn node(self, node: u8) -> PathBuf {
        self.folder().join(format!("node-{node}"))
    }

    fn file(self) -> PathBuf {
        self.folder().join("settings")
    }

    /// The settings of the last start; `None` when there was none.
    pub fn stored(self) -> anyhow::Result<Option<Settings>> {
        let Ok(text) = std::fs::read_to_string(self.file()) else { return Ok(None) };
        let settings = Settings::parse(text.split_whitespace());
        settings.map(Some).with_context(|| format!("{} cannot be read", self.file().display()))
    }

    /// Keeps the settings for the commands that follow.
    pub fn store(self, settings: &Settings) -> anyhow::Result<()> {
        std::fs::create_dir_all(self.folder())?;
        write(&self.file(), &settings.flags())
    }
}

/// Writes a file; an error names it.
pub fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}
