//! What an edge knows: what nodes tell it, each for itself, the newest of it counting. It listens to every node that it can
//! reach, so that none is missed when it dies. An edge that hears nobody who can do anything for its clients is adrift. Never
//! asks, never stores, and never believes an older map while somebody who told a newer one is heard.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use futures_util::stream::BoxStream;
use parking_lot::Mutex;

use crate::center::{Center, Rate, Service, Texts, Timers};
use crate::limits;
use crate::runtime::{Runtime, watch};
use crate::shard::door::Wait;
use crate::shard::door::many::{Behind, Owner, Owners};
use crate::shard::tenure::Adrift;
use crate::shard::wire::{Chart, Digest, Feed};

/// What an edge knows.
pub struct Heard {
    runtime: Arc<dyn Runtime>,
    chart: ArcSwap<Chart>,
    center: ArcSwap<Center>,
    /// Who is heard, and whether each of them is adrift itself; the number is that of the listening.
    voices: Mutex<BTreeMap<(Arc<str>, u64), bool>>,
    /// Grows with each map.
    charts: watch::Sender<u64>,
    key: watch::Sender<Option<[u8; 32]>>,
    /// Whether somebody is heard who can do something for clients.
    company: watch::Sender<bool>,
    adrift: watch::Sender<bool>,
}

impl Heard {
    /// Nothing yet.
    #[must_use]
    pub fn nothing(runtime: Arc<dyn Runtime>) -> Arc<Self> {
        let heard = Arc::new(Self {
            runtime,
            chart: ArcSwap::default(),
            center: ArcSwap::default(),
            voices: Mutex::default(),
            charts: watch::channel(0).0,
            key: watch::channel(None).0,
            company: watch::channel(false).0,
            adrift: watch::channel(false).0,
        });
        let drifting = heard.clone();
        heard.runtime.spawn(Box::pin(async move { drifting.drift().await }));
        heard
    }

    /// Listens to a node until what it tells ends. One that falls silent is not counted until it is heard again.
    pub async fn listen(&self, node: &str, mut told: BoxStream<'static, Bytes>) {
        let number = u64::try_from(self.runtime.random() & u128::from(u64::MAX)).unwrap_or(0);
        let voice = Voice { heard: self, of: (node.into(), number) };
        loop {
            let silent = self.runtime.sleep(Duration::from_millis(limits::EDGE_SILENT));
            let feed = match select(told.next(), silent).await {
                Either::Left((Some(bytes), _)) => Feed::decode(&bytes),
                Either::Left((None, _)) => return,
                Either::Right(_) => {
                    voice.falls_silent();
                    continue;
                }
            };
            match feed {
                Ok(Feed::Chart(chart)) => self.charted(chart, voice.is_alone()),
                Ok(Feed::Center(digest)) => self.configured(&digest, voice.is_alone()),
                Ok(Feed::Key(key)) => self.keyed(key),
                Ok(Feed::Beat { adrift }) => voice.beats(adrift),
                // A later release may tell more than this one understands.
                Err(_) => {}
            }
        }
    }

    /// Waits until enough is known to serve; the number of shards.
    pub async fn enough(&self) -> u16 {
        let (mut charts, mut key) = (self.charts.subscribe(), self.key.subscribe());
        let mut company = self.company.subscribe();
        // Their senders live as long as this does.
        let _ = charts.wait_for(|count| *count > 0 && !self.chart.load().shards.is_empty()).await;
        let _ = key.wait_for(Option::is_some).await;
        let _ = company.wait_for(|company| *company).await;
        u16::try_from(self.chart.load().shards.len()).unwrap_or(u16::MAX)
    }

    /// The map.
    #[must_use]
    pub fn chart(&self) -> Arc<Chart> {
        self.chart.load_full()
    }

    /// Sees a number that grows with every change of the map.
    #[must_use]
    pub fn charts(&self) -> watch::Receiver<u64> {
        self.charts.subscribe()
    }

    /// The customers' key, once it is known.
    #[must_use]
    pub fn key(&self) -> watch::Receiver<Option<[u8; 32]>> {
        self.key.subscribe()
    }

    /// Whether nobody is heard who can do something for clients.
    #[must_use]
    pub fn adrift(&self) -> Adrift {
        self.adrift.subscribe()
    }

    /// How many nodes are heard.
    #[must_use]
    pub fn count(&self) -> usize {
        let voices = self.voices.lock();
        let mut names: Vec<&Arc<str>> = voices.keys().map(|(name, _)| name).collect();
        names.dedup();
        names.len()
    }

    /// Whoever hears one node alone believes it: the cluster may have been founded anew meanwhile.
    fn charted(&self, new: Chart, alone: bool) {
        let mut taken = false;
        self.chart.rcu(|old| {
            let is_newer = (new.generation, new.applied) > (old.generation, old.applied);
            taken = is_newer || alone;
            if taken { Arc::new(new.clone()) } else { old.clone() }
        });
        if taken {
            self.charts.send_modify(|count| *count += 1);
        }
    }

    fn configured(&self, digest: &Digest, alone: bool) {
        let new = Arc::new(center(digest));
        self.center.rcu(|old| if alone || new.version > old.version { new.clone() } else { old.clone() });
    }

    fn keyed(&self, key: [u8; 32]) {
        self.key.send_if_modified(|known| known.replace(key) != Some(key));
    }

    /// Whoever hears nobody for a while is adrift until it hears somebody.
    async fn drift(&self) {
        let mut company = self.company.subscribe();
        // Their senders live as long as this does.
        while company.wait_for(|company| !company).await.is_ok() {
            let late = self.runtime.sleep(Duration::from_millis(limits::ADRIFT_AFTER));
            let came = Box::pin(company.wait_for(|company| *company));
            if matches!(select(came, late).await, Either::Left(_)) {
                continue;
            }
            if *self.charts.borrow() == 0 {
                // It has never heard of anybody, and has no clients.
                let _ = company.wait_for(|company| *company).await;
                continue;
            }
            tracing::warn!("no node is heard: clients are sent elsewhere");
            self.adrift.send_replace(true);
            let _ = company.wait_for(|company| *company).await;
            tracing::info!("a node is heard again: clients may stay");
            self.adrift.send_replace(false);
        }
    }

    fn tell_company(&self, voices: &BTreeMap<(Arc<str>, u64), bool>) {
        let now = voices.values().any(|adrift| !adrift);
        self.company.send_if_modified(|company| std::mem::replace(company, now) != now);
    }
}

/// One node that is listened to.
struct Voice<'a> {
    heard: &'a Heard,
    of: (Arc<str>, u64),
}

impl Voice<'_> {
    fn beats(&self, adrift: bool) {
        let mut voices = self.heard.voices.lock();
        voices.insert(self.of.clone(), adrift);
        self.heard.tell_company(&voices);
    }

    /// Whether no other node is heard.
    fn is_alone(&self) -> bool {
        self.heard.voices.lock().keys().all(|voice| *voice == self.of)
    }

    fn falls_silent(&self) {
        let mut voices = self.heard.voices.lock();
        voices.remove(&self.of);
        self.heard.tell_company(&voices);
    }
}

impl Drop for Voice<'_> {
    fn drop(&mut self) {
        self.falls_silent();
    }
}

impl Behind for Arc<Heard> {
    fn center(&self) -> Arc<Center> {
        self.center.load_full()
    }
}

/// Nothing is here.
impl Owners for Arc<Heard> {
    fn owner(&self, shard: u16) -> Owner {
        let chart = self.chart.load();
        let Some((Some(owner), epoch)) = chart.shards.get(usize::from(shard)) else { return Owner::Nobody };
        match chart.nodes.get(usize::from(*owner)) {
            Some((name, _)) => Owner::There(name.as_str().into(), *epoch),
            None => Owner::Nobody,
        }
    }

    fn changed(&self, shard: u16, from: Owner) -> Wait<()> {
        let (heard, mut charts) = (self.clone(), self.charts.subscribe());
        Box::pin(async move {
            // Their sender lives as long as this does.
            let _ = charts.wait_for(|_| heard.owner(shard) != from).await;
        })
    }

    fn others(&self) -> Vec<Arc<str>> {
        self.chart.load().nodes.iter().map(|(name, _)| name.as_str().into()).collect()
    }
}

/// The contact center as the public door sees it; what it does not need is as if nothing were configured.
fn center(digest: &Digest) -> Center {
    let services = digest.services.iter().map(|known| {
        let service = Service {
            unit: String::new(),
            queue: String::new(),
            greeting: None,
            hours: None,
            dispositions: Vec::new(),
            anonymous: known.anonymous,
            timers: Timers::default(),
            texts: Texts::default(),
            rate: Rate::default(),
            identity_key: known.identity_key.clone(),
        };
        (known.name.clone(), service)
    });
    Center { version: digest.version, services: services.collect(), ..Center::default() }
}
