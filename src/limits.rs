//! Every limit, in one place, with its unit.

// --- edge: what one connection, body, token or attempt may cost ---

/// Largest body of a request and largest message on a WebSocket, bytes. A text of 32 KiB may be three times as large
/// when its client escapes every character.
pub const WIRE_BYTES: usize = 256 * 1024;
/// Read buffer of one WebSocket, bytes: most messages of people fit, and it grows for those that do not. The default of
/// 128 KiB would cost a gigabyte at 9,000 sockets.
pub const SOCKET_READ_BYTES: usize = 1024;
/// Bytes that a WebSocket gathers before it writes by itself; a flush writes the rest. Not allocated in advance.
pub const SOCKET_GATHER_BYTES: usize = 8 * 1024;
/// Largest backlog of one WebSocket's writes, bytes.
pub const SOCKET_WRITE_BYTES: usize = 1024 * 1024;
/// Deliveries that wait for one connection; past that its client must resume. Must be larger than what
/// [`crate::shard::door::Door::attach`] sends at once.
pub const MAILBOX_PLACES: usize = 1024;
/// Deliveries that are rendered before one flush.
pub const FLUSH_EVERY: usize = 64;
/// Unanswered requests of one WebSocket; past that it is not read.
pub const IN_FLIGHT: usize = 64;
/// Sessions that one staff socket may watch.
pub const WATCHES: usize = 256;
/// The server pings a WebSocket this often, milliseconds.
pub const PING_EVERY: u64 = 20_000;
/// A WebSocket that nothing was heard from for this long is dead, milliseconds.
pub const SILENT_AFTER: u64 = 45_000;
/// A write that takes longer than this belongs to a reader that is too slow, milliseconds.
pub const WRITE_WITHIN: u64 = 10_000;
/// How long a closing WebSocket waits for the other side's close, milliseconds.
pub const CLOSE_WITHIN: u64 = 2_000;
/// How long a WebSocket that was told to resume elsewhere is served on before it is closed, milliseconds.
pub const GOODBYE_WITHIN: u64 = 2_000;
/// WebSockets are told so one after the other, this far apart, so that they do not all come to the next node at once, microseconds.
pub const GOODBYE_APART: u64 = 5_000;
/// They have all been told after this long, however many there are, milliseconds.
pub const GOODBYE_SPREAD_MAX: u64 = 4_000;
/// Frames that are not JSON of the protocol; past that the socket is closed.
pub const MALFORMED_FRAMES: u32 = 16;
/// Longest wait of a long poll, seconds.
pub const POLL_SECONDS: u64 = 60;
/// Records of one page: the most, and the default.
pub const PAGE_RECORDS: (usize, usize) = (500, 50);
/// Life of a customer's token, milliseconds (7 days); a new one is given while the old one is good.
pub const CUSTOMER_TOKEN: u64 = 7 * 24 * 3_600_000;
/// Life of a staff token, milliseconds (12 hours).
pub const STAFF_TOKEN: u64 = 12 * 3_600_000;
/// Life of an invitation, milliseconds (24 hours).
pub const INVITATION: u64 = 24 * 3_600_000;
/// Largest token that is looked at, bytes.
pub const TOKEN_BYTES: usize = 1024;
/// Sign-in attempts per minute for one agent name.
pub const ATTEMPTS_PER_AGENT: u32 = 10;
/// Sign-in attempts per minute from one address.
pub const ATTEMPTS_PER_ADDRESS: u32 = 60;
/// Names and addresses whose attempts are remembered; past that the idle ones are forgotten.
pub const ATTEMPT_KEYS: usize = 10_000;
/// Passwords that are verified at once; each takes 19 MiB for some 50 ms.
pub const PASSWORDS_AT_ONCE: usize = 2;
/// Sign-ins that may wait for a verifier.
pub const PASSWORDS_WAITING: usize = 64;
/// Longest device name of staff, bytes.
pub const DEVICE_BYTES: usize = 64;
/// Shortest creation key of an anonymous customer, characters: 128 bits in base64.
pub const CREATION_KEY_MIN: usize = 22;
/// Longest creation key, characters.
pub const CREATION_KEY_MAX: usize = 128;
/// Signed-out staff tokens that this node remembers until they expire.
pub const SIGNED_OUT_TOKENS: usize = 10_000;
// The embedded store.

/// Free bytes of the file system below which new input is refused, so that closing and recording go on: 256 MiB.
pub const STORE_RESERVE_BYTES: u64 = 256 << 20;
/// Free space is asked for at most once in this many milliseconds.
pub const STORE_SPACE_CHECK_MS: u64 = 100;
/// Milliseconds between two tries to go on after the file refused a write.
pub const STORE_RETRY_MS: u64 = 100;
/// Changes that may wait for a commit.
pub const STORE_QUEUE_OPS: usize = 65_536;
/// Bytes of changes that may wait for a commit: 64 MiB.
pub const STORE_QUEUE_BYTES: usize = 64 << 20;
/// Changes in one commit.
pub const STORE_COMMIT_OPS: usize = 4_096;
/// Bytes of changes in one commit: 4 MiB.
pub const STORE_COMMIT_BYTES: usize = 4 << 20;
/// Bytes of the log ahead of the database, in two halves: the work of a checkpoint is one, of a start after a kill both: 16 MiB.
pub const STORE_LOG_BYTES: usize = 16 << 20;
/// Rows that one commit takes out of whole partitions, so that a long journal's end does not hold up the others.
pub const STORE_DELETE_ROWS_PER_COMMIT: usize = 2_000;
/// Reads that may wait for a reader thread.
pub const STORE_READ_QUEUE: usize = 16_384;
/// Reads that one reader thread answers from one view of the store.
pub const STORE_READS_PER_VIEW: usize = 64;
/// Reader threads.
pub const STORE_READ_THREADS: usize = 2;
/// Rows in one page of a read, whatever was asked for.
pub const STORE_PAGE_ROWS: usize = 10_000;
/// Bytes of the file that are kept in memory: 256 MiB.
pub const STORE_CACHE_BYTES: usize = 256 << 20;
// Agents.

/// Milliseconds after which a device that has no stream and sends nothing is signed out.
pub const AGENT_ABSENT_AFTER: u64 = 60_000;
/// Milliseconds from the opening of an agent's day to its end at the latest.
pub const AGENT_DAY_MAX: u64 = 86_400_000;
/// Milliseconds past an offer's deadline until its session is asked whether it still holds the reservation. Longer than the
/// clocks of two nodes differ, so that a session which denies it has seen the deadline pass too.
pub const AGENT_HOLDS_GRACE: u64 = 5_000;
/// Milliseconds between two questions to a session whether it still uses a reservation that is engaged.
pub const AGENT_ENGAGED_CHECK: u64 = 600_000;
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
/// Events per second and events at once that a service may allow one party.
pub const RATE_MAX: u32 = 1_000_000;
/// Milliseconds of any duration in the configuration: 366 days.
pub const CONFIG_DURATION_MAX: u64 = 366 * 86_400_000;
// The shard's worker.

/// Shards of a new cluster; stored at birth and fixed for its life.
pub const SHARDS: u16 = 256;
/// Messages that may wait for one shard's worker; past that the door says busy.
pub const SHARD_QUEUE: usize = 4_096;
/// Messages that a worker takes in one turn before it looks and publishes.
pub const SHARD_TURN: usize = 256;
/// Inputs that may wait in one session for room in its window, its opening or its take.
pub const SESSION_HELD: usize = 1_024;
/// Events of a session that are kept in memory for readers who are nearly up to date.
pub const RECENT_EVENTS: usize = 64;
/// Bytes of such events: 64 KiB.
pub const RECENT_BYTES: usize = 64 * 1024;
/// Followers of one session.
pub const SESSION_FOLLOWERS: usize = 256;
/// Events between two checkpoints, half of what the design allows: an open session then holds the pages of 128 rows.
pub const CHECKPOINT_EVENTS: u64 = 128;
/// Largest event as a row of the journal, bytes: the birth with all its userdata and contact, or one change of all userdata.
/// A segment of events this large fits a partition of 100 MB.
pub const EVENT_BYTES: usize = 95 * 1024;
/// Rows of a shard's active list that may have died where a takeover reads, unless twice as many live. Past that the rows that
/// keep the reading from beginning above them are listed anew. Some milliseconds of reading; Cassandra warns at a thousand.
pub const LIST_GRAVES: usize = 700;
/// Died rows that a new mark must leave behind to be worth writing.
pub const LIST_MARK_EVERY: usize = 200;
/// Lowest rows of the active list that are looked at for what keeps the mark back.
pub const LIST_AHEAD: usize = 16;
/// Journals that are listed anew when one row dies.
pub const LIST_ANEW: usize = 2;
/// Wake-ups that must have been dealt with for a new mark to be worth writing.
pub const WAKEUPS_MARK_EVERY: usize = 200;
/// Active lists and journals of them that a node reads at once after shards have changed hands, however many shards those are.
/// Whoever asks for a session is not among them and waits for none of them.
pub const RECOVERIES: usize = 16;
/// Milliseconds without use after which a session that waits for nothing leaves memory.
pub const DORMANT_AFTER: u64 = 30_000;
/// Milliseconds that a session must have until its next deadline to be worth leaving memory.
pub const DORMANT_AHEAD: u64 = 60_000;
/// Milliseconds between two repeats of what another journal has not answered.
pub const REPEAT_AFTER: u64 = 1_000;
/// Milliseconds until a write of unknown outcome is sent again; doubles up to the maximum.
pub const REWRITE_AFTER: u64 = 50;
/// The longest such wait, milliseconds.
pub const REWRITE_MAX: u64 = 2_000;
/// Looks in flight at once, unless the node is told otherwise: with eight, an acknowledgement waits for a sixteenth of a look
/// in the mean before its own begins, one slow look holds nobody up, and under full load they are one request in fifteen. Ten
/// senders on three busy servers were answered in 8.4 to 9.5 ms, and in 11.0 to 13.5 ms with four.
pub const LOOKS_IN_FLIGHT: usize = 8;
/// The most looks in flight at once that a node may be told.
pub const LOOKS_IN_FLIGHT_MAX: usize = 16;
/// Most events of one page, and the default.
pub const PAGE_EVENTS: usize = 500;
/// Bytes in one page of a read: 1 MiB.
pub const PAGE_BYTES: usize = 1 << 20;
/// Milliseconds that the door waits for an answer before it says "unknown".
pub const DOOR_WAIT: u64 = 10_000;
/// Milliseconds until an owner that could not be reached is tried again, unless the map changes before.
pub const OWNER_AGAIN: u64 = 20;
/// Milliseconds that a call from another node waits for a worker that is about to begin.
pub const OWNER_WAIT: u64 = 500;
/// Times that an owner is asked again which knows less of a session than the asker: it may be one that was deposed.
pub const STALE_TRIES: u32 = 50;
/// Messages up a lane that may wait for their turn; a connection has fewer requests unanswered.
pub const LANE_UPS: usize = 256;
/// Milliseconds after the end of a life in which a node joins again, or sends its clients to other nodes: nobody hears it.
pub const ADRIFT_AFTER: u64 = 1_000;
/// Milliseconds between two signs of life of a node to an edge.
pub const EDGE_BEAT: u64 = 250;
/// Milliseconds without a sign of life after which an edge does not count on a node: three of them are missing.
pub const EDGE_SILENT: u64 = 800;
/// Milliseconds until an edge that hears nobody tries the addresses that it was told at its start again, and until a node whose
/// feed ended at once is asked again.
pub const EDGE_AGAIN: u64 = 200;
/// Seconds between two lines of the log about what edges are denied; all is counted.
pub const EDGE_DENIED_TOLD: u64 = 5;
/// Milliseconds until a join, or the end of a life, is proposed again.
pub const JOIN_AGAIN: u64 = 200;
/// Milliseconds after a change of owners in which what was said to others is said once more, for new owners begin meanwhile.
pub const MOVED_AGAIN: u64 = 300;
/// Shards that a node hands over at once; the others of a bounded movement wait until the next owner has read the journals of it.
pub const HANDED_OVER_AT_ONCE: usize = 1;
/// Milliseconds that a node which hands a shard over waits for the next owner to have read its journals.
pub const RECOVERED_WITHIN: u64 = 1_000;
/// Milliseconds that a worker may take to finish what is in flight before its shard is given away.
pub const HAND_OVER: u64 = 1_000;
/// Milliseconds that a node which has given everything away takes to say so.
pub const FAREWELL: u64 = 2_000;
/// Milliseconds until a proposal whose outcome is not known is proposed anew.
pub const PROPOSE_WITHIN: u64 = 5_000;
/// Milliseconds until a pipe of the agreement on the map is tried again to a node that could not be reached.
pub const PIPE_AGAIN: u64 = 40;
/// Milliseconds that a try to join takes.
pub const JOIN_WITHIN: u64 = 10_000;
/// Milliseconds that the founding of a cluster takes.
pub const FOUND_WITHIN: u64 = 30_000;
/// Takeovers and hand-overs that a node remembers for its operators.
pub const CHRONICLE: usize = 64;
/// Milliseconds without another shard after which a hand-over is over, and the next one counts as another.
pub const CHRONICLE_QUIET: u64 = 2_000;
/// Milliseconds after which a takeover is logged although nothing was acknowledged after it: perhaps nobody sends.
pub const CHRONICLE_WAIT: u64 = 10_000;
/// Milliseconds that an operator's change of the cluster may take before its outcome is said to be unknown.
pub const OPERATE_WITHIN: u64 = 15_000;
/// How often `cluster drain` looks whether the node has shards left.
pub const DRAIN_GLANCE: std::time::Duration = std::time::Duration::from_millis(250);
/// The highest level of stored and spoken things that this release understands.
pub const LEVEL: u32 = 1;
/// Messages down a lane that wait for the link.
pub const LANE_DOWNS: usize = 64;
/// Milliseconds between two questions to the matchmaker of another node about all queues.
pub const BOARD_EVERY: u64 = 500;
/// Milliseconds between two looks for a newer configuration.
pub const CENTER_EVERY: u64 = 500;
/// Milliseconds between two repeats of what the matchmaker was told.
pub const ANNOUNCE_AFTER: u64 = 5_000;
/// Questions to other journals that one journal remembers having asked.
pub const ASKED_MAX: usize = 512;
/// Bytes in one slice of a read that goes on until the end: 4 MiB.
pub const STORE_PAGE_BYTES: usize = 4 << 20;
/// Records in one page of a list.
pub const RECORDS_PAGE: usize = 500;
/// Months back that a list of records looks without a start of its own.
pub const RECORDS_MONTHS: usize = 120;
/// Index rows that one page of a list may look at.
pub const RECORDS_LOOKED: usize = 5_000;
/// Longest wait for the workers to end, milliseconds.
pub const STOP_MAX: u64 = 60_000;
/// Milliseconds until something overdue is tried again.
pub const OVERDUE_AGAIN: u64 = 10;
/// Wake-ups read at once.
pub const WAKEUPS_PAGE: usize = 256;
// Session.

/// Bytes of a message's text, of a note, of a custom notice's name and data together, and of a typing preview.
pub const TEXT_BYTES: usize = 32 * 1024;
/// Characters of a nickname.
pub const NICK_CHARS: usize = 128;
/// Bytes of all userdata keys and values together.
pub const DATA_BYTES: usize = 64 * 1024;
/// Userdata keys.
pub const DATA_KEYS: usize = 100;
/// Bytes of one userdata or contact key.
pub const DATA_KEY_BYTES: usize = 128;
/// Contact attributes.
pub const CONTACT_KEYS: usize = 32;
/// Bytes of all contact keys and values together.
pub const CONTACT_BYTES: usize = 8 * 1024;
/// Parties that are in a session at once and came by a join; the flow and an accepting agent are never refused.
pub const PARTIES: usize = 32;
/// Ended stays that a session remembers, for their right to read; and agents named in a record's head.
pub const PAST_PARTIES: usize = 64;
/// Ended reservations that a session remembers, so that an old copy of the question is denied and not offered again.
pub const ENDED_RESERVATIONS: usize = 16;
/// Agents who declined and are asked last during the same wait.
pub const AVOIDED_AGENTS: usize = 4;
/// Events per second of one customer or member of staff in one session, in the long run, unless the service says otherwise.
pub const PARTY_EVENTS_PER_SECOND: u32 = 20;
/// Events at once of one customer or member of staff in one session, unless the service says otherwise.
pub const PARTY_EVENTS_BURST: u32 = 60;
/// Bytes of a pushed URL.
pub const URL_BYTES: usize = 2 * 1024;
/// Characters of a name: a file's, a custom notice's, a media type, a disposition, a reason.
pub const NAME_CHARS: usize = 255;
/// Milliseconds that a stop past `post_max` waits for agents' journals to answer.
pub const STOP_GRACE: u64 = 60_000;
/// Events that one decision makes at most; past it a rule of the machine feeds on itself.
pub const DECISION_EVENTS: usize = 256;
// --- node: listeners and the process ---

/// Connections that the system may hold before they are accepted.
pub const LISTEN_BACKLOG: u32 = 4_096;
/// Longest TLS handshake, milliseconds.
pub const TLS_HANDSHAKE_MS: u64 = 10_000;
/// How often certificate files are looked at, milliseconds.
pub const TLS_RELOAD_MS: u64 = 10_000;
/// Longest wait for the head of a request, idle keep-alive included, milliseconds.
pub const REQUEST_HEAD_MS: u64 = 120_000;
/// Largest head of a request, bytes.
pub const REQUEST_HEAD_BYTES: usize = 64 * 1024;
/// Pause of a listener after an accept failed, milliseconds.
pub const ACCEPT_PAUSE_MS: u64 = 50;
/// Largest contact center configuration that is applied, bytes.
pub const CENTER_BYTES: usize = 4 << 20;
/// From the end of the shards to the cut of the connections that are still open, milliseconds: nothing is left to be
/// answered, and clients resume elsewhere.
pub const STOP_CUT_MS: u64 = 2_000;
// --- tools ---

/// Bytes that an actor of a load run buffers before they go to the history's thread.
pub const HISTORY_ACTOR_BUFFER_BYTES: usize = 16 * 1024;
/// Buffers on their way to the history's thread; past it actors wait.
pub const HISTORY_BUFFERS_IN_FLIGHT: usize = 1_024;
/// Longest line of a history or corpus, bytes; a 32 KiB text with every character escaped stays below.
pub const HISTORY_LINE_BYTES_MAX: u64 = 1024 * 1024;
/// Findings that a check prints of each kind; the counts stay exact.
pub const CHECK_FINDINGS_SHOWN_MAX: usize = 5;
/// Conversations that a corpus is read for.
pub const CORPUS_CONVERSATIONS_MAX: usize = 1_000_000;
/// Longest wait of a load client for a connection that carries something: TCP, and the first answer on it.
pub const LOAD_CONNECT_WAIT: std::time::Duration = std::time::Duration::from_secs(1);
/// Longest wait of a load client for an answer; past it the connection counts as lost and the request is repeated.
pub const LOAD_ANSWER_WAIT: std::time::Duration = std::time::Duration::from_secs(15);
/// Wait before a load client repeats what was refused for now; half of it at least.
pub const LOAD_REPEAT_WAIT: std::time::Duration = std::time::Duration::from_millis(200);
/// Wait of a load client before it connects again, the first time; doubled up to [`LOAD_RECONNECT_WAIT_MAX`].
pub const LOAD_RECONNECT_WAIT: std::time::Duration = std::time::Duration::from_millis(50);
/// Longest wait of a load client before it connects again.
pub const LOAD_RECONNECT_WAIT_MAX: std::time::Duration = std::time::Duration::from_millis(500);
/// How often a load client looks for what no frame tells it.
pub const LOAD_GLANCE: std::time::Duration = std::time::Duration::from_millis(50);
/// A load client with a silent connection asks for a sign of life after this, and gives it up after twice this.
pub const LOAD_SILENCE: std::time::Duration = std::time::Duration::from_secs(5);
/// The same for one that waits for an answer to a message.
pub const LOAD_DOUBT: std::time::Duration = std::time::Duration::from_millis(1_500);
/// Longest wait for the end of a conversation, and for a transcript to be read back.
pub const LOAD_END_WAIT: std::time::Duration = std::time::Duration::from_secs(30);
/// Incoming frames that wait for a customer without a WebSocket.
pub const LOAD_INBOX_FRAMES: usize = 256;
/// Transcripts read back at once.
pub const LOAD_READ_BACK_AT_ONCE: usize = 16;
/// How late a slot of an open loop may be taken; past it the slot is let go.
pub const LOAD_SLOT_LATE: std::time::Duration = std::time::Duration::from_secs(1);
// --- schema and what is assumed of Cassandra ---

/// How long the lease of a schema runner holds without a sign of life, seconds; longer than one statement may take.
pub const SCHEMA_LEASE_SECONDS: u32 = 90;
/// How long a schema runner waits for somebody else's lease.
pub const SCHEMA_PATIENCE: std::time::Duration = std::time::Duration::from_secs(300);
/// Pause of a schema runner between two looks at somebody else's lease, milliseconds.
pub const SCHEMA_PAUSE_MS: u64 = 500;
/// Longest wait for one statement that changes the schema.
pub const SCHEMA_STATEMENT: std::time::Duration = std::time::Duration::from_secs(60);
const _: () =
    assert!(SCHEMA_STATEMENT.as_secs() < SCHEMA_LEASE_SECONDS as u64, "a lease outlives a statement");
/// How often what is assumed of Cassandra is checked.
pub const ASSUMED_EVERY: std::time::Duration = std::time::Duration::from_secs(3_600);
/// Longest wait for one server's answer about itself.
pub const ASSUMED_WAIT: std::time::Duration = std::time::Duration::from_secs(5);
/// Servers that are asked about themselves in one check.
pub const ASSUMED_SERVERS: usize = 64;
/// Difference of the servers' clocks past which it is warned, milliseconds.
pub const ASSUMED_SKEW_MS: u64 = 2_000;
/// How often a node on Cassandra looks for its own fence while nothing else makes it look: a node that was deposed while
/// idle must not stay ready for long. Milliseconds.
pub const IDLE_LOOK_MS: u64 = 250;
/// Milliseconds without an answer of the store after which a node asks the others whether it answers them.
pub const STORE_SILENT: u64 = 600;
/// Milliseconds that the store may take to answer somebody who was asked so.
pub const STORE_ASKED: u64 = 300;
/// First and longest pause between two tries to start on a store that does not answer, milliseconds.
pub const START_AGAIN_MS: (u64, u64) = (250, 5_000);
// The Cassandra store.

/// TCP connections to each Cassandra node. What travels on one is read and written by the server in larger pieces: with two, each
/// send cost a busy store a tenth more.
pub const CASSANDRA_CONNECTIONS_PER_NODE: usize = 1;
/// Longest wait for an answer, milliseconds; then a write is unknown and a read has failed.
pub const CASSANDRA_REQUEST_MS: u64 = 2_000;
/// Longest wait for an answer to a change of the schema, milliseconds.
pub const CASSANDRA_UPKEEP_MS: u64 = 60_000;
/// Longest wait for a TCP connection, milliseconds.
pub const CASSANDRA_CONNECT_MS: u64 = 2_000;
/// A connection that is silent for this long is asked for a sign of life, and given up after as long again, milliseconds.
pub const CASSANDRA_KEEPALIVE_MS: u64 = 1_010;
/// Soonest moment at which a second node is asked the same, milliseconds.
pub const CASSANDRA_SPECULATE_MS: u64 = 60;
/// A second node is asked after this many medians, if that is later. A store under full load answers one request in a hundred
/// after ten medians, and each that is asked twice costs three replicas their work again: with eight, the load fed on itself.
pub const CASSANDRA_SPECULATE_MEDIANS: u32 = 16;
/// Latest moment at which a second node is asked the same, milliseconds.
pub const CASSANDRA_SPECULATE_MAX_MS: u64 = 500;
/// Statements that are prepared at once when a session begins.
pub const CASSANDRA_PREPARES_AT_ONCE: usize = 16;
/// Requests under way for one partition; what comes meanwhile waits and travels as one request.
pub const CASSANDRA_LANE_REQUESTS: usize = 2;
/// Write requests under way for all partitions.
pub const CASSANDRA_WRITE_REQUESTS: usize = 512;
/// Rows of one request.
pub const CASSANDRA_BATCH_ROWS: usize = 500;
/// Bytes of keys and values of one request: 512 KiB, far below half of a segment of the commit log. A larger row goes alone.
pub const CASSANDRA_BATCH_BYTES: usize = 512 << 10;
/// Batches that wait or are under way; past that they are refused, and new input past three quarters of it.
pub const CASSANDRA_HELD_BATCHES: i64 = 16_384;
/// Bytes of such batches: 64 MiB.
pub const CASSANDRA_HELD_BYTES: i64 = 64 << 20;
/// Slices that are read at once.
pub const CASSANDRA_READS: usize = 1_024;
/// Rows of one page of a slice.
pub const CASSANDRA_PAGE_ROWS: usize = 5_000;
/// Bytes of one page of a slice, as far as they can be guessed: 1 MiB.
pub const CASSANDRA_PAGE_BYTES: usize = 1 << 20;
/// Refusals of one slice, each followed by smaller ranges, until it is given up.
pub const CASSANDRA_HALVES: usize = 64;
/// How long a request waits for a session, or for the circuit to close, before it is refused, milliseconds.
pub const CASSANDRA_PATIENCE_MS: u64 = 1_000;
/// First wait before a session is tried again, milliseconds; doubles up to the maximum.
pub const CASSANDRA_RECONNECT_MS: u64 = 100;
/// Longest such wait, milliseconds.
pub const CASSANDRA_RECONNECT_MAX_MS: u64 = 2_000;
/// How often the connection's silence is looked at, milliseconds.
pub const CASSANDRA_PULSE_MS: u64 = 200;
/// After this long without an answer a sign of life is asked for, milliseconds.
pub const CASSANDRA_SILENCE_MS: u64 = 1_000;
/// After this long without an answer, with the circuit open, a new session is made, milliseconds.
pub const CASSANDRA_RENEW_MS: u64 = 5_000;
/// Faults in a row, without an answer between them, that open the circuit ...
pub const CASSANDRA_CIRCUIT_FAULTS: u32 = 4;
/// ... when the first of them is this old, milliseconds.
pub const CASSANDRA_CIRCUIT_MS: u64 = 1_500;
