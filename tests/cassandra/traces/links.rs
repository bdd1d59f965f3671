//! The links between three servers on one machine: whole, or with one server cut off from both others, by nftables. A server
//! is known by its group, 9000 and the last number of its address, for loopback hides who sends. Never touches a client's link.
//!
//! Packets are refused, not dropped: a connection that is refused is made again soon after the heal, one that
//! was only silent waits for the kernel's growing patience.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::process::{Command, Stdio};

/// The table of our rules; nobody else's is touched.
const TABLE: &str = "holdfast_traces";

/// The port of the links.
const PORT: u16 = 7000;

/// Which links are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Links {
    /// All.
    Whole,
    /// All but those of this server: 0, 1 or 2.
    Without(usize),
}

/// The servers whose links are cut and healed; heals them in the end.
pub struct Cable {
    servers: Vec<SocketAddr>,
}

impl Cable {
    /// The links of these servers, whole.
    pub fn new(servers: &[SocketAddr]) -> Self {
        let cable = Self { servers: servers.to_vec() };
        cable.set(Links::Whole);
        cable
    }

    /// Cuts and heals until just these links are there.
    pub fn set(&self, links: Links) {
        let rules = match links {
            Links::Whole => String::new(),
            Links::Without(server) => self.without(server),
        };
        let chain = format!("chain out {{\ntype filter hook output priority 0\n{rules}}}\n");
        nft(&format!("table inet {TABLE}\ndelete table inet {TABLE}\ntable inet {TABLE} {{\n{chain}}}\n"));
    }

    fn without(&self, server: usize) -> String {
        let mut rules = String::new();
        let others = (0..self.servers.len()).filter(|other| *other != server);
        for (sender, receiver) in others.flat_map(|other| [(server, other), (other, server)]) {
            let (group, to) = (9000 + u32::from(last(self.servers[sender])), self.servers[receiver].ip());
            let _ =
                writeln!(rules, "meta skgid {group} ip daddr {to} tcp dport {PORT} reject with tcp reset");
        }
        rules
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        nft(&format!("table inet {TABLE}\ndelete table inet {TABLE}\n"));
    }
}

fn last(server: SocketAddr) -> u8 {
    match server.ip() {
        IpAddr::V4(ip) => ip.octets()[3],
        IpAddr::V6(_) => 0,
    }
}

fn nft(script: &str) {
    let mut nft = Command::new("nft");
    let child = nft.args(["-f", "-"]).stdin(Stdio::piped()).spawn();
    let mut child = child.expect("nft (package nftables) cuts links, as root");
    let input = child.stdin.take().expect("it was piped");
    (&input).write_all(script.as_bytes()).expect("nft reads its rules");
    drop(input);
    assert!(child.wait().expect("nft ends").success(), "nft refused:\n{script}");
}
