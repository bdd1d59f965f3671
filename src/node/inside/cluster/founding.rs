//! How a node comes into its cluster: it goes on as the member that it was, joins through the nodes that it is told of, or
//! founds a cluster with a generation of its own (protocol trace F8). Never founds where it was told to join.

use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use holdfast_cluster::transport::Peer;
use holdfast_cluster::{Cluster, JoinError};

use super::super::super::config::Settings;
use super::super::super::lifecycle::Life;
use super::Ground;
use crate::limits;
use crate::runtime::Runtime;
use crate::shard::birth::{self, BirthError};
use crate::store::rows::Rows;

/// What the store knows of the cluster.
pub(super) struct Stored {
    /// The cluster's secret.
    pub secret: [u8; 32],
    /// The newest generation.
    pub generation: u32,
    /// Whether that generation was taken just now, by this node.
    pub taken: bool,
}

/// The cluster's row. In a store where nobody was born yet a node that may found takes the first generation; one that is to
/// join waits for somebody who does.
pub(super) async fn secret(ground: &Ground<'_>) -> anyhow::Result<Stored> {
    loop {
        match birth::stored(&*ground.rows).await {
            Ok(Some(known)) => {
                return Ok(Stored { secret: known.secret, generation: known.generation, taken: false });
            }
            Ok(None) if ground.settings.cluster.join.0.is_empty() => {
                return take(&ground.rows, ground.runtime).await;
            }
            Ok(None) => ground.life.wait_for(Some("waits for a node that founds the cluster".into())),
            Err(error @ BirthError::Store(_)) => ground.life.wait_for(Some(error.to_string())),
            Err(error) => return Err(error.into()),
        }
        ground.runtime.sleep(Duration::from_millis(limits::START_AGAIN_MS.0)).await;
    }
}

/// Takes the next generation; everything before it is fenced then.
async fn take(rows: &Arc<dyn Rows>, runtime: &Arc<dyn Runtime>) -> anyhow::Result<Stored> {
    let drawn = [runtime.random().to_be_bytes(), runtime.random().to_be_bytes()].concat();
    let secret: [u8; 32] = drawn.try_into().expect("twice 16 bytes are 32");
    loop {
        match birth::generation(&**rows, limits::SHARDS, secret).await {
            Ok(born) => {
                return Ok(Stored { secret: born.secret, generation: born.generation, taken: true });
            }
            Err(BirthError::Store(error)) => tracing::warn!(%error, "no generation could be taken yet"),
            Err(error) => return Err(error.into()),
        }
        runtime.sleep(Duration::from_millis(limits::START_AGAIN_MS.0)).await;
    }
}

/// Comes into the cluster; on return the map is known.
pub(super) async fn enter(
    (settings, life, runtime): (&Settings, &Life, &Arc<dyn Runtime>),
    rows: &Arc<dyn Rows>,
    (cluster, stored): (&Cluster, &Stored),
) -> anyhow::Result<()> {
    let via: Vec<Peer> =
        settings.cluster.join.0.iter().map(|address| Peer { name: None, address: address.clone() }).collect();
    let is_member = !cluster.status().voters.is_empty();
    if !is_member && via.is_empty() {
        let born = if stored.taken { stored.generation } else { take(rows, runtime).await?.generation };
        return found(cluster, born).await;
    }
    loop {
        if is_member && cluster.map().map.is_founded() {
            break;
        }
        match cluster.join(&via, Duration::from_millis(limits::JOIN_WITHIN)).await {
            Ok(()) => break,
            Err(JoinError::NobodyAnswered(why)) => {
                life.wait_for(Some(format!("waits for its cluster: {why}")))
            }
            Err(error) => return Err(error.into()),
        }
        runtime.sleep(Duration::from_millis(limits::START_AGAIN_MS.0)).await;
    }
    let generation = cluster.map().map.generation();
    if generation < stored.generation {
        bail!(
            "this node's Raft log is of generation {generation}, and generation {} has fenced it: another cluster was \
             founded on this store. Empty {} and start the node with --join and the address of one that runs",
            stored.generation,
            settings.store.directory.join("raft").display()
        );
    }
    Ok(())
}

async fn found(cluster: &Cluster, generation: u32) -> anyhow::Result<()> {
    let within = Duration::from_millis(limits::FOUND_WITHIN);
    cluster.bootstrap(generation, limits::SHARDS, within).await?;
    tracing::info!(generation, "this node has founded the cluster");
    Ok(())
}
