//! When a cluster has settled: every node that runs is ready and linked with each other, all shards have workers, evenly, one
//! node leads and enough vote. Never waits without an end.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};

use super::look::Look;
use super::whole::Cluster;
use crate::bench::machine::{now, pause};
use crate::cassandra::State;

/// Longest wait: a debug build on two busy cores takes most of a minute to recover some hundred sessions.
const PATIENCE: Duration = Duration::from_secs(240);
/// How often progress is shown.
const SHOWN: Duration = Duration::from_secs(5);
/// Between two looks.
const GLANCE: Duration = Duration::from_millis(100);
/// Shards of every cluster.
pub const SHARDS: usize = 256;

/// Waits until the nodes of the plan, all of which run, have settled.
pub fn wait(cluster: &Cluster) -> anyhow::Result<Duration> {
    let began = now();
    let mut shown = began;
    loop {
        let Err(trouble) = settled(cluster) else { return Ok(began.elapsed()) };
        alive(cluster)?;
        if began.elapsed() > PATIENCE {
            bail!(
                "not settled after {PATIENCE:?}: {trouble:#}; the logs are in {}",
                cluster.plan.folder.display()
            );
        }
        if shown.elapsed() > SHOWN {
            shown = now();
            eprintln!("    {:.0} s: {trouble:#}", began.elapsed().as_secs_f64());
        }
        pause(GLANCE);
    }
}

/// Waits until one node is ready, whatever the others do.
pub fn first(cluster: &Cluster, number: u8) -> anyhow::Result<Duration> {
    let began = now();
    loop {
        let node = cluster.node(number)?;
        if node.look().is_ok_and(|look| look.is_ready) {
            return Ok(began.elapsed());
        }
        alive(cluster)?;
        ensure!(
            began.elapsed() < PATIENCE,
            "node {number} is not ready after {PATIENCE:?}: {}",
            node.log().display()
        );
        pause(GLANCE);
    }
}

/// Waits until all edges are ready and hear every node.
pub fn edges(cluster: &Cluster) -> anyhow::Result<Duration> {
    let (began, nodes) = (now(), cluster.numbers().len());
    let hears_all = |look: Look| look.is_ready && look.count("holdfast_edge_nodes_heard") == nodes;
    for edge in cluster.edges() {
        while !edge.look().is_ok_and(hears_all) {
            let (name, log) = (edge.place.name(), edge.log());
            ensure!(
                edge.state() != State::Gone,
                "edge {name} has ended; {}:\n{}",
                log.display(),
                edge.last_words()
            );
            ensure!(
                began.elapsed() < PATIENCE,
                "edge {name} does not hear all nodes after {PATIENCE:?}: {}",
                log.display()
            );
            pause(GLANCE);
        }
    }
    Ok(began.elapsed())
}

/// Fails when a node that was started has ended by itself, with its last words.
fn alive(cluster: &Cluster) -> anyhow::Result<()> {
    let started = |number: &u8| cluster.node(*number).is_ok_and(|node| node.was_started());
    for number in cluster.numbers().into_iter().filter(started) {
        let node = cluster.node(number)?;
        if node.state() == State::Gone {
            bail!("node {number} has ended; {}:\n{}", node.log().display(), node.last_words());
        }
    }
    Ok(())
}

/// One look at all; an error says what is missing.
pub fn settled(cluster: &Cluster) -> anyhow::Result<()> {
    let mut looks = Vec::new();
    for number in cluster.numbers() {
        let look =
            cluster.node(number)?.look().with_context(|| format!("node {number} does not answer yet"))?;
        ensure!(look.is_ready, "node {number} is not ready yet");
        looks.push((number, look));
    }
    each(&looks)?;
    let owned: usize = looks.iter().map(|(_, look)| look.owned()).sum();
    ensure!(owned == SHARDS, "{owned} of {SHARDS} shards are at work");
    let leaders = looks.iter().filter(|(_, look)| look.leads()).count();
    ensure!(leaders == 1, "{leaders} nodes lead");
    let votes = looks.iter().filter(|(_, look)| look.count("holdfast_raft_votes") == 1).count();
    let least = least_votes(cluster.plan.voters, looks.len());
    ensure!(votes >= least, "{votes} of {least} nodes vote");
    Ok(())
}

fn each(looks: &[(u8, Look)]) -> anyhow::Result<()> {
    let nodes = looks.len();
    for (number, look) in looks {
        ensure!(look.up() == nodes, "node {number} knows {} of {nodes} nodes", look.up());
        let links = look.sum("holdfast_links", "\"connected\"") as usize;
        ensure!(links + 1 == nodes, "node {number} has links with {links} of {} others", nodes - 1);
        let (share, own) = (SHARDS / nodes, look.owned());
        ensure!(
            (share..=share + 1).contains(&own),
            "node {number} works on {own} shards, its share is {share}"
        );
    }
    Ok(())
}

/// How many of so many nodes must vote: votes are odd.
fn least_votes(wanted: usize, nodes: usize) -> usize {
    let most = wanted.min(nodes);
    if most.is_multiple_of(2) { most.saturating_sub(1) } else { most }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn votes_are_odd() {
        let least = |wanted, nodes| least_votes(wanted, nodes);
        assert_eq!(
            [least(3, 1), least(3, 2), least(3, 3), least(3, 4), least(5, 4), least(5, 5)],
            [1, 1, 3, 3, 3, 5]
        );
    }
}
