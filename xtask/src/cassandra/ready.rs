//! When a cluster is ready: every CQL port answers, all nodes see each other, writes reach what they must reach. Never
//! waits without an end.

use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};

use super::cluster::Cluster;
use super::cql::{Client, Consistency};
use super::server::State;
use crate::bench::machine::{now, pause};

/// Longest wait: three servers on a busy machine of two cores take a minute.
const PATIENCE: Duration = Duration::from_secs(240);
/// How often progress is shown.
const SHOWN: Duration = Duration::from_secs(10);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);

/// Where probes write.
const KEYSPACE: &str = "holdfast_probe";

/// Waits until the given nodes serve. If all nodes of the cluster run, each has to reach each; else writes at quorum.
pub fn wait(cluster: &Cluster, nodes: &[u8]) -> anyhow::Result<Duration> {
    let began = now();
    let mut shown = began;
    let mut silent = nodes.to_vec();
    let mut known = false;
    loop {
        silent.retain(|node| {
            let listens = listens(cluster, *node);
            if listens {
                eprintln!("    node {node} listens after {:.1} s", began.elapsed().as_secs_f64());
            }
            !listens
        });
        let Err(trouble) = look(cluster, nodes, &mut known) else { return Ok(began.elapsed()) };
        cluster.alive(nodes)?;
        if began.elapsed() > PATIENCE {
            let folder = cluster.place.folder();
            bail!("not ready after {PATIENCE:?}: {trouble:#}; the logs are in {}", folder.display());
        }
        if shown.elapsed() > SHOWN {
            shown = now();
            eprintln!("    {:.0} s: {trouble:#}", began.elapsed().as_secs_f64());
        }
        pause(LOOK);
    }
}

fn listens(cluster: &Cluster, node: u8) -> bool {
    TcpStream::connect_timeout(&cluster.place.cql(node), LOOK).is_ok()
}

/// One look; an error says what is still missing. `known` remembers that the probe's table is there.
fn look(cluster: &Cluster, nodes: &[u8], known: &mut bool) -> anyhow::Result<()> {
    let whole =
        cluster.nodes().all(|node| cluster.server(node).state() == State::Running && !cluster.is_cut(node));
    let looked_at = if whole { cluster.nodes().collect() } else { nodes.to_vec() };
    let reach = if whole { Consistency::All } else { Consistency::Quorum };
    let mut clients = Vec::new();
    for node in looked_at {
        let client = cluster.connect(node).with_context(|| format!("node {node} does not serve yet"))?;
        clients.push((node, client));
    }
    for (node, client) in &mut clients {
        peers(client, cluster.settings.nodes).with_context(|| format!("node {node}"))?;
    }
    if let Some((_, first)) = clients.first_mut().filter(|_| !*known) {
        create(first, cluster.settings.nodes)?;
        *known = true;
    }
    for (node, client) in &mut clients {
        let write = format!("INSERT INTO {KEYSPACE}.probe (node, at) VALUES ({node}, 0)");
        client.run(&write, reach).with_context(|| format!("node {node} does not reach the others yet"))?;
    }
    Ok(())
}

/// Whether a node knows all others, and all have the same schema.
fn peers(client: &mut Client, nodes: u8) -> anyhow::Result<()> {
    let own = client.run("SELECT schema_version FROM system.local", Consistency::One)?;
    let others = client.run("SELECT schema_version FROM system.peers", Consistency::One)?;
    ensure!(others.len() + 1 == usize::from(nodes), "sees {} of {} others", others.len(), nodes - 1);
    ensure!(others.iter().all(|other| Some(other) == own.first()), "has another schema than others yet");
    Ok(())
}

fn create(client: &mut Client, nodes: u8) -> anyhow::Result<()> {
    let there = format!("SELECT table_name FROM system_schema.tables WHERE keyspace_name = '{KEYSPACE}'");
    if !client.run(&there, Consistency::One)?.is_empty() {
        return Ok(());
    }
    let strategy = format!("{{'class': 'NetworkTopologyStrategy', 'datacenter1': {nodes}}}");
    client.run(
        &format!("CREATE KEYSPACE IF NOT EXISTS {KEYSPACE} WITH replication = {strategy}"),
        Consistency::One,
    )?;
    let table = format!("CREATE TABLE IF NOT EXISTS {KEYSPACE}.probe (node int PRIMARY KEY, at bigint)");
    client.run(&table, Consistency::One)?;
    Ok(())
}
