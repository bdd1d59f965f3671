//! What a member must be told. Never holds bounds: those are in `limits`.

use std::time::Duration;

use crate::ownership::NodeName;

/// A member's settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// The node's stable name.
    pub name: NodeName,
    /// Where its peer port is, as others reach it.
    pub address: String,
    /// How fast it notices and acts.
    pub timing: Timing,
    /// How many members vote, once there are so many: 1, 3 or 5.
    pub voters: usize,
    /// How long a voter may be down before another node votes in its place.
    pub replace_after: Duration,
}

/// How fast a member notices and acts. All members of a cluster should have the same.
#[derive(Clone, Debug)]
pub struct Timing {
    /// Between two heartbeats of the leader.
    pub heartbeat: Duration,
    /// The shortest time after which a silent leader is replaced.
    pub election_min: Duration,
    /// The longest; also how long a follower trusts a leader that it heard.
    pub election_max: Duration,
    /// Entries between two snapshots.
    pub snapshot_every: u64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_millis(50),
            election_min: Duration::from_millis(150),
            election_max: Duration::from_millis(300),
            snapshot_every: 5000,
        }
    }
}

impl Config {
    /// The settings that are right for most, for a node of this name and address.
    #[must_use]
    pub fn new(name: &str, address: &str) -> Self {
        Self {
            name: NodeName::from(name),
            address: address.to_owned(),
            timing: Timing::default(),
            voters: 3,
            replace_after: Duration::from_secs(60),
        }
    }
}
