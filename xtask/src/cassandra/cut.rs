//! Cuts links with nftables. Nodes share one machine, and a connection to a loopback address has the same source whoever
//! opens it, so a sender is known by its group id. Each cut node has a table of its own; nobody else's is touched.

use std::fmt::Write as _;

use clap::ValueEnum;

use super::nft;
use super::settings::{CQL, LINK, Place};

/// One direction of the links of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Way {
    /// What others send to the node is lost.
    In,
    /// What the node sends is lost: it still stores what it is told, and nobody hears of it.
    Out,
}

/// What of a node is cut off.
#[derive(Debug, Clone, Default, clap::Args)]
#[group(id = "parts")]
pub struct Cut {
    /// Only the links with these nodes [default: all others]
    #[arg(long, value_name = "N", value_delimiter = ',')]
    pub from: Vec<u8>,
    /// Only one direction of the links
    #[arg(long, value_enum, value_name = "WAY")]
    pub one_way: Option<Way>,
    /// Refuse what is sent rather than lose it: links come back sooner after the heal
    #[arg(long)]
    pub refuse: bool,
    /// Clients, too
    #[arg(long)]
    pub clients: bool,
    /// Clients, and no link
    #[arg(long, conflicts_with_all = ["from", "one_way", "clients"])]
    pub only_clients: bool,
}

impl Cut {
    /// The rules that make it, of a cluster with so many nodes.
    fn rules(&self, place: Place, node: u8, nodes: u8) -> String {
        let mut rules = String::new();
        let end = if self.refuse { "reject with tcp reset" } else { "drop" };
        let others = (1..=nodes).filter(|other| *other != node && !self.only_clients);
        for other in others.filter(|other| self.from.is_empty() || self.from.contains(other)) {
            for (sender, receiver, way) in [(node, other, Way::Out), (other, node, Way::In)] {
                if self.one_way.is_none_or(|only| only == way) {
                    let (group, ip) = (place.group(sender), place.ip(receiver));
                    let _ = writeln!(rules, "    meta skgid {group} ip daddr {ip} tcp dport {LINK} {end}");
                }
            }
        }
        if self.clients || self.only_clients {
            let ip = place.ip(node);
            let _ = writeln!(rules, "    ip daddr {ip} tcp dport {CQL} {end}");
            let _ = writeln!(rules, "    ip saddr {ip} tcp sport {CQL} {end}");
        }
        rules
    }

    /// Cuts; what was cut of this node before is healed by the same step.
    pub fn make(&self, place: Place, node: u8, nodes: u8) -> anyhow::Result<()> {
        let table = table(place, node);
        let rules = self.rules(place, node, nodes);
        let chain = format!("  chain out {{\n    type filter hook output priority 0;\n{rules}  }}\n");
        nft::run(&format!(
            "table inet {table}\ndelete table inet {table}\ntable inet {table} {{\n{chain}}}\n"
        ))
    }
}

fn table(place: Place, node: u8) -> String {
    format!("holdfast_cassandra_{}", place.ip(node).octets()[3])
}

/// Whether something of a node is cut.
pub fn is_cut(place: Place, node: u8) -> bool {
    nft::has(&table(place, node))
}

/// Heals all that is cut of a node.
pub fn heal(place: Place, node: u8) -> anyhow::Result<()> {
    if !is_cut(place, node) {
        return Ok(());
    }
    nft::run(&format!("delete table inet {}\n", table(place, node)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(cut: &Cut) -> Vec<String> {
        cut.rules(Place { first: 1 }, 3, 3).lines().map(|line| line.trim().to_owned()).collect()
    }

    #[test]
    fn a_whole_cut_has_both_directions_of_each_link() {
        assert_eq!(
            rules(&Cut::default()),
            [
                "meta skgid 9003 ip daddr 127.0.0.1 tcp dport 7000 drop",
                "meta skgid 9001 ip daddr 127.0.0.3 tcp dport 7000 drop",
                "meta skgid 9003 ip daddr 127.0.0.2 tcp dport 7000 drop",
                "meta skgid 9002 ip daddr 127.0.0.3 tcp dport 7000 drop",
            ]
        );
    }

    #[test]
    fn parts_can_be_cut() {
        let out = Cut { from: vec![2], one_way: Some(Way::Out), ..Cut::default() };
        assert_eq!(rules(&out), ["meta skgid 9003 ip daddr 127.0.0.2 tcp dport 7000 drop"]);
        let clients = Cut { only_clients: true, ..Cut::default() };
        assert_eq!(
            rules(&clients),
            ["ip daddr 127.0.0.3 tcp dport 9042 drop", "ip saddr 127.0.0.3 tcp sport 9042 drop"]
        );
        assert_eq!(rules(&Cut { clients: true, ..Cut::default() }).len(), 6);
    }
}
