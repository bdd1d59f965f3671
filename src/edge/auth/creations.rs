//! How many sessions strangers may create on this node, per address and in all, so that one visitor cannot fill the store
//! and the queues. Never counts who has a verified identity, and never remembers more than a bounded number of addresses.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::edge::refusals::{Code, Problem};
use crate::limits::ATTEMPT_KEYS;

/// Creations a minute; 0 is no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// From one address. Loopback is not counted: it is a proxy or a tool of this machine.
    pub per_address: u32,
    /// On this node.
    pub per_node: u32,
}

/// The buckets.
pub struct Creations {
    addresses: Option<DefaultKeyedRateLimiter<IpAddr>>,
    all: Option<DefaultDirectRateLimiter>,
}

impl std::fmt::Debug for Creations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Creations")
    }
}

impl Creations {
    /// Buckets of this size.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        let quota = |count| NonZeroU32::new(count).map(Quota::per_minute);
        Self {
            addresses: quota(bounds.per_address).map(RateLimiter::keyed),
            all: quota(bounds.per_node).map(RateLimiter::direct),
        }
    }

    /// Counts one creation, or says when the next may be tried.
    pub fn count(&self, address: Option<IpAddr>) -> Result<(), Problem> {
        let now = DefaultClock::default().now();
        if let (Some(addresses), Some(network)) = (&self.addresses, address.and_then(network)) {
            if addresses.len() > ATTEMPT_KEYS {
                addresses.retain_recent();
            }
            addresses.check_key(&network).map_err(|not| refuse(not.wait_time_from(now)))?;
        }
        match &self.all {
            Some(all) => all.check().map_err(|not| refuse(not.wait_time_from(now))),
            None => Ok(()),
        }
    }
}

fn refuse(wait: Duration) -> Problem {
    crate::edge::http::meter::shed("creations");
    Problem::later(Code::TooManySessions, u64::try_from(wait.as_millis()).unwrap_or(60_000))
}

/// What counts as one address: of IPv6 the 64 bits that a network hands to one customer. `None` is not counted.
fn network(address: IpAddr) -> Option<IpAddr> {
    let address = address.to_canonical();
    if address.is_loopback() {
        return None;
    }
    Some(match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(long) => Ipv6Addr::from_bits(long.to_bits() & (u128::MAX << 64)).into(),
    })
}
