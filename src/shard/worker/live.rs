//! A journal that is open in memory: its machine and everything around it that must outlive a panic of the machine.
//! Never performs IO and never decides what an input means.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::agent::event::AgentEvent;
use crate::agent::{AgentDay, AgentSoft};
use crate::limits;
use crate::routing::Seek;
use crate::runtime::oneshot;
use crate::session::event::{By, Errand, Event};
use crate::session::input::{FromAgent, ToldAgent};
use crate::session::{Reader, Session, Soft};
use crate::shard::door::{AgentSummary, DoorError, Mailbox, Receipt, Summary, Who};
use crate::shard::worker::msg::{Query, Reply, ToAgent, ToSession};
use crate::shard::worker::open::Counted;
use crate::store::journal::adopt::Adopted;
use crate::store::journal::checkpoint::Checkpoint;
use crate::store::journal::cut::Chain;
use crate::store::journal::ids::Ids;
use crate::store::journal::lists::Place;
use crate::store::journal::window::{Part, Window};
use crate::store::rows::Batch;
use crate::words::{AgentId, JournalId, PartyId, ReservationId, Seq, SessionId, Time};

/// The machine of a journal.
#[derive(Debug)]
pub enum Machine {
    /// A conversation.
    Session(Box<Session>, Soft),
    /// An agent's day.
    Agent(Box<AgentDay>, AgentSoft),
}

/// An event as it goes to readers.
#[derive(Clone, Debug)]
pub enum Item {
    /// Of a session.
    Session(Arc<Event>),
    /// Of an agent's journal.
    Agent(Arc<AgentEvent>),
}

/// One of the last events.
#[derive(Clone, Debug)]
pub struct Recent {
    /// Its place.
    pub seq: Seq,
    /// Itself.
    pub item: Item,
    /// Bytes it holds, about.
    pub bytes: usize,
}

/// What happens once an event is published.
#[derive(Debug)]
pub enum Due {
    /// A caller gets its result.
    Reply(Reply, Result<Receipt, DoorError>),
    /// An agent's journal gets a session's answer.
    Told(AgentId, ReservationId, ToldAgent),
    /// A session gets an agent's answer.
    Answer(SessionId, crate::session::input::FromAgent),
    /// Somebody gets the state as it was when asked, now that it is published.
    Summary(oneshot::Sender<Result<Summary, DoorError>>, Result<Summary, DoorError>),
    /// The same of an agent.
    AgentSummary(oneshot::Sender<Result<AgentSummary, DoorError>>, AgentSummary),
    /// The matchmaker gets an agent's answer.
    Reserved(ReservationId),
}

/// A connection that follows the journal.
#[derive(Debug)]
pub struct Follower {
    /// Its way in.
    pub to: Mailbox,
    /// As whom, for a session; a device's name otherwise.
    pub who: Who,
    /// What it may see; a session's only.
    pub reader: Option<Reader>,
    /// The party that counts as connected while this follows.
    pub party: Option<PartyId>,
    /// The device that counts as connected while this follows.
    pub device: Option<String>,
}

/// Something that waits until the journal can take it.
#[derive(Debug)]
pub enum Held {
    /// For a session.
    Session(ToSession),
    /// For an agent.
    Agent(ToAgent),
}

impl Held {
    /// Whether it only wants to hear what others say.
    pub fn only_follows(&self) -> bool {
        matches!(self, Self::Session(ToSession::Query(_, Query::Attach { .. })))
    }
}

/// A write whose outcome is not known yet: repeated, same bytes, until it is.
#[derive(Debug)]
pub struct Flight {
    /// The bytes.
    pub batch: Batch,
    /// The own events in it, first and last; empty when `first > last`.
    pub events: (Seq, Seq),
    /// Whether the take is in it.
    pub take: bool,
    /// Where the active row in it lies, if one is.
    pub list: Option<Place>,
    /// When it was first sent, in ticks of the runtime.
    pub sent: u64,
    /// How often it was sent again.
    pub tries: u32,
}

/// Where a journal is on its way out of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// It stays.
    No,
    /// Its wake-up is being stored; anything that comes keeps it.
    Drowsy,
    /// Its active row is being deleted; anything that comes waits and opens it again.
    Asleep,
    /// Its record is being stored and its journal removed; anything that comes waits.
    Sealing,
}

/// What a journal says things to others about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// To the matchmaker: what is sought, or who is there.
    Desk,
    /// To an agent's journal.
    Errand(ReservationId, Errand),
    /// To a session.
    Tell(SessionId),
    /// To a session whose agent's journal has heard nothing of it for long.
    Check(SessionId),
}

/// What was said last about a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// There is only one thing to say.
    Once,
    /// What is sought.
    Seek(Seek),
    /// Who is there: queues, free capacity, idle since.
    Announce(Vec<String>, u32, Time),
    /// What an agent's journal told a session.
    Told(FromAgent),
}

/// An open journal.
#[derive(Debug)]
pub struct Live {
    /// Which.
    pub id: JournalId,
    /// Its machine, in-flight events included.
    pub machine: Machine,
    /// What is in flight.
    pub window: Window,
    /// Message ids of the last events.
    pub ids: Ids,
    /// Which epoch each seq belongs to, in-flight events included.
    pub chain: Chain,
    /// What was read, until the take is sent.
    pub adopted: Option<Adopted>,
    /// The last published and all in-flight events.
    pub recent: VecDeque<Recent>,
    /// Their bytes.
    pub recent_bytes: usize,
    /// Who follows.
    pub followers: Vec<Follower>,
    /// What waits for a seq to be published, in order.
    pub due: VecDeque<(Seq, Due)>,
    /// What waits for room or for the take.
    pub held: VecDeque<Held>,
    /// Writes under way, by ticket.
    pub flights: BTreeMap<u64, Flight>,
    /// States that become checkpoints when their seq is published.
    pub states: VecDeque<Checkpoint>,
    /// The seq of the last checkpoint made.
    pub checkpoint: Seq,
    /// The earliest wake-up asked for.
    pub wake: Option<Time>,
    /// When it was last used.
    pub used: Time,
    /// The seq that the record head reflects, and whether something in it changed that lists show.
    pub head: (Seq, bool),
    /// Whether its machine failed, and that it is counted.
    pub counted: Counted,
    /// Whether old rows are being read for a message id: until that is known, no later input is decided.
    pub searching: bool,
    /// Whether it is on its way out of memory.
    pub leaving: Leaving,
    /// A wake-up is being stored; another is not begun before its outcome is known.
    pub drowsy: bool,
    /// What was said to others and when, so that it is repeated and not flooded.
    pub asked: BTreeMap<Topic, (Time, Said)>,
    /// Whether the matchmaker knows that it seeks or is there.
    pub announced: bool,
}

impl Live {
    /// Notes an event that was just decided or adopted.
    pub fn remember(&mut self, seq: Seq, item: Item, bytes: usize) {
        self.recent_bytes += bytes;
        self.recent.push_back(Recent { seq, item, bytes });
    }

    /// Forgets published events past the bound on memory.
    pub fn trim(&mut self) {
        let published = self.window.published();
        while self.recent.len() > limits::RECENT_EVENTS || self.recent_bytes > limits::RECENT_BYTES {
            match self.recent.front() {
                Some(first) if first.seq <= published && self.recent.len() > 1 => {
                    self.recent_bytes -= first.bytes;
                    self.recent.pop_front();
                }
                _ => break,
            }
        }
    }

    /// A recent event.
    #[must_use]
    pub fn recent_at(&self, seq: Seq) -> Option<&Recent> {
        let first = self.recent.front()?.seq;
        let place = usize::try_from(seq.0.checked_sub(first.0)?).ok()?;
        self.recent.get(place)
    }

    /// Whether everything above `from` is in memory.
    #[must_use]
    pub fn recent_covers(&self, from: Seq) -> bool {
        from >= self.window.published() || self.recent.front().is_some_and(|first| first.seq <= from.next())
    }

    /// Up to where readers are served: what is published, and of a quarantined journal what its machine has understood.
    #[must_use]
    pub fn readable(&self) -> Seq {
        let published = self.window.published();
        let understood = || self.recent.back().map_or(self.checkpoint, |recent| recent.seq);
        if self.counted.is_quarantined() { understood().min(published) } else { published }
    }

    /// The session's state; `None` for an agent's journal.
    #[must_use]
    pub fn session(&self) -> Option<&Session> {
        match &self.machine {
            Machine::Session(session, _) => Some(session),
            Machine::Agent(..) => None,
        }
    }

    /// Whether it may leave memory as far as the protocol and its users go.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        (self.window.is_still() || self.window.take() == Part::Missing)
            && self.followers.is_empty()
            && self.due.is_empty()
            && self.held.is_empty()
            && self.flights.is_empty()
            && !self.searching
            && !self.counted.is_quarantined()
    }
}

/// How a sender is called in the scope of its message ids; a party of a later stay is another sender.
#[must_use]
pub fn sender(by: &By) -> String {
    match by {
        By::Party(party) => format!("p{}", party.0),
        By::Staff(agent) => format!("s{}", agent.0),
        By::Integration(name) => format!("i{name}"),
        By::System => "y".into(),
    }
}
