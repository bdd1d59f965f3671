//! Cuts nodes off with nftables. All nodes share one address, so the connections that a node opens are known by its group id
//! (a mark on the connection, which its answers carry too) and those that it takes by its ports. Packets are lost where they
//! would arrive. A warden outside of this process removes every rule when it ends, however it ends.

use std::fmt::Write as _;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, ensure};

use crate::cassandra::{is_root, nft};
use crate::cluster::plan::{Place, Plan};

/// The port of Cassandra.
const CQL: u16 = 9042;

/// From whom a node is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// The other nodes.
    Peers,
    /// Cassandra.
    Store,
    /// Whoever comes from outside: people, and who looks after it.
    Clients,
}

/// Rules that tell nodes apart, and those that cut; all gone when it is dropped.
pub struct Cuts {
    table: String,
    warden: Child,
}

impl Cuts {
    /// Begins to tell the nodes of a plan apart; none of them may run yet.
    pub fn begin(plan: &Plan) -> anyhow::Result<Self> {
        let table = format!("holdfast_drill_{}", plan.first_port());
        // First the one who cleans up, then what is to be cleaned up.
        let warden = warden(&table)?;
        let cuts = Self { table, warden };
        nft::run(&cuts.marks(plan))?;
        Ok(cuts)
    }

    fn marks(&self, plan: &Plan) -> String {
        let mut rules = String::new();
        for place in plan.places() {
            let group = place.group();
            // Writing to a String does not fail.
            let _ = writeln!(rules, "    ct state new meta skgid {group} ct mark set {group}");
        }
        let chain = format!("  chain out {{\n    type filter hook output priority -150;\n{rules}  }}\n");
        renewed(&self.table, &chain)
    }

    /// Cuts a node off; what was cut before is healed by the same step.
    pub fn cut(&self, plan: &Plan, node: u8, from: &[From]) -> anyhow::Result<()> {
        nft::run(&self.rules(plan, plan.place(node)?, from))
    }

    fn rules(&self, plan: &Plan, cut: Place, from: &[From]) -> String {
        let mut rules = String::new();
        let mut lose = |what: &str, ports: &str| {
            for way in ["sport", "dport"] {
                // Writing to a String does not fail.
                let _ = writeln!(rules, "    {what}tcp {way} {{ {ports} }} drop");
            }
        };
        let opened = format!("ct mark {} ", cut.group());
        for from in from {
            match from {
                From::Peers => {
                    lose("", &cut.peer().port().to_string());
                    let others = plan.places().filter(|place| *place != cut);
                    let others: Vec<_> = others.map(|place| place.peer().port().to_string()).collect();
                    lose(&opened, &others.join(", "));
                }
                From::Store => lose(&opened, &CQL.to_string()),
                From::Clients => lose("", &outside(cut)),
            }
        }
        let chain = format!("  chain in {{\n    type filter hook input priority 0;\n{rules}  }}\n");
        renewed(&format!("{}_cut", self.table), &chain)
    }

    /// Heals everything.
    pub fn heal(&self) -> anyhow::Result<()> {
        nft::run(&renewed(&format!("{}_cut", self.table), ""))
    }
}

impl Drop for Cuts {
    fn drop(&mut self) {
        // The end of its input is what the warden waits for.
        drop(self.warden.stdin.take());
        if !self.warden.wait().is_ok_and(|status| status.success()) {
            eprintln!("!!! rules of {} may be left: nft list ruleset", self.table);
        }
    }
}

fn outside(cut: Place) -> String {
    [cut.public(), cut.staff(), cut.ops()].map(|door| door.port().to_string()).join(", ")
}

/// A script that makes a table anew.
fn renewed(table: &str, chain: &str) -> String {
    format!("table inet {table}\ndelete table inet {table}\ntable inet {table} {{\n{chain}}}\n")
}

/// Removes both tables when its input ends: with this process at the latest. In a session of its own, so that Ctrl-C does
/// not reach it.
fn warden(table: &str) -> anyhow::Result<Child> {
    let (one, two) = (renewed(table, ""), renewed(&format!("{table}_cut"), ""));
    let gone = format!("{one}delete table inet {table}\n{two}delete table inet {table}_cut\n");
    ensure!(is_root(), "cutting links needs root");
    let script = format!("cat > /dev/null; printf '%s' \"$RULES\" | {} -f -", nft::program()?);
    let mut warden = Command::new("setsid");
    warden.args(["sh", "-c", &script]).env("RULES", gone).stdin(Stdio::piped());
    warden.spawn().context("setsid (package util-linux) starts who removes the rules")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::store::Store;

    fn rules(from: &[From]) -> Vec<String> {
        let store = Store::at("127.0.0.1:9042".to_owned(), 1, "somewhere");
        let plan = Plan::draw("a-folder".into(), ("holdfast".into(), store), 3).expect("free ports");
        let (table, warden) = ("t".to_owned(), Command::new("true").spawn().expect("a process"));
        let text = Cuts { table, warden }.rules(&plan, plan.nodes[1], from);
        let port =
            |text: &str, place: Place, word: &str| text.replace(&place.peer().port().to_string(), word);
        let text = plan.places().fold(text, |text, place| port(&text, place, &place.name()));
        let text = text.replace(&plan.nodes[1].group().to_string(), "OWN");
        text.lines().map(|line| line.trim().to_owned()).filter(|line| line.ends_with("drop")).collect()
    }

    #[test]
    fn both_directions_of_both_kinds_of_connection_are_lost() {
        let peers = rules(&[From::Peers]);
        assert_eq!(peers[..2], ["tcp sport { n2 } drop", "tcp dport { n2 } drop"]);
        assert!(peers[2].starts_with("ct mark OWN tcp sport { n1, n3, n4"), "{peers:?}");
        assert!(peers[3].starts_with("ct mark OWN tcp dport { n1, n3, n4"), "{peers:?}");
        let store = ["ct mark OWN tcp sport { 9042 } drop", "ct mark OWN tcp dport { 9042 } drop"];
        assert_eq!(rules(&[From::Store]), store);
        assert_eq!(rules(&[From::Clients, From::Store]).len(), 4);
    }
}
