//! One WebSocket: one task that reads, asks the door, and writes what its mailbox holds, many deliveries per flush. Keeps
//! only what is unanswered and how far each stream is.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use futures_util::StreamExt as _;

use super::agent_side::AgentSide;
use super::jobs::{self, Done, Jobs};
use super::render::{Out, Resume, ResumeFrame};
use super::socket::{self, End};
use super::watches::Watches;
use crate::edge::Shared;
use crate::edge::http::meter::Socket as Counted;
use crate::limits::{
    CLOSE_WITHIN, FLUSH_EVERY, GOODBYE_WITHIN, IN_FLIGHT, MAILBOX_PLACES, PING_EVERY, SILENT_AFTER,
};
use crate::runtime::mpsc;
use crate::shard::door::{Delivery, Mailbox, StaffDoor, Who};
use crate::words::{MessageId, Seq, SessionId, Time};

/// Who is at the other end.
#[derive(Debug)]
pub struct Peer {
    /// As the door knows them.
    pub who: Who,
    /// A customer's one session; `None` for staff.
    pub only: Option<SessionId>,
    /// A signed-in agent.
    pub agent: Option<Box<AtWork>>,
    /// Until when the token is good.
    pub expires: Option<Time>,
}

/// A signed-in agent: their own side of the socket, and the way to their journal.
pub struct AtWork {
    /// What the socket shows.
    pub side: AgentSide,
    /// The way to the journal.
    pub door: Arc<dyn StaffDoor>,
}

impl std::fmt::Debug for AtWork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.side.fmt(f)
    }
}

/// A request that is not answered yet.
#[derive(Debug)]
pub struct Asked {
    /// The connection's number for it.
    pub tag: u64,
    /// Of which session.
    pub session: SessionId,
    /// Its id.
    pub id: MessageId,
    /// Whether an accepted offer begins a watch.
    pub watch: bool,
}

/// One WebSocket's state.
#[derive(Debug)]
pub struct Connection {
    pub(super) shared: Arc<Shared>,
    pub(super) peer: Peer,
    pub(super) mailbox: Mailbox,
    pub(super) asked: VecDeque<Asked>,
    pub(super) next_tag: u64,
    pub(super) watches: Watches,
    pub(super) jobs: Jobs,
    /// A frame that waits until its session has caught up, so that its answer overtakes no older event.
    pub(super) held: Option<Utf8Bytes>,
    pub(super) out: Out,
    pub(super) malformed: u32,
    /// How far this socket is on its way out with the node.
    pub(super) leaving: Leaving,
}

/// How far a socket is on its way out with the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Leaving {
    /// The node goes on.
    No,
    /// The node is about to stop, and this client's turn to hear of it comes.
    Soon,
    /// The client was told to resume elsewhere, and is served until it has.
    Told,
    /// Nothing more is read, and the end comes with the last answer.
    Stopping,
}

enum Turn {
    Delivery(Delivery),
    Done(Box<Done>),
    Frame(Option<Result<Message, axum::Error>>),
    Timer,
    Leaving,
    Stopping,
}

/// Serves a socket until either side ends it. `first` is where a customer's stream begins.
/// The socket is boxed, for a future holds its arguments twice.
pub async fn serve(mut socket: Box<WebSocket>, shared: Arc<Shared>, peer: Peer, first: Seq) {
    let _counted = Counted::open(if peer.only.is_some() { "public" } else { "staff" });
    let _open = shared.streams.open.token();
    let (mailbox, mut inbox) = Mailbox::open(MAILBOX_PLACES);
    let mut connection = Connection {
        shared: Arc::clone(&shared),
        peer,
        mailbox,
        asked: VecDeque::new(),
        next_tag: 1,
        watches: Watches::default(),
        jobs: Jobs::new(),
        held: None,
        out: Out::default(),
        malformed: 0,
        leaving: Leaving::No,
    };
    connection.begin(first);
    let end = connection.run(&mut socket, &mut inbox).await;
    // The mailbox is gone before the goodbye, so that nothing gathers behind a client that does not listen.
    drop(inbox);
    drop(connection);
    socket::close(&mut socket, end, &shared).await;
}

impl Connection {
    fn begin(&mut self, first: Seq) {
        if let Some(session) = self.peer.only {
            self.watch(session, first);
        }
        self.attach_agent();
    }

    /// Follows the agent's own journal (again).
    pub(super) fn attach_agent(&mut self) {
        if let Some(at) = &mut self.peer.agent {
            at.side.again();
            jobs::attach_agent(&self.jobs, &self.shared, at, self.mailbox.clone());
        }
    }

    async fn run(&mut self, socket: &mut WebSocket, inbox: &mut mpsc::Receiver<Delivery>) -> End {
        let runtime = Arc::clone(&self.shared.runtime);
        let shared = Arc::clone(&self.shared);
        let mut leaving = std::pin::pin!(shared.streams.leaving.cancelled());
        let mut stopping = std::pin::pin!(shared.streams.ended());
        let mut heard = runtime.ticks();
        let mut timer = runtime.sleep(self.pause());
        loop {
            let reading = self.reads();
            let turn = tokio::select! {
                Some(delivery) = inbox.recv() => Turn::Delivery(delivery),
                Some(done) = self.jobs.next(), if !self.jobs.is_empty() => Turn::Done(Box::new(done)),
                frame = socket.next(), if reading => Turn::Frame(frame),
                () = &mut leaving, if self.leaving == Leaving::No => Turn::Leaving,
                () = &mut stopping, if self.leaving < Leaving::Stopping => Turn::Stopping,
                () = &mut timer => Turn::Timer,
            };
            if matches!(turn, Turn::Frame(_)) || !reading {
                heard = runtime.ticks();
            }
            let (was, is_tick) = (self.leaving, matches!(turn, Turn::Timer));
            let result = match turn {
                Turn::Delivery(first) => self.drain(first, inbox),
                Turn::Done(done) => self.done(*done),
                Turn::Frame(frame) => self.message(frame),
                Turn::Leaving => self.leave(Leaving::Soon),
                Turn::Stopping => self.stop(),
                Turn::Timer => self.tick(runtime.ticks().saturating_sub(heard) / 1_000_000),
            };
            if self.leaving != was || is_tick {
                timer = runtime.sleep(self.pause());
            }
            // What was rendered before an end is still written: it is a prefix of the truth.
            let written = socket::write(socket, &mut self.out.frames, &self.shared).await;
            self.out.rest();
            if let Err(end) = written.and(result).and_then(|()| self.goes_on()) {
                return end;
            }
        }
    }

    /// Whether frames of the client are taken in now.
    fn reads(&self) -> bool {
        self.leaving < Leaving::Stopping && self.held.is_none() && self.asked.len() < IN_FLIGHT
    }

    fn goes_on(&self) -> Result<(), End> {
        if self.mailbox.overflowed() {
            crate::edge::http::meter::shed("slow_reader");
            return Err(End::Resume);
        }
        let done = self.leaving == Leaving::Stopping && self.asked.is_empty();
        if done { Err(End::Resume) } else { Ok(()) }
    }

    fn drain(&mut self, first: Delivery, inbox: &mut mpsc::Receiver<Delivery>) -> Result<(), End> {
        let mut next = Some(first);
        let mut count = 0;
        while let Some(delivery) = next.take() {
            self.deliver(delivery)?;
            count += 1;
            if count < FLUSH_EVERY {
                next = inbox.try_recv().ok();
            }
        }
        Ok(())
    }

    /// Answers are waited for, unless this node is adrift and none will come.
    fn stop(&mut self) -> Result<(), End> {
        let adrift = !self.shared.streams.stopping.is_cancelled();
        if adrift { Err(End::Resume) } else { self.leave(Leaving::Stopping) }
    }

    /// A step further on the way out.
    fn leave(&mut self, to: Leaving) -> Result<(), End> {
        self.leaving = to;
        if to == Leaving::Told {
            self.out.push(&ResumeFrame { resume: Resume { within_ms: GOODBYE_WITHIN } });
        }
        Ok(())
    }

    /// Until the next tick: the next step on the way out, a ping, or the end of the token if that is sooner.
    fn pause(&self) -> Duration {
        match self.leaving {
            Leaving::No => {}
            Leaving::Soon => return self.shared.streams.turn(self.shared.runtime.random()),
            Leaving::Told => return Duration::from_millis(GOODBYE_WITHIN),
            Leaving::Stopping => return Duration::from_millis(CLOSE_WITHIN),
        }
        let left = self.peer.expires.map(|expires| expires.since(self.shared.runtime.now()).max(1));
        Duration::from_millis(left.unwrap_or(PING_EVERY).min(PING_EVERY))
    }

    fn tick(&mut self, silent: u64) -> Result<(), End> {
        match self.leaving {
            Leaving::No => {}
            Leaving::Soon => return self.leave(Leaving::Told),
            Leaving::Told => return self.leave(Leaving::Stopping),
            Leaving::Stopping => return Err(End::Resume),
        }
        if silent >= SILENT_AFTER - PING_EVERY / 2 {
            return Err(End::Gone);
        }
        if self.peer.expires.is_some_and(|expires| expires <= self.shared.runtime.now()) {
            return Err(End::Token);
        }
        self.out.frames.push(Message::Ping(bytes::Bytes::new()));
        Ok(())
    }

    /// Streams a session here from `from`.
    pub(super) fn watch(&mut self, session: SessionId, from: Seq) {
        if self.watches.begin(session, from) {
            self.attach(session, from, 0);
        }
    }

    /// Attaches (again).
    pub(super) fn attach(&self, session: SessionId, from: Seq, tries: u8) {
        let reply = (self.mailbox.clone(), tries);
        jobs::attach(&self.jobs, &self.shared, self.peer.who.clone(), (session, from), reply);
    }

    /// The session on frames of sockets that serve many.
    pub(super) fn named(&self, session: SessionId) -> Option<SessionId> {
        if self.peer.only.is_some() { None } else { Some(session) }
    }

    /// Whether frames are rendered as staff see them.
    pub(super) const fn is_staff(&self) -> bool {
        self.peer.only.is_none()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        for session in self.watches.sessions() {
            self.shared.door.detach(session, &self.mailbox);
        }
        if let Some(at) = &self.peer.agent {
            at.door.detach_agent(&at.side.agent, &self.mailbox);
        }
    }
}
