//! The configuration on this node: the version in force, and those that open interactions began with. Never parses and
//! never stores.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use parking_lot::Mutex;

use crate::center::{Center, Queue, Service};
use crate::words::Time;

/// All versions that this node knows.
#[derive(Debug)]
pub struct Centers {
    known: ArcSwap<Known>,
    /// Whether hours of one version are open, as of a minute.
    open: Mutex<BTreeMap<(u64, String), (u64, bool)>>,
}

#[derive(Debug)]
struct Known {
    current: Arc<Center>,
    versions: BTreeMap<u64, Arc<Center>>,
}

/// A service in the version that a session lives by. Service, queue and hours are pinned; whom the center knows is not.
#[derive(Debug)]
pub struct Place {
    pinned: Arc<Center>,
    current: Arc<Center>,
    service: String,
    open: bool,
}

impl Centers {
    /// With the empty configuration only.
    #[must_use]
    pub fn empty() -> Self {
        let current = Arc::new(Center::default());
        let known = Known { versions: BTreeMap::from([(0, current.clone())]), current };
        Self { known: ArcSwap::from_pointee(known), open: Mutex::default() }
    }

    /// The version in force.
    #[must_use]
    pub fn current(&self) -> Arc<Center> {
        self.known.load().current.clone()
    }

    /// Adds a version; the highest is in force.
    pub fn add(&self, center: Center) {
        self.known.rcu(|known| {
            let mut versions = known.versions.clone();
            versions.insert(center.version, Arc::new(center.clone()));
            let current =
                versions.last_key_value().map_or_else(|| known.current.clone(), |(_, last)| last.clone());
            Known { current, versions }
        });
    }

    /// A service as a session sees it. A version that is gone, or that has lost the service, is replaced by the latest that
    /// has it: an open interaction must always find rules to end by. `None` when no version ever had the service.
    #[must_use]
    pub fn place(&self, version: Option<u64>, service: &str, now: Time) -> Option<Place> {
        let known = self.known.load();
        let has = |center: &&Arc<Center>| {
            center.services.get(service).is_some_and(|found| center.queues.contains_key(&found.queue))
        };
        let center = match version {
            Some(version) => {
                let own = known.versions.get(&version).filter(has);
                own.or_else(|| known.versions.values().rev().find(has))?
            }
            None => Some(&known.current).filter(has)?,
        };
        let open = self.is_open(center, service, now);
        Some(Place {
            pinned: center.clone(),
            current: known.current.clone(),
            service: service.to_owned(),
            open,
        })
    }

    fn is_open(&self, center: &Center, service: &str, now: Time) -> bool {
        let name = center.services.get(service).and_then(|service| service.hours.as_ref());
        let Some((name, hours)) = name.and_then(|name| center.hours.get_key_value(name)) else { return true };
        let (minute, mut cache) = (now.0 / 60_000, self.open.lock());
        match cache.get(&(center.version, name.clone())) {
            Some((at, open)) if *at == minute => *open,
            _ => {
                let open = hours.is_open(now);
                cache.insert((center.version, name.clone()), (minute, open));
                open
            }
        }
    }
}

impl Place {
    /// The service.
    #[must_use]
    pub fn service(&self) -> &Service {
        &self.pinned.services[&self.service]
    }

    /// The service's queue.
    #[must_use]
    pub fn queue(&self) -> &Queue {
        &self.pinned.queues[&self.service().queue]
    }

    /// Whether it is within the opening hours.
    #[must_use]
    pub fn open(&self) -> bool {
        self.open
    }

    /// The version in force, whatever the session began with: agents, their roles and nicknames, and the queues that one
    /// can send on to come and go during a session's life.
    #[must_use]
    pub fn center(&self) -> &Center {
        &self.current
    }
}
