//! The table of metrics: name, kind, labels, unit and meaning, each in one place. `docs/metrics.md` is made from it.
//! Never counts anything.

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only goes up, and begins again at a start.
    Counter,
    /// Goes up and down.
    Gauge,
    /// How often values fell into each range.
    Histogram,
}

/// One metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Name as it is scraped.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Label names, bounded sets only.
    pub labels: &'static [&'static str],
    /// What one of it is.
    pub unit: &'static str,
    /// What it means.
    pub help: &'static str,
}

/// Bounds of every histogram of seconds: half a millisecond to ten seconds, where promises are made.
pub const SECONDS: [f64; 14] =
    [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];

macro_rules! metrics {
    ($($id:ident = $kind:ident $name:literal [$($label:literal),*] $unit:literal $help:literal;)*) => {
        $(
            #[doc = $help]
            pub const $id: Metric = Metric {
                name: $name, kind: Kind::$kind, labels: &[$($label),*], unit: $unit, help: $help,
            };
        )*
        /// Every metric, in the order of the documentation.
        pub const ALL: &[Metric] = &[$($id),*];
    };
}

metrics! {
    REQUESTS = Counter "holdfast_requests_total" ["surface", "outcome"] "requests"
        "Requests answered, by surface and outcome: ok, refused, unknown (ask again under the same id), failed.";
    REQUEST_SECONDS = Histogram "holdfast_request_seconds" ["surface"] "seconds"
        "From the request to its answer; long polls and streams are not in it.";
    SHED = Counter "holdfast_shed_total" ["reason"] "requests"
        "Refused because a bound was reached, by reason.";
    SOCKETS = Gauge "holdfast_sockets" ["surface"] "connections"
        "WebSocket connections that are open.";
    CONNECTIONS = Gauge "holdfast_connections" ["listener"] "connections"
        "TCP connections that are open, WebSockets included.";
    CONNECTIONS_TOTAL = Counter "holdfast_connections_total" ["listener"] "connections"
        "TCP connections accepted.";
    TLS_FAILURES = Counter "holdfast_tls_failures_total" ["listener"] "connections"
        "TLS handshakes that failed or took too long.";
    SENDS_ACKNOWLEDGED = Counter "holdfast_sends_acknowledged_total" [] "changes"
        "Changes acknowledged to their sender: stored, published, never lost.";
    ACK_SECONDS = Histogram "holdfast_ack_seconds" [] "seconds"
        "From a change's arrival at its worker to its acknowledgement.";
    SESSIONS_ACTIVE = Gauge "holdfast_sessions_active" [] "sessions"
        "Sessions whose machines are in memory.";
    SESSIONS_DORMANT = Gauge "holdfast_sessions_dormant" [] "sessions"
        "Sessions that sleep in the store until somebody asks or a timer is due.";
    SESSIONS_QUARANTINED = Gauge "holdfast_sessions_quarantined" [] "sessions"
        "Sessions whose machine failed; their published events can still be read. Not zero: report a defect.";
    OPENED = Counter "holdfast_sessions_opened_total" [] "sessions"
        "Sessions brought into memory: created, woken or recovered.";
    RECOVERING = Gauge "holdfast_sessions_recovering" [] "sessions"
        "Sessions of shards that changed hands which are not in memory yet; whoever asks for one is answered before the others are read.";
    DEPOSITIONS = Counter "holdfast_depositions_total" ["why"] "depositions"
        "Nodes that this one proposed to depose: port_closed, unreachable, silent, never_heard.";
    RAFT_TERM = Gauge "holdfast_raft_term" [] "terms"
        "The term of the agreement on the map; it grows with each election.";
    RAFT_LEADS = Gauge "holdfast_raft_leads" [] "1 or 0"
        "Whether this node leads the agreement on the map.";
    RAFT_VOTES = Gauge "holdfast_raft_votes" [] "1 or 0"
        "Whether this node votes on the map.";
    MAP_APPLIED = Gauge "holdfast_map_applied" [] "entries"
        "The entry of the Raft log that this node's map stands at.";
    PROPOSALS = Gauge "holdfast_proposals" ["outcome"] "proposals"
        "Changes of the map that this node has proposed since its start: answered, refused, unknown, unsent, busy.";
    NODES_UP = Gauge "holdfast_nodes_up" [] "nodes"
        "Nodes that are up in this node's map.";
    BEAT_GAP = Gauge "holdfast_beat_gap_microseconds" [] "microseconds"
        "The longest time without a beat of some peer since the last scrape.";
    STALL = Gauge "holdfast_stall_microseconds" [] "microseconds"
        "The longest time that this node itself stood still since the last scrape.";
    SUSPECT_AFTER = Gauge "holdfast_suspect_after_milliseconds" [] "milliseconds"
        "The silence after which a peer is deposed now.";
    LINKS = Gauge "holdfast_links" ["state"] "links"
        "Links to other nodes: connected, resetting, refused, unreachable, silent, turned_away.";
    PEER_HELLOS = Gauge "holdfast_peer_hellos" ["outcome"] "hellos"
        "Hellos between nodes since the start. Of others: welcomed; refused for secret, named, tls; broken, crowded_out. Of \
         this node: dialed, refused_there, failed_there.";
    EDGES = Gauge "holdfast_edges" [] "edges"
        "Edges (`serve --role edge`) that are connected to this node.";
    EDGE_DENIED = Counter "holdfast_edge_denied_total" ["what"] "requests"
        "What edges asked this node for and did not get: act (a customer asked for what is not theirs), service (one that is not there, or not for strangers), who, agent, note, queues, recovered, store. Other than act and service: not what an edge asks for; look who has it.";
    NODES_HEARD = Gauge "holdfast_edge_nodes_heard" [] "nodes"
        "Of an edge: nodes that it hears. 0 on a node, and on an edge that sends its clients elsewhere.";
    HANDED_OVER = Counter "holdfast_shards_handed_over_total" [] "shards"
        "Shards that this node has given to another by its own release.";
    TAKEOVER_SECONDS = Histogram "holdfast_takeover_seconds" ["phase"] "seconds"
        "Takeovers as this node saw them, from when the lost node was found to be gone until the map showed the new owners (deposed), this node's new shards had their fences (fenced), their active lists were read (read), and the first change in any of them was acknowledged (acknowledged). handed_over: from a release to this node until the first acknowledgement.";
    SHARDS_OWNED = Gauge "holdfast_shards_owned" [] "shards"
        "Shards whose workers run on this node.";
    LIVES_ENDED = Counter "holdfast_lives_ended_total" ["why"] "lives"
        "Incarnations of this node that ended: cut (the store answered others only), deposed, fenced, failed, stopped.";
    QUEUE_WAITING = Gauge "holdfast_queue_waiting" ["queue"] "sessions"
        "Sessions that wait for an agent.";
    OFFERS = Counter "holdfast_offers_total" ["outcome"] "offers"
        "Offers to agents by outcome: accepted, declined, expired, withdrawn.";
    TIMERS_FIRED = Counter "holdfast_timers_fired_total" [] "timers"
        "Timers that fired, each by the one event that it makes.";
    MAILBOX_DEPTH = Gauge "holdfast_mailbox_depth" [] "inputs"
        "Inputs that wait for shard workers.";
    STORE_WRITE_SECONDS = Histogram "holdfast_store_write_seconds" [] "seconds"
        "From handing a batch to the store to its certain answer.";
    STORE_UNKNOWN = Counter "holdfast_store_unknown_total" [] "writes"
        "Writes without a certain answer, written again until they have one.";
    LOOKS = Counter "holdfast_looks_total" [] "looks"
        "Looks at this node's own fence: what is stored is acknowledged and shown after one that found none.";
    LOOKS_FAILED = Counter "holdfast_looks_failed_total" [] "looks"
        "Looks that gave no answer and were repeated.";
    LOOK_SECONDS = Histogram "holdfast_look_seconds" [] "seconds"
        "Time of a look that found nothing; not counted where the store answers at once.";
    LOOKS_SHARED = Counter "holdfast_looks_shared_total" [] "publications"
        "Publications that clean looks allowed, one per session; divided by the looks, how many share one.";
    STORE_COMMITS = Counter "holdfast_store_commits_total" [] "commits"
        "Group commits of the embedded store, one sync each.";
    STORE_ROWS = Counter "holdfast_store_rows_total" [] "rows"
        "Rows that those commits wrote.";
    STORE_BYTES = Counter "holdfast_store_bytes_total" [] "bytes"
        "Bytes of keys and values that those commits wrote.";
    STORE_COMMIT_SECONDS = Counter "holdfast_store_commit_seconds_total" [] "seconds"
        "Time that those commits took; divided by their number, the time of one.";
    STORE_CHECKPOINTS = Counter "holdfast_store_checkpoints_total" [] "checkpoints"
        "Times that the log ahead of the database was folded into it.";
    STORE_CHECKPOINT_SECONDS = Counter "holdfast_store_checkpoint_seconds_total" [] "seconds"
        "Time that those took.";
    STORE_REFUSED = Counter "holdfast_store_refused_total" ["reason"] "batches"
        "Batches refused before anything was written: full (no free space), busy (too much waits).";
    STORE_REOPENED = Counter "holdfast_store_reopened_total" [] "times"
        "Times that the file was opened again after it had refused a write.";
    STORE_QUEUE = Gauge "holdfast_store_queue_depth" [] "changes"
        "Changes that wait for a commit.";
    STORE_FREE = Gauge "holdfast_store_free_bytes" [] "bytes"
        "Free space of the store's file system.";
    STORE_FULL = Gauge "holdfast_store_full" [] "0 or 1"
        "1 while new messages are refused because free space is below the reserve.";
    CASSANDRA_REQUESTS = Counter "holdfast_cassandra_requests_total" ["kind", "outcome"] "requests"
        "Requests to Cassandra, by kind (write, read, look, claim, pulse) and outcome: ok, timeout, unavailable, overloaded, connection, failure, other.";
    CASSANDRA_SECONDS = Histogram "holdfast_cassandra_request_seconds" ["kind"] "seconds"
        "Time of those that were answered well.";
    CASSANDRA_IN_FLIGHT = Gauge "holdfast_cassandra_in_flight" ["kind"] "requests"
        "Requests on their way.";
    CASSANDRA_RETRIES = Counter "holdfast_cassandra_retries_total" [] "requests"
        "Requests that were sent once more, to another server, after an error.";
    CASSANDRA_SPECULATED = Counter "holdfast_cassandra_speculated_total" [] "requests"
        "Requests that were sent to a second server too, because the first was slow.";
    CASSANDRA_BATCHES = Counter "holdfast_cassandra_batches_total" [] "requests"
        "Writes that carried more than one row.";
    CASSANDRA_ROWS = Counter "holdfast_cassandra_rows_total" [] "rows"
        "Rows put or deleted.";
    CASSANDRA_BYTES = Counter "holdfast_cassandra_bytes_total" [] "bytes"
        "Bytes of keys and values in them.";
    CASSANDRA_MERGED = Counter "holdfast_cassandra_merged_total" [] "groups"
        "Groups of rows that travelled with another group's request.";
    CASSANDRA_ROWS_READ = Counter "holdfast_cassandra_rows_read_total" [] "rows"
        "Rows that reads returned.";
    CASSANDRA_HALVED = Counter "holdfast_cassandra_halved_total" [] "reads"
        "Reads that the servers refused, mostly over tombstones, and that went on in halves.";
    CASSANDRA_QUEUED = Gauge "holdfast_cassandra_queued" [] "groups"
        "Groups of rows that wait to be sent.";
    CASSANDRA_HELD_BYTES = Gauge "holdfast_cassandra_held_bytes" [] "bytes"
        "Bytes that wait or are on their way.";
    CASSANDRA_REFUSED = Counter "holdfast_cassandra_refused_total" [] "batches"
        "Batches refused because too much waited, or because Cassandra did not answer.";
    CASSANDRA_CONNECTIONS = Gauge "holdfast_cassandra_connections" [] "connections"
        "TCP connections to all servers.";
    CASSANDRA_CONNECTED = Gauge "holdfast_cassandra_connected" [] "0 or 1"
        "1 while there is a session with Cassandra.";
    CASSANDRA_CONNECTS = Counter "holdfast_cassandra_connects_total" [] "sessions"
        "Sessions that were made.";
    CASSANDRA_CONNECT_FAILURES = Counter "holdfast_cassandra_connect_failures_total" [] "tries"
        "Tries to make one that failed.";
    CASSANDRA_CIRCUIT_OPEN = Gauge "holdfast_cassandra_circuit_open" [] "0 or 1"
        "1 while requests are held back, because no quorum answers.";
    CASSANDRA_CIRCUIT_OPENED = Counter "holdfast_cassandra_circuit_opened_total" [] "times"
        "Times that this began.";
    STORE_ASSUMPTION = Gauge "holdfast_store_assumption" ["code"] "0, 1 or 2"
        "What was found about each thing that is assumed of the store: 0 as it should be, 1 look at it, 2 a node does not start on this. The codes are headings of docs/runbook/cassandra.md.";
    BUILD = Gauge "holdfast_build_info" ["version"] "1"
        "Always 1; the label says which release runs.";
    READY = Gauge "holdfast_ready" [] "0 or 1"
        "1 while the node takes traffic, as /readyz says.";
    CONFIG_VERSION = Gauge "holdfast_config_version" [] "version"
        "Version of the contact center's configuration that is in force.";
}
