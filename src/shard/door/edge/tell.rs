//! A node's side of what an edge is told: the map, the contact center and the customers' key, each when the edge begins to
//! listen and when it changes; and again and again that the node is there. Never keeps who listens, and never waits for one
//! that does not take what it is told longer than its link does.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, select};
use holdfast_cluster::ownership::{Map, State};

use crate::center::Center;
use crate::limits;
use crate::runtime::{Runtime, mpsc};
use crate::shard::config::centers::Centers;
use crate::shard::tenure::{Adrift, Council};
use crate::shard::wire::{Chart, Digest, Feed, Offered};

/// Tells edges.
#[derive(Clone)]
pub struct Teller {
    pub(in crate::shard) runtime: Arc<dyn Runtime>,
    pub(in crate::shard) council: Arc<dyn Council>,
    pub(in crate::shard) centers: Arc<Centers>,
    pub(in crate::shard) customers: [u8; 32],
    pub(in crate::shard) adrift: Adrift,
}

impl Teller {
    /// Tells one edge, until it does not listen any more.
    pub async fn tell(&self, to: mpsc::Sender<Bytes>) {
        let (mut changed, mut adrift) = (self.council.changed(), self.adrift.clone());
        let (mut version, mut applied) = (None, None);
        let mut news = vec![Feed::Key(self.customers)];
        loop {
            changed.mark_unchanged();
            // First of all that it is there: what it tells counts by who else is heard.
            news.insert(0, Feed::Beat { adrift: *adrift.borrow_and_update() });
            let (center, view) = (self.centers.current(), self.council.view());
            if version.replace(center.version) != Some(center.version) {
                news.push(Feed::Center(digest(&center)));
            }
            if applied.replace(view.applied) != Some(view.applied) {
                news.push(Feed::Chart(chart(&view.map, view.applied)));
            }
            for feed in news.drain(..) {
                if to.send(feed.encode()).await.is_err() {
                    return;
                }
            }
            let beat = self.runtime.sleep(Duration::from_millis(limits::EDGE_BEAT));
            let (map, drift) = (Box::pin(changed.changed()), Box::pin(adrift.changed()));
            // What ends for good is not waited for: the beat goes on for as long as the edge listens.
            let over = match select(select(map, drift), beat).await {
                Either::Left((Either::Left((map, _)), beat)) => map.is_err().then_some(beat),
                Either::Left((Either::Right((drift, _)), beat)) => drift.is_err().then_some(beat),
                Either::Right(_) => None,
            };
            if let Some(beat) = over {
                beat.await;
            }
        }
    }
}

fn chart(map: &Map, applied: u64) -> Chart {
    let up = map.nodes().iter().filter(|(_, node)| map.state(node.incarnation).is_some_and(State::owns));
    let up: Vec<_> = up.collect();
    let place = |life| {
        let owner = up.iter().position(|(_, node)| node.incarnation == life)?;
        u16::try_from(owner).ok()
    };
    Chart {
        generation: map.generation(),
        applied,
        nodes: up.iter().map(|(name, node)| (name.0.clone(), node.addresses.peer.clone())).collect(),
        shards: map.shards().map(|(_, holding)| (holding.owner.and_then(place), holding.epoch.0)).collect(),
    }
}

fn digest(center: &Center) -> Digest {
    let services = center.services.iter().map(|(name, service)| Offered {
        name: name.clone(),
        anonymous: service.anonymous,
        identity_key: service.identity_key.clone(),
    });
    Digest { version: center.version, services: services.collect() }
}
