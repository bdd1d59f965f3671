//! To whom an edge listens: to every node of the map, by links that are kept up; and, while it hears nobody by those, to
//! whoever answers at the addresses that it was told at its start. Never serves.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, select};
use futures_util::stream::BoxStream;
use holdfast_cluster::link::{Addressee, Calls, Dialer, Lane, Links, Peer};
use parking_lot::Mutex;

use super::super::super::lifecycle::Life;
use super::super::cluster::peers::listen;
use crate::limits;
use crate::runtime::{Runtime, watch};
use crate::shard::door::edge::Heard;

/// An edge's ears.
pub(super) struct Listening {
    runtime: Arc<dyn Runtime>,
    life: Life,
    heard: Arc<Heard>,
    dialer: Dialer,
    links: Arc<Links>,
    /// Nodes that are followed by a link, whether it is up or not.
    followed: Mutex<BTreeSet<String>>,
    /// By how many links somebody is listened to.
    linked: watch::Sender<usize>,
}

impl Listening {
    pub(super) fn new(
        (runtime, life): (Arc<dyn Runtime>, Life),
        heard: Arc<Heard>,
        (dialer, links): (Dialer, Arc<Links>),
    ) -> Arc<Self> {
        let (followed, linked) = (Mutex::default(), watch::channel(0).0);
        Arc::new(Self { runtime, life, heard, dialer, links, followed, linked })
    }

    pub(super) fn start(self: &Arc<Self>, addresses: Vec<String>) {
        let (map, first) = (self.clone(), self.clone());
        self.runtime.spawn(Box::pin(async move { map.follow_map().await }));
        self.runtime.spawn(Box::pin(async move { first.find_somebody(addresses).await }));
    }

    /// Keeps a link to everybody who is up.
    async fn follow_map(self: Arc<Self>) {
        let mut charts = self.heard.charts();
        while charts.changed().await.is_ok() {
            charts.mark_unchanged();
            let nodes = &self.heard.chart().nodes;
            let peers: Vec<Peer> = nodes.iter().map(|(name, address)| Peer::new(name, 0, address)).collect();
            self.links.set_peers(&peers);
            nodes.iter().for_each(|(name, _)| self.begin_to_follow(name));
        }
    }

    fn begin_to_follow(self: &Arc<Self>, node: &str) {
        if self.followed.lock().insert(node.to_owned()) {
            let (ears, node) = (self.clone(), node.to_owned());
            self.runtime.spawn(Box::pin(async move { ears.follow(&node).await }));
        }
    }

    /// Listens to one node, again and again, until it is not one of the map any more.
    async fn follow(&self, node: &str) {
        loop {
            if self.links.connected(node).await
                && let Some(told) = listen(|stream, body| self.links.open(node, stream, body))
            {
                self.linked.send_modify(|count| *count += 1);
                self.heard.listen(node, told).await;
                self.linked.send_modify(|count| *count -= 1);
            }
            {
                // Held, so that whoever names the node anew meanwhile is not missed.
                let mut followed = self.followed.lock();
                let is_known = self.links.states().iter().any(|(peer, _)| *peer.name == *node);
                if !is_known {
                    followed.remove(node);
                    return;
                }
            }
            self.pause().await;
        }
    }

    /// Asks at one address after the other for as long as no link carries anything.
    async fn find_somebody(self: Arc<Self>, addresses: Vec<String>) {
        let mut linked = self.linked.subscribe();
        for address in addresses.iter().cycle() {
            // Its sender lives as long as this does.
            let _ = linked.wait_for(|count| *count == 0).await;
            match self.ask_at(address).await {
                Ok((node, told)) => {
                    let listening = Box::pin(self.heard.listen(&node, told));
                    let relieved = Box::pin(async { drop(linked.wait_for(|count| *count > 0).await) });
                    if let Either::Right(((), listening)) = select(listening, relieved).await {
                        // What a link carries is not heard at once: nobody is let go before.
                        let a_moment = self.runtime.sleep(Duration::from_millis(limits::EDGE_SILENT));
                        select(listening, a_moment).await;
                    }
                }
                Err(why) => self.life.wait_for(Some(format!("waits for its cluster: {address}: {why}"))),
            }
            self.pause().await;
        }
    }

    async fn ask_at(&self, address: &str) -> Result<(String, BoxStream<'static, Bytes>), String> {
        let dialed = self.dialer.dial(address, Addressee::Any, Lane::Edge).await;
        let connection = dialed.map_err(|error| error.to_string())?;
        let node = connection.peer().name.to_string();
        let calls = Calls::start(connection, self.dialer.counters()).map_err(|error| error.to_string())?;
        let told = listen(|stream, body| calls.open(stream, body)).ok_or("it has no place for this")?;
        Ok((node, told))
    }

    async fn pause(&self) {
        self.runtime.sleep(Duration::from_millis(limits::EDGE_AGAIN)).await;
    }
}
