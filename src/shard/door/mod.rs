//! The one door: how an edge reaches any session or agent, wherever its shard lives. Finds the owner, waits with a
//! deadline, never keeps anything that matters and never knows a wire format.
//!
//! [`local`] is the door of a node that owns every shard, [`many`] that of a process in a cluster; both call the workers that
//! are [`here`]. A process that serves customers alone is an [`edge`].

pub mod edge;
pub mod here;
pub mod local;
pub mod many;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::agent::event::{AgentAct, AgentEvent};
use crate::center::{Center, StaffRole};
use crate::runtime::mpsc;
use crate::session::event::{By, Event};
use crate::session::input::Ask;
use crate::session::refusal::Refusal;
use crate::words::{AgentId, MessageId, PartyId, ReservationId, Seq, SessionId, Time};

/// What a change came to. Given only when it is published (promise P1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The input's first event; the current seq when it changed nothing.
    pub seq: Seq,
    /// That event's time.
    pub at: Time,
    /// Whether the same input had been accepted before.
    pub repeated: bool,
    /// The party that a join or create made.
    pub party: Option<PartyId>,
}

/// Why the door has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DoorError {
    /// The session's machine said no; nothing was stored.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The agent's machine said no; nothing was stored.
    #[error(transparent)]
    AgentRefused(#[from] crate::agent::AgentRefusal),
    /// No answer within the deadline: it may be stored now, later or never. Ask again under the same id.
    #[error("outcome unknown; ask again under the same id")]
    Unknown,
    /// Not accepted, because a bound is reached.
    #[error("too much is waiting; try again in {retry_ms} ms")]
    Busy {
        /// When to try again.
        retry_ms: u64,
    },
    /// Not accepted, because the store is below its reserve of free space.
    #[error("the store is full")]
    Full,
    /// Too far behind to attach; page first.
    #[error("page up to the present first")]
    Behind,
    /// The session's machine failed; its published events can still be read.
    #[error("this session is quarantined")]
    Quarantined,
    /// The node is starting or stopping.
    #[error("this node is starting or stopping")]
    Closing,
}

/// Who reads, as the edge has verified it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// The party, staff member or integration.
    pub by: By,
    /// Staff and integrations: what they may do. Empty for customers.
    pub roles: Vec<StaffRole>,
    /// Staff and integrations: the units they see. Ignored for customers.
    pub units: Vec<String>,
}

/// What comes out of the door to one connection, in order.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// The result of [`Door::submit`], by the tag that was given there.
    Answer {
        /// The connection's own number for the request.
        tag: u64,
        /// What came of it.
        result: Result<Receipt, DoorError>,
    },
    /// A published event that this connection may see.
    Event {
        /// Which session.
        session: SessionId,
        /// The event.
        event: Arc<Event>,
    },
    /// Somebody types. Never stored.
    Typing {
        /// Which session.
        session: SessionId,
        /// Who.
        party: PartyId,
        /// Began or ended.
        on: bool,
        /// The text so far; absent unless the reader is staff.
        preview: Option<Arc<str>>,
    },
    /// This session's stream ended here.
    Ended {
        /// Which session.
        session: SessionId,
        /// Whether the client should come back and resume, or the session is over.
        resume: bool,
    },
    /// A published event of an agent's own journal.
    Agent(Arc<AgentEvent>),
    /// The stream of an agent's journal ended here, for its owner has ended: attach again.
    AgentEnded,
}

/// One connection's way in: cheap to clone, handed to the door with each request.
#[derive(Clone, Debug)]
pub struct Mailbox {
    to: mpsc::Sender<Delivery>,
    overflow: Arc<AtomicBool>,
    number: u64,
}

/// Numbers of mailboxes: never given twice in the life of a process.
static NUMBERS: AtomicU64 = AtomicU64::new(1);

impl Mailbox {
    /// A mailbox for one connection and the end that the connection reads.
    #[must_use]
    pub fn open(places: usize) -> (Self, mpsc::Receiver<Delivery>) {
        let (to, from) = mpsc::channel(places);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        (Self { to, overflow: Arc::new(AtomicBool::new(false)), number }, from)
    }

    /// The connection's number in this process.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Puts a delivery in; `false` means that the connection is gone or too slow, and gets nothing any more.
    pub fn put(&self, delivery: Delivery) -> bool {
        if self.overflow.load(Ordering::Relaxed) {
            return false;
        }
        match self.to.try_send(delivery) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.overflow.store(true, Ordering::Relaxed);
                false
            }
            Err(mpsc::error::TrySendError::Closed(_)) => false,
        }
    }

    /// Whether both are ways into the same connection.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.to.same_channel(&other.to)
    }

    /// Whether the connection is gone.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.to.is_closed()
    }

    /// Whether something did not fit: the connection must tell its client to resume.
    #[must_use]
    pub fn overflowed(&self) -> bool {
        self.overflow.load(Ordering::Relaxed)
    }
}

/// A part of a session's events, as one reader sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct EventPage {
    /// Events above the asked seq that the reader may see.
    pub events: Vec<Arc<Event>>,
    /// Where to go on: everything at or below was looked at.
    pub next: Seq,
    /// Whether more is published above `next`.
    pub more: bool,
    /// How the session stands.
    pub phase: crate::session::Phase,
}

/// How a session stands, for one reader.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The projection that is also the record's head.
    pub head: crate::session::Head,
    /// Parties that are present and that the reader may see.
    pub parties: Vec<crate::session::event::Party>,
    /// Last published seq.
    pub seq: Seq,
    /// Place in line from 1, while waiting in a queue.
    pub position: Option<u32>,
}

/// How an agent stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AgentSummary {
    /// Last published seq of the current day, 0 when not signed in today.
    pub seq: Seq,
    /// Devices signed in.
    pub devices: Vec<String>,
    /// Whether offers may come.
    pub ready: bool,
    /// The reason given.
    pub reason: Option<String>,
    /// How many at once.
    pub capacity: u32,
    /// Reservations with their session, queue, deadline and whether they are in use.
    pub held: BTreeMap<ReservationId, crate::agent::event::Held>,
}

/// What an asker wants of the list of records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordQuery {
    /// Started at or after.
    pub from: Option<Time>,
    /// Started before.
    pub to: Option<Time>,
    /// An agent who took part.
    pub agent: Option<AgentId>,
    /// The service.
    pub service: Option<String>,
    /// One contact attribute and its value.
    pub contact: Option<(String, String)>,
    /// At most this many, 1 to 500.
    pub limit: usize,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// One page of records, newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordPage {
    /// The heads.
    pub heads: Vec<(SessionId, crate::session::Head)>,
    /// Where to go on.
    pub cursor: Option<String>,
}

/// What the door does for everybody, and all that it does for customers. A trait object so that a simulation and a remote
/// owner can stand behind it too.
pub trait Door: Send + Sync + 'static {
    /// The configuration in force now.
    fn center(&self) -> Arc<Center>;

    /// Asks for a change and waits for its publication.
    fn ask(&self, who: Who, session: SessionId, ask: Ask) -> Wait<Result<Receipt, DoorError>>;

    /// Asks for a change; the answer comes to the mailbox under `tag`, in the order of the requests per session.
    fn submit(&self, who: Who, session: SessionId, ask: Ask, reply: (Mailbox, u64));

    /// Streams published events above `from` to the mailbox until the connection is gone, beginning with those that are
    /// already there. While attached the reader's party counts as connected.
    /// Answers with the published seq; [`DoorError::Behind`] when more lies between than the owner keeps in memory:
    /// fetch it with [`Door::page`] first, which the reader paces itself, then attach.
    fn attach(&self, who: Who, session: SessionId, from: Seq, to: Mailbox) -> Wait<Result<Seq, DoorError>>;

    /// Ends what [`Door::attach`] began.
    fn detach(&self, session: SessionId, to: &Mailbox);

    /// The stream has ended by itself: whatever was kept for it goes.
    fn let_go(&self, _session: SessionId, _to: &Mailbox) {}

    /// Events above `from`, at most `limit`, of a live session or a sealed record.
    fn page(
        &self,
        who: Who,
        session: SessionId,
        from: Seq,
        limit: usize,
    ) -> Wait<Result<EventPage, DoorError>>;

    /// How the session stands.
    fn summary(&self, who: Who, session: SessionId) -> Wait<Result<Summary, DoorError>>;
}

/// What the door does for those who serve, beside that. A process that serves customers alone has no such door.
pub trait StaffDoor: Door {
    /// Asks an agent's journal for a change and waits for its publication.
    fn ask_agent(&self, agent: AgentId, id: MessageId, act: AgentAct) -> Wait<Result<Receipt, DoorError>>;

    /// Streams the published events of an agent's journal to the mailbox, beginning with the state as it is: the caller
    /// asks [`StaffDoor::agent`] after attaching. While attached the device counts as connected.
    fn attach_agent(&self, agent: AgentId, device: String, to: Mailbox) -> Wait<Result<(), DoorError>>;

    /// Ends what [`StaffDoor::attach_agent`] began.
    fn detach_agent(&self, agent: &AgentId, to: &Mailbox);

    /// How an agent stands.
    fn agent(&self, agent: AgentId) -> Wait<Result<AgentSummary, DoorError>>;

    /// Lists records, open ones included, that the asker's units may see.
    fn records(&self, who: Who, query: RecordQuery) -> Wait<Result<RecordPage, DoorError>>;

    /// Checks and stores a new version of the configuration; `base` is the version it was made from.
    fn apply_center(&self, base: u64, text: String) -> Wait<Result<u64, ApplyError>>;

    /// The text of one version of the configuration, the one in force for `None`.
    fn center_text(&self, version: Option<u64>) -> Wait<Result<Option<(u64, String)>, DoorError>>;

    /// How many wait in each queue and whether somebody serves it, as the matchmaker saw it last.
    fn queues(&self) -> BTreeMap<String, crate::shard::desk::board::QueueNow>;

    /// The cluster's secret, from which tokens are signed; the same on every node.
    fn secret(&self) -> [u8; 32];
}

/// A future that the door hands out.
pub type Wait<T> = crate::store::rows::Pending<T>;

/// Why a configuration was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// It does not parse or does not hold together; one line per finding.
    #[error("{}", .0.join("\n"))]
    Invalid(Vec<String>),
    /// Somebody applied another version in between.
    #[error("version {current} is in force now: fetch it, compare, and apply again")]
    Conflict {
        /// The version in force.
        current: u64,
    },
    /// The store gave no certain answer.
    #[error(transparent)]
    Door(#[from] DoorError),
}
