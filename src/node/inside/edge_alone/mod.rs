//! An edge: the public door alone. It has no store, no shard, no vote and no key but the customers', which nodes tell it and
//! which stays in memory. Never listens to anybody but customers and whoever scrapes it.

mod listening;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use anyhow::Context as _;
use holdfast_cluster::link::{Dialer, Identity, LinkCounters, Links};
use secrecy::ExposeSecret as _;

use self::listening::Listening;
use super::super::assembly::{Build, Built, Peering};
use super::super::config::Settings;
use super::super::lifecycle::Life;
use super::super::listeners::Mutual;
use super::cluster::figures;
use super::cluster::peers::LinkedPeers;
use super::{audit, bounds};
use crate::edge::auth::token::Signer;
use crate::edge::{self, Shared};
use crate::metrics;
use crate::runtime::Runtime;
use crate::shard::door::Wait;
use crate::shard::door::edge::Heard;
use crate::shard::start_edge;

/// Builds an edge.
pub(super) struct Outside;

impl Build for Outside {
    fn build(
        self: Box<Self>,
        settings: &Settings,
        runtime: Arc<dyn Runtime>,
        (life, peer): (Life, Peering),
    ) -> Wait<anyhow::Result<Built>> {
        let settings = settings.clone();
        Box::pin(async move { start(&settings, runtime, (&life, peer.tls)).await })
    }
}

/// Waits until it has heard enough to serve.
async fn start(
    settings: &Settings,
    runtime: Arc<dyn Runtime>,
    (life, tls): (&Life, Option<Arc<Mutual>>),
) -> anyhow::Result<Built> {
    let secret = settings.edge_secret.as_ref().context("an edge has a secret")?.expose_secret();
    let identity = Identity::of_edge(&settings.cluster.name, &settings.node.name, secret.as_bytes())?;
    let counters = Arc::<LinkCounters>::default();
    let dialer = Dialer::new(identity, tls.as_deref().map(Mutual::outward), counters.clone());
    // Whether a link is up is seen by what comes over it.
    let links = Links::new(dialer.clone(), Arc::new(|_, _| {}));
    let heard = Heard::nothing(runtime.clone());
    let listening = Listening::new((runtime.clone(), life.clone()), heard.clone(), (dialer, links.clone()));
    listening.start(settings.cluster.join.0.clone());
    let shards = heard.enough().await;
    life.wait_for(None);
    tracing::info!(shards, count = heard.count(), "the edge has found its cluster");

    let door = start_edge(runtime.clone(), shards, (&heard, Arc::new(LinkedPeers::new(links.clone()))));
    let key = heard.key().borrow().context("it is told before anything is served")?;
    let shared =
        Shared::new((door, Signer::of_customers(&key)), runtime.clone(), Arc::new(audit), bounds(settings));
    shared.heed_drift(heard.adrift());
    runtime.spawn(Box::pin(renew(shared.clone(), heard.clone())));
    let (counted, kept) = (heard.clone(), links.clone());
    metrics::before_scrape(move || {
        figures::wires(&kept, &counters);
        figures::heard(&counted);
    });
    Ok(Built {
        public: edge::public(shared.clone()),
        within: None,
        check: Arc::new(move || ready(&heard)),
        drain: Box::new(move || Box::pin(async move { shared.close().await })),
        close: Box::new(move || Box::pin(async move { links.stop().await })),
    })
}

/// Takes the customers' key over whenever nodes tell another one.
async fn renew(shared: Arc<Shared>, heard: Arc<Heard>) {
    let mut key = heard.key();
    while key.changed().await.is_ok() {
        let known = *key.borrow_and_update();
        known.iter().for_each(|key| shared.signer.renew(key));
    }
}

/// Ready means: somebody is heard who can do something for customers.
fn ready(heard: &Heard) -> Result<(), String> {
    if *heard.adrift().borrow() {
        return Err("cut off from all nodes: it serves again when one is heard".into());
    }
    Ok(())
}
