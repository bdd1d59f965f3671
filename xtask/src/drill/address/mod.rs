//! One address in front of all nodes: a stock HAProxy with a configuration of ours. Never outlives the drill.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::bench::machine::{now, pause};
use crate::cassandra::apt;
use crate::cluster::plan::{Place, Plan};
use crate::step::installed;

const CONFIGURATION: &str = include_str!("haproxy.cfg");
/// Where Debian puts it.
const PROGRAM: &str = "/usr/sbin/haproxy";
/// Longest wait until it takes connections.
const PATIENCE: Duration = Duration::from_secs(10);

/// A HAProxy that runs; killed when it is dropped.
pub struct Address {
    process: Child,
    /// For customers.
    pub public: SocketAddr,
    /// For staff.
    pub staff: SocketAddr,
}

impl Address {
    /// Starts one in front of the nodes of a plan; its files go into a folder.
    pub fn open(plan: &Plan, folder: &Path) -> anyhow::Result<Self> {
        if !installed("haproxy") && !Path::new(PROGRAM).is_file() {
            apt(&["haproxy"]).context("one address needs HAProxy")?;
        }
        let (public, staff) = plan.one_address();
        let file = folder.join("haproxy.cfg");
        std::fs::write(&file, configuration(plan, (public, staff)))
            .with_context(|| format!("cannot write {}", file.display()))?;
        let log = std::fs::File::create(folder.join("haproxy.log"))?;
        let mut haproxy = Command::new("setpriv");
        // In the foreground, so that it is the one process that ends with us.
        haproxy.args(["--pdeathsig", "KILL", PROGRAM, "-db", "-f"]).arg(&file);
        haproxy.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let process = haproxy.spawn().context("setpriv (package util-linux) starts haproxy")?;
        let mut address = Self { process, public, staff };
        address.wait(&folder.join("haproxy.log"))?;
        Ok(address)
    }

    /// Until both of its ports answer for a node.
    fn wait(&mut self, log: &Path) -> anyhow::Result<()> {
        let began = now();
        let answers = |address| crate::cluster::look::get(address, "/openapi.json", None);
        while [self.public, self.staff].into_iter().any(|address| answers(address).is_err()) {
            let ended = self.process.try_wait()?;
            ensure!(ended.is_none(), "haproxy has ended: {}", log.display());
            ensure!(began.elapsed() < PATIENCE, "haproxy does not answer: {}", log.display());
            pause(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Address {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn configuration(plan: &Plan, (public, staff): (SocketAddr, SocketAddr)) -> String {
    let servers = |places: Vec<&Place>, door: fn(Place) -> SocketAddr| -> String {
        let line = |(rank, place): (usize, &&Place)| {
            let backup = if rank == 0 { "" } else { " backup" };
            let check = place.ops().port();
            format!("    server {} {} check port {check}{backup}\n", place.name(), door(**place))
        };
        places.iter().enumerate().map(line).collect()
    };
    CONFIGURATION
        .replace("%PUBLIC%", &public.to_string())
        .replace("%STAFF%", &staff.to_string())
        .replace("%CUSTOMERS%", &servers(plan.nodes.iter().collect(), Place::public))
        .replace("%AGENTS%", &servers(plan.nodes.iter().rev().collect(), Place::staff))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::store::Store;

    #[test]
    fn customers_and_staff_begin_at_different_nodes() {
        let store = Store::at("127.0.0.1:9042".to_owned(), 1, "somewhere");
        let plan = Plan::draw("a-folder".into(), ("holdfast".into(), store), 3).expect("free ports");
        let text = configuration(&plan, plan.one_address());
        assert!(!text.contains('%'), "{text}");
        let first = |name: &str| {
            let lines = text.lines().skip_while(|line| *line != format!("listen {name}"));
            lines.into_iter().find(|line| line.contains("server n")).map(ToOwned::to_owned)
        };
        let line = |place: Place, door: SocketAddr| {
            Some(format!("    server {} {door} check port {}", place.name(), place.ops().port()))
        };
        assert_eq!(first("customers"), line(plan.nodes[0], plan.nodes[0].public()));
        assert_eq!(first("staff"), line(plan.nodes[2], plan.nodes[2].staff()));
    }
}
