//! How often sign-in may be tried, per agent name and per address. Never remembers more than a bounded number of either.

use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::edge::refusals::{Code, Problem};
use crate::limits::{ATTEMPT_KEYS, ATTEMPTS_PER_ADDRESS, ATTEMPTS_PER_AGENT};

/// The buckets.
pub struct Attempts {
    agents: DefaultKeyedRateLimiter<String>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
}

impl std::fmt::Debug for Attempts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Attempts")
    }
}

impl Default for Attempts {
    fn default() -> Self {
        let per_minute = |count: u32| Quota::per_minute(NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN));
        Self {
            agents: RateLimiter::keyed(per_minute(ATTEMPTS_PER_AGENT)),
            addresses: RateLimiter::keyed(per_minute(ATTEMPTS_PER_ADDRESS)),
        }
    }
}

impl Attempts {
    /// Counts one attempt, or says when the next may be made.
    pub fn count(&self, agent: &str, address: Option<IpAddr>) -> Result<(), Problem> {
        self.forget();
        // Names are cut, so that a long one cannot be used to fill memory.
        let agent: String = agent.chars().take(64).collect();
        let refuse = |wait: std::time::Duration| {
            Problem::later(Code::TooManyAttempts, u64::try_from(wait.as_millis()).unwrap_or(60_000))
        };
        let now = DefaultClock::default().now();
        if let Some(address) = address {
            self.addresses.check_key(&address).map_err(|not| refuse(not.wait_time_from(now)))?;
        }
        self.agents.check_key(&agent).map_err(|not| refuse(not.wait_time_from(now)))
    }

    fn forget(&self) {
        if self.agents.len() > ATTEMPT_KEYS {
            self.agents.retain_recent();
        }
        if self.addresses.len() > ATTEMPT_KEYS {
            self.addresses.retain_recent();
        }
    }
}
