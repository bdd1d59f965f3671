//! The level of the map: what every node of the cluster understands. Whoever leads raises it once all announce a higher one, and
//! nobody lowers it. Never speaks for a node that is down: it may come back as it was, until an operator removes it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use holdfast_cluster::Cluster;
use holdfast_cluster::ownership::{Command, Map};

use crate::limits;
use crate::runtime::Runtime;

/// Raises the level of a map.
pub(super) struct Levels {
    runtime: Arc<dyn Runtime>,
    cluster: Cluster,
    /// Whether a proposal is on its way.
    raising: AtomicBool,
}

impl Levels {
    pub(super) fn new(runtime: Arc<dyn Runtime>, cluster: Cluster) -> Arc<Self> {
        Arc::new(Self { runtime, cluster, raising: AtomicBool::new(false) })
    }

    /// Looks at a map that has changed; a node that has begun to lead finds an entry of its own there.
    pub(super) fn heed(self: &Arc<Self>, map: &Map) {
        if due(map).is_some() && self.cluster.status().leads && !self.raising.swap(true, Ordering::AcqRel) {
            let levels = self.clone();
            self.runtime.spawn(Box::pin(async move {
                levels.raise().await;
                levels.raising.store(false, Ordering::Release);
            }));
        }
    }

    /// Proposes it for as long as it is due and this node leads.
    async fn raise(&self) {
        let within = Duration::from_millis(limits::PROPOSE_WITHIN);
        while let Some(level) = due(&self.cluster.map().map).filter(|_| self.cluster.status().leads) {
            match self.cluster.propose(Command::SetLevel { level }, within).await {
                Ok(_) => {
                    tracing::info!(map_level = level, "every node understands more now: the level is raised")
                }
                Err(error) => {
                    tracing::warn!(map_level = level, %error, "the level could not be raised yet");
                    self.runtime.sleep(Duration::from_millis(limits::JOIN_AGAIN)).await;
                }
            }
        }
    }
}

/// The level that all nodes understand, when it is higher than the map's.
fn due(map: &Map) -> Option<u32> {
    let all = map.nodes().values().map(|node| node.level).min()?;
    (all > map.level()).then_some(all)
}

#[cfg(test)]
mod tests {
    use holdfast_cluster::ownership::{Addresses, Join, NodeName, Nonce, apply};

    use super::*;

    #[test]
    fn the_level_is_what_the_oldest_release_understands_up_or_down() {
        let mut map = Map::default();
        let mut index = 0;
        let mut tell = |map: &mut Map, command: Command| {
            index += 1;
            apply(map, &command, index).expect("the map takes it");
        };
        let join = |name: &str, level, nonce| {
            let (node, addresses, zone) = (NodeName::from(name), Addresses::default(), String::new());
            Command::Join(Join { node, addresses, zone, level, nonce: Nonce(nonce) })
        };
        assert_eq!(due(&map), None);
        tell(&mut map, Command::Found { generation: 1, shards: 4 });
        tell(&mut map, join("old", 1, 1));
        tell(&mut map, join("new", 2, 2));
        assert_eq!(due(&map), Some(1));
        tell(&mut map, Command::SetLevel { level: 1 });
        assert_eq!(due(&map), None, "one does not understand 2");
        tell(&mut map, join("old", 3, 3));
        assert_eq!(due(&map), Some(2), "it came back as a newer release");
    }
}
