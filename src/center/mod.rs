//! What the contact center is: units, services, queues, agents, hours, keys, as one versioned value. Pure: it is read from
//! text and checked elsewhere in this room, never from a file or the store.

mod diff;
mod entries;
mod fields;
mod file;
mod hours;
mod problem;
mod refer;
#[cfg(test)]
mod tests;
mod units;

pub use diff::{Change, Difference, diff};
pub use entries::export;
pub use file::{Source, parse};
pub use problem::Problem;

use std::collections::BTreeMap;

use crate::limits;
use crate::words::AgentId;

/// One version of the configuration. An interaction remembers the version that it began with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Center {
    /// Counts up from 1 with every `holdfast apply`; 0 is the empty configuration.
    pub version: u64,
    /// Parts of the company, by name.
    pub units: BTreeMap<String, Unit>,
    /// Named entry points.
    pub services: BTreeMap<String, Service>,
    /// Queues.
    pub queues: BTreeMap<String, Queue>,
    /// Agents and supervisors.
    pub agents: BTreeMap<AgentId, Agent>,
    /// Opening hours.
    pub hours: BTreeMap<String, Hours>,
    /// API keys of integrations, by name.
    pub keys: BTreeMap<String, ApiKey>,
}

/// A part of the company; staff see their units only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Shown to people.
    pub title: String,
}

/// A named entry point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The unit it belongs to.
    pub unit: String,
    /// Where its interactions wait.
    pub queue: String,
    /// Said by the flow at the start; `None` says nothing.
    pub greeting: Option<String>,
    /// Opening hours by name; `None` is always open.
    pub hours: Option<String>,
    /// Codes that an interaction may be filed under; empty allows any.
    pub dispositions: Vec<String>,
    /// Whether anonymous customers may create sessions here.
    pub anonymous: bool,
    /// What ends what, and when.
    pub timers: Timers,
    /// What the flow tells the customer.
    pub texts: Texts,
    /// How fast each party may write.
    pub rate: Rate,
    /// Key that verifies signed identities (HS256 secret or ES256 public key in PEM); `None` refuses identities.
    pub identity_key: Option<String>,
}

/// Durations of a service, milliseconds. `docs/endings.md` has one row for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timers {
    /// A party that is not seen for this long is shown away.
    pub absent_after: u64,
    /// A party that is not seen for this long has left. Larger than `absent_after`.
    pub leave_after: u64,
    /// Longest wait for an agent; then the flow says so and closes.
    pub longest_wait: u64,
    /// Silence until the idle alert.
    pub idle_alert_after: u64,
    /// From the alert to the idle close.
    pub idle_close_after: u64,
    /// Wrap-up of an agent after the close: then the assignment is concluded without them.
    pub wrap_up_max: u64,
    /// From the close to `stopped` at the latest.
    pub post_max: u64,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            absent_after: 20_000,
            leave_after: 300_000,
            longest_wait: 1_800_000,
            idle_alert_after: 600_000,
            idle_close_after: 120_000,
            wrap_up_max: 600_000,
            post_max: 86_400_000,
        }
    }
}

/// How fast one customer or member of staff may write in one session; `limits` in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Events per second in the long run; 0 is no limit.
    pub events_per_second: u32,
    /// Events at once; 0 is no limit.
    pub burst: u32,
}

impl Default for Rate {
    fn default() -> Self {
        Self { events_per_second: limits::PARTY_EVENTS_PER_SECOND, burst: limits::PARTY_EVENTS_BURST }
    }
}

/// What the flow tells the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// Outside opening hours.
    pub closed: String,
    /// The queue is full.
    pub full: String,
    /// Nobody is signed in.
    pub nobody: String,
    /// The longest wait is over.
    pub waited: String,
    /// Before an idle close.
    pub idle: String,
}

impl Default for Texts {
    fn default() -> Self {
        Self {
            closed: "We are closed at the moment. Please come back during our opening hours.".into(),
            full: "All lines are busy and the queue is full. Please try again later.".into(),
            nobody: "No agent is signed in at the moment. You are in line and will be served when one is."
                .into(),
            waited: "We are sorry: no agent became free in time. Please try again later.".into(),
            idle: "Are you still there? This chat will be closed soon unless someone writes.".into(),
        }
    }
}

/// Where interactions wait for agents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// The unit it belongs to.
    pub unit: String,
    /// How long an agent has to answer an offer, milliseconds.
    pub offer_timeout: u64,
    /// How many may wait; past that new ones are told so and closed.
    pub limit: u32,
    /// Larger is served first.
    pub priority: i32,
}

/// An agent or supervisor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Shown to customers.
    pub nick: String,
    /// The units whose sessions and records they see; the first is their home.
    pub units: Vec<String>,
    /// What they may do.
    pub roles: Vec<StaffRole>,
    /// The queues they serve.
    pub queues: Vec<String>,
    /// How many interactions at once.
    pub capacity: u32,
    /// argon2id hash in PHC form.
    pub password: String,
}

/// What a person or program may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StaffRole {
    /// Serve customers.
    Agent,
    /// Watch, coach, take over, read records.
    Supervisor,
    /// Change the configuration, drain, drill.
    Admin,
}

/// Weekly opening hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    /// IANA time zone.
    pub zone: String,
    /// Day 1 (Monday) to 7, minutes of the day from and to (exclusive).
    pub open: Vec<(u8, u16, u16)>,
    /// Dates (`YYYY-MM-DD`) that are closed all day.
    pub closed: Vec<String>,
}

/// A program that uses the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// SHA-256 of the key, hexadecimal.
    pub hash: String,
    /// What it may do.
    pub roles: Vec<StaffRole>,
    /// The units it sees.
    pub units: Vec<String>,
}
