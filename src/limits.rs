//! Every limit, in one place, with its unit.

// Agents.

/// Milliseconds after which a device that has no stream and sends nothing is signed out.
pub const AGENT_ABSENT_AFTER: u64 = 60_000;
/// Milliseconds from the opening of an agent's day to its end at the latest.
pub const AGENT_DAY_MAX: u64 = 86_400_000;
/// Milliseconds past an offer's deadline until its session is asked whether it still holds the reservation. Longer than the
/// clocks of two nodes differ, so that a session which denies it has seen the deadline pass too.
pub const AGENT_HOLDS_GRACE: u64 = 5_000;
/// Finished reservations that an agent's day remembers.
pub const AGENT_PAST_MAX: usize = 256;
/// Devices of one agent signed in at once.
pub const AGENT_DEVICES_MAX: usize = 8;
/// Devices of one agent whose last sign of life is kept.
pub const AGENT_SEEN_MAX: usize = 32;
/// Characters of a device's name and of a state's reason.
pub const AGENT_NAME_MAX: usize = 64;
/// Queues that one agent serves.
pub const AGENT_QUEUES_MAX: usize = 256;
/// Interactions at once of one agent.
pub const AGENT_CAPACITY_MAX: u32 = 1_000;
/// Milliseconds that an offer may last.
pub const OFFER_TIMEOUT_MAX: u64 = 3_600_000;

// The matchmaker.

/// Milliseconds that an unanswered proposal counts against an agent's capacity.
pub const PROPOSAL_MAX: u64 = 5_000;
/// Milliseconds that a session waits for somebody else before it is offered again to one who just declined.
pub const AVOID_PAUSE: u64 = 2_000;
/// Milliseconds that an agent who refused a proposal is left alone, unless they announce themselves before.
pub const REFUSED_PAUSE: u64 = 1_000;
/// Sessions that one matchmaker knows.
pub const SEEKS_MAX: usize = 100_000;
/// Agents that a session avoids.
pub const AVOID_MAX: usize = 16;
/// Proposals made at once; more follow at the next call.
pub const PROPOSALS_MAX: usize = 256;
/// Decisions of a matchmaker that can be explained afterwards.
pub const EXPLAINED_MAX: usize = 1_024;
/// Agents that an explanation names as passed over.
pub const PASSED_MAX: usize = 8;

// Configuration files.

/// Bytes of one configuration file.
pub const CONFIG_FILE_MAX: usize = 16 * 1024 * 1024;
/// Problems reported of one set of files.
pub const PROBLEMS_MAX: usize = 100;
/// Characters of a title, a nickname or a disposition code in the configuration.
pub const TITLE_MAX: usize = 128;
/// Bytes of a text that a service says.
pub const SAID_MAX: usize = 8 * 1024;
/// Entries of one list in the configuration.
pub const CONFIG_LIST_MAX: usize = 1_000;
/// Sessions that may wait in one queue.
pub const QUEUE_LIMIT_MAX: u32 = 100_000;
/// Milliseconds of any duration in the configuration: 366 days.
pub const CONFIG_DURATION_MAX: u64 = 366 * 86_400_000;
