//! The names of all log fields, with what they hold. `tracing` wants them written out at each place; this list is what
//! they are checked against and what `docs/logs.md` shows. Never holds a value.

/// Target of audit lines: sign-ins, configuration changes, transcript reads, drains.
pub const AUDIT: &str = "audit";

/// One field.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub help: &'static str,
}

const fn field(name: &'static str, help: &'static str) -> Field {
    Field { name, help }
}

/// Every field that Holdfast writes.
pub const FIELDS: &[Field] = &[
    field("request_id", "Id of one request, also in the answer's header `x-request-id`."),
    field("surface", "Which API: public, staff, ops."),
    field("listener", "Which listener: public, staff, ops, peer."),
    field("method", "HTTP method."),
    field("route", "Route pattern, never the path with its ids."),
    field("status", "HTTP status of the answer."),
    field("session", "Session id."),
    field("agent", "Sign-in name of an agent."),
    field("shard", "Number of a shard."),
    field("error", "What an operating error says of itself."),
    field("who", "Audit: the person, key or node that acted."),
    field("what", "Audit: what was done."),
    field("whom", "Audit: whom or what it was done to."),
    field("outcome", "Audit: `done` or `refused`."),
    field("version", "Version of the configuration, or of Holdfast in the first line."),
    field("node", "Name of this node."),
    field("phase", "Starting, ready, draining, stopped."),
    field("address", "Address of a listener or of whoever connected to it."),
    field("seconds", "Duration in seconds."),
    field("millis", "Duration in milliseconds."),
    field(
        "generation",
        "Generation of the cluster: one more with each founding on a store, or start of a single node.",
    ),
    field("incarnation", "One life of a node: the entry of the Raft log by which it joined."),
    field(
        "map_level",
        "What every node of the cluster understands of stored and spoken things, as a number.",
    ),
    field("peer", "Name of another node."),
    field("shards", "Number of shards of the cluster; in a takeover, of those that changed their owner."),
    field("gained", "Shards that came to this node in a takeover or hand-over."),
    field("sessions", "Sessions in those shards that were open."),
    field("deposed_ms", "Takeover: milliseconds until the map showed the new owners."),
    field("fenced_ms", "Takeover: milliseconds until the fences were stored that this node waited for."),
    field("read_ms", "Takeover: milliseconds until this node had read the active lists of its new shards."),
    field("acknowledged_ms", "Takeover: milliseconds until the first acknowledgement in one of them."),
    field("count", "How many."),
    field("journal", "Session id, or sign-in name of an agent and the number of the day."),
    field("why", "Why a node was deposed, or what made a machine fail; never text of a chat."),
    field("last", "Last seq that the store still has."),
    field("promised", "Last seq that was published."),
    field("tries", "How often a write was tried."),
    field("free_bytes", "Free space of the store's file system."),
    field("reserve_bytes", "Free space below which new messages are refused."),
    field("code", "Which assumption about the store, as in docs/runbook/cassandra.md."),
    field("runbook", "Page and heading that say what to do."),
    field("keyspace", "Keyspace of Cassandra."),
    field("full", "Whether new messages are refused for want of space."),
];
