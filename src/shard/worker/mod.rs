//! One task per shard: it owns the machines of the shard's journals, feeds them inputs, stores what they decide and
//! performs what they want, strictly after what it rests on is published. No lock, no clock and no task but through
//! [`crate::runtime::Runtime`]; never knows a wire format.
//!
//! | file | what it does |
//! |---|---|
//! | `msg`, `live` | what can reach a worker; a journal open in memory |
//! | `open` | protocol rules 5 to 8: read, adopt, take |
//! | `ask`, `append` | an input becomes events and a write |
//! | `publish` | stored and looked at: answered, shown, acted on |
//! | `read` | attachments, pages and summaries |
//! | `effects`, `clock` | what machines want of others, and when they wake |
//! | `leave`, `seal` | out of memory: dormant, or recorded for ever |

mod append;
mod ask;
mod clock;
mod effects;
mod leave;
mod live;
pub mod msg;
mod open;
mod publish;
mod read;
mod seal;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::OwnedSemaphorePermit;

use self::live::{Held, Live};
use self::msg::{Msg, ToDesk};
use self::publish::Settled;
use crate::limits;
use crate::runtime::{mpsc, oneshot};
use crate::shard::door::Delivery;
use crate::shard::history::reading::Opened;
use crate::shard::looks::Looks;
use crate::shard::site::Site;
use crate::store::journal::Epoch;
use crate::store::journal::lists::{Listing, Stamps};
use crate::store::journal::window::Part;
use crate::store::reading::Active;
use crate::store::rows::{Pending, ReadError, WriteError};
use crate::words::{AgentId, JournalId, SessionId, Time};

/// What all workers of an incarnation share: what their node has, and the looks for this incarnation's fence.
#[derive(Clone)]
pub struct Shared {
    /// What the node has whatever it owns.
    pub site: Site,
    /// The looks of the incarnation under which this node owns its shards.
    pub looks: Looks,
}

impl std::ops::Deref for Shared {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

/// What identifies a journal within its shard, whichever day of an agent it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Session(SessionId),
    Agent(AgentId),
}

/// A journal as the worker knows it.
#[derive(Debug)]
enum Slot {
    /// Somebody follows it and nobody asks anything of it: it is read when its turn among those of all shards comes.
    Waiting(Vec<Held>),
    /// It is being read; what came for it waits.
    Opening(Vec<Held>),
    /// It is open.
    Live(Box<Live>),
    /// It is in the hands of a method.
    Lent,
}

/// What the worker waited for.
enum Done {
    Opened(Key, Result<Opened, ReadError>),
    Wrote(Key, u64, Result<(), WriteError>),
    Rewrite(Key, u64),
    /// Needs up to this number are served by a clean look.
    Looked(u64),
    /// The incarnation is fenced.
    Fenced,
    /// What is in flight is not waited for any longer.
    StopNow,
    Listed(Result<Active, ReadError>),
    /// The next journal of the active list may be opened.
    Admitted(Option<OwnedSemaphorePermit>),
    /// A journal that somebody follows may be opened.
    Turn(Key, Option<OwnedSemaphorePermit>),
    Anew(open::Anew, Result<(), WriteError>),
    Woken(Result<clock::Woken, ReadError>),
    Left(Key, leave::Left),
    Sealed(JournalId),
    Paged(read::Paged),
    Scanned(ask::Scanned),
    Side,
}

/// Why a worker ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was told to, or nobody can reach it any more.
    Stopped,
    /// A later owner is there.
    Deposed,
    /// Rule 20's counter is nearly used up: only a new epoch has another one.
    UsedUp,
}

/// The worker of one shard.
pub struct Worker {
    shared: Shared,
    shard: u16,
    epoch: Epoch,
    inbox: mpsc::Receiver<Msg>,
    slots: BTreeMap<Key, Slot>,
    waits: FuturesUnordered<Pending<Done>>,
    timers: BTreeSet<(Time, Key)>,
    sleep: Option<(Time, Pending<()>)>,
    stamps: Stamps,
    tickets: u64,
    /// Journals in which something may be publishable.
    stored: BTreeSet<Key>,
    /// Rows of lists that may replace others after a clean look.
    settled: Vec<Settled>,
    /// What waits for a clean look, by the number that it needs at least.
    looking: VecDeque<(u64, publish::Covers)>,
    /// Where the active rows lie.
    listing: Listing,
    /// The active list after a takeover, not opened yet.
    to_open: open::Todo,
    /// Whether the next of them waits for its turn among those of all shards.
    admitting: bool,
    opening: usize,
    /// Whether the active list was read.
    is_listed: bool,
    /// Who wants to hear that all of it is open.
    recovering: Vec<oneshot::Sender<()>>,
    /// When the next sleeping session must wake.
    next_wakeup: Option<Time>,
    /// Where the reading of the sleepers goes on; `None` before the first.
    wakeups_from: Option<bytes::Bytes>,
    /// No living wake-up is due before this; `None` before it is known.
    wake_mark: Option<Time>,
    /// Whether a mark of this epoch is stored.
    wake_marked: bool,
    /// Wake-ups dealt with since the last mark.
    wakeups_dealt: usize,
    /// Wake-ups that fired and are not deleted yet, by journal.
    wakeups: BTreeMap<Key, Vec<Time>>,
    /// Whether anything was acknowledged in this epoch.
    has_acknowledged: bool,
    deposed: bool,
    stopping: Option<oneshot::Sender<()>>,
    stop_now: bool,
}

/// What a turn of the loop begins with.
enum Turn {
    Msgs(Vec<Msg>),
    Done(Vec<Done>),
    Clock,
    Closed,
}

impl Worker {
    /// The worker of a shard that was just granted.
    #[must_use]
    pub fn new(shared: Shared, shard: u16, epoch: Epoch, inbox: mpsc::Receiver<Msg>) -> Self {
        Self {
            stamps: Stamps::new(epoch),
            shared,
            shard,
            epoch,
            inbox,
            slots: BTreeMap::new(),
            waits: FuturesUnordered::new(),
            timers: BTreeSet::new(),
            sleep: None,
            tickets: 0,
            stored: BTreeSet::new(),
            settled: Vec::new(),
            looking: VecDeque::new(),
            listing: Listing::new(epoch),
            to_open: open::Todo::default(),
            admitting: false,
            opening: 0,
            is_listed: false,
            recovering: Vec::new(),
            next_wakeup: None,
            wakeups_from: None,
            wake_mark: None,
            wake_marked: false,
            wakeups_dealt: 0,
            wakeups: BTreeMap::new(),
            has_acknowledged: false,
            deposed: false,
            stopping: None,
            stop_now: false,
        }
    }

    /// Recovers the shard's active journals and serves until it is stopped or finds itself deposed.
    pub async fn run(mut self) -> End {
        let fenced = self.shared.looks.fenced();
        self.wait(async move {
            fenced.await;
            Done::Fenced
        });
        self.list();
        self.read_wakeups();
        loop {
            match self.turn().await {
                Turn::Msgs(msgs) => msgs.into_iter().for_each(|msg| self.take(msg)),
                Turn::Done(done) => done.into_iter().for_each(|done| self.done(done)),
                Turn::Clock => self.clock(),
                Turn::Closed => break,
            }
            self.look();
            if self.stamps.nearly_used_up() {
                self.leave_readers();
                return End::UsedUp;
            }
            if self.deposed || self.is_stopped() {
                break;
            }
        }
        self.leave_readers();
        if let Some(stopping) = self.stopping.take() {
            // Whoever stops us may have given up waiting.
            let _ = stopping.send(());
        }
        if self.deposed { End::Deposed } else { End::Stopped }
    }

    /// Streams end with "resume", nothing more is taken in or opened, and what is in flight comes to its end. Whoever waits
    /// for something that was not decided yet is let go without an answer, and asks the next owner.
    fn begin_stop(&mut self, done: oneshot::Sender<()>, within: Duration) {
        self.stopping = Some(done);
        let late = self.shared.runtime.sleep(within);
        self.wait(async move {
            late.await;
            Done::StopNow
        });
        self.inbox.close();
        self.recovering.clear();
        self.to_open.clear();
        self.slots.retain(|_, slot| !matches!(slot, Slot::Waiting(_) | Slot::Opening(_)));
        self.leave_readers();
        for slot in self.slots.values_mut() {
            if let Slot::Live(live) = slot {
                live.held.clear();
            }
        }
    }

    /// Everybody who reads here is told to come back: to the next owner, by then.
    fn leave_readers(&mut self) {
        for slot in self.slots.values_mut() {
            let Slot::Live(live) = slot else { continue };
            for follower in live.followers.drain(..) {
                follower.to.put(match live.id {
                    JournalId::Session(session) => Delivery::Ended { session, resume: true },
                    JournalId::Agent(..) => Delivery::AgentEnded,
                });
            }
        }
    }

    /// What was said to others may have been lost with an owner: it is said again, unless it was answered.
    fn say_again(&mut self) {
        let keys: Vec<Key> = self.slots.keys().cloned().collect();
        for key in keys {
            self.with(&key, |worker, live| {
                live.asked.clear();
                worker.effects(live);
                worker.settle(live);
            });
        }
    }

    /// Tells whoever waits for it that the journals of the active list are open.
    fn tell_recovered(&mut self) {
        if self.is_listed && self.to_open.is_empty() && self.opening == 0 {
            // Whoever asked may have gone on.
            self.recovering.drain(..).for_each(|reply| reply.send(()).unwrap_or_default());
        }
    }

    fn is_stopped(&self) -> bool {
        let still = |slot: &Slot| match slot {
            Slot::Live(live) => live.window.is_still() || live.window.take() == Part::Missing,
            Slot::Waiting(_) | Slot::Opening(_) | Slot::Lent => true,
        };
        self.stopping.is_some() && (self.stop_now || self.slots.values().all(still))
    }

    fn take(&mut self, msg: Msg) {
        match msg {
            Msg::Session(id, what) => self.deliver(Key::Session(id), Held::Session(what)),
            Msg::Agent(id, what) => self.deliver(Key::Agent(id), Held::Agent(what)),
            Msg::Moved => self.say_again(),
            Msg::Recovered(reply) => {
                self.recovering.push(reply);
                self.tell_recovered();
            }
            Msg::Stop(done, within) => self.begin_stop(done, within),
        }
    }

    fn done(&mut self, done: Done) {
        match done {
            Done::Opened(key, result) => self.opened(key, result),
            Done::Wrote(key, ticket, result) => self.wrote(&key, ticket, result),
            Done::Rewrite(key, ticket) => self.rewrite(&key, ticket),
            Done::Looked(clean) => self.looked(clean),
            Done::Fenced => self.fenced(),
            Done::StopNow => self.stop_now = true,
            Done::Listed(result) => self.listed(result),
            Done::Admitted(turn) => self.admitted(turn),
            Done::Turn(key, turn) => self.open_waiting(&key, turn),
            Done::Anew(anew, result) => self.anew(anew, result),
            Done::Woken(result) => self.woken(result),
            Done::Left(key, left) => self.left(key, left),
            Done::Sealed(id) => self.sealed(&id),
            Done::Paged(paged) => self.paged(paged),
            Done::Scanned(scanned) => self.scanned(scanned),
            Done::Side => {}
        }
    }

    /// What comes next. Completions go first, for they free room; then messages, then the clock.
    fn turn(&mut self) -> impl Future<Output = Turn> + '_ {
        self.set_sleep();
        std::future::poll_fn(|cx| {
            let mut done = Vec::new();
            while let (true, Poll::Ready(Some(next))) =
                (done.len() < limits::SHARD_TURN, self.waits.poll_next_unpin(cx))
            {
                done.push(next);
            }
            if !done.is_empty() {
                return Poll::Ready(Turn::Done(done));
            }
            if let Poll::Ready(turn) = self.poll_inbox(cx) {
                return Poll::Ready(turn);
            }
            match self.sleep.as_mut().map(|(_, sleep)| sleep.as_mut().poll(cx)) {
                Some(Poll::Ready(())) => {
                    self.sleep = None;
                    Poll::Ready(Turn::Clock)
                }
                _ => Poll::Pending,
            }
        })
    }

    fn poll_inbox(&mut self, cx: &mut Context<'_>) -> Poll<Turn> {
        if self.stopping.is_some() {
            // What waits in the queue is for the next owner.
            return Poll::Pending;
        }
        let mut msgs = Vec::new();
        match self.inbox.poll_recv_many(cx, &mut msgs, limits::SHARD_TURN) {
            Poll::Ready(0) => Poll::Ready(Turn::Closed),
            Poll::Ready(_) => Poll::Ready(Turn::Msgs(msgs)),
            Poll::Pending => Poll::Pending,
        }
    }

    fn set_sleep(&mut self) {
        let first = self.timers.first().map(|(at, _)| *at);
        let Some(at) = first.into_iter().chain(self.next_wakeup).min() else {
            self.sleep = None;
            return;
        };
        if self.sleep.as_ref().is_some_and(|(for_when, _)| *for_when == at) {
            return;
        }
        let wait = at.since(self.now()).max(1);
        self.sleep = Some((at, self.shared.runtime.sleep(Duration::from_millis(wait))));
    }

    fn now(&self) -> Time {
        self.shared.runtime.now()
    }

    fn ticket(&mut self) -> u64 {
        self.tickets += 1;
        self.tickets
    }

    /// Waits for something beside everything else.
    fn wait(&mut self, what: impl Future<Output = Done> + Send + 'static) {
        self.waits.push(Box::pin(what) as Pin<Box<_>>);
    }

    fn live(&mut self, key: &Key) -> Option<&mut Live> {
        match self.slots.get_mut(key) {
            Some(Slot::Live(live)) => Some(live),
            _ => None,
        }
    }

    fn tell_desk(&self, what: ToDesk) -> bool {
        self.shared.links.tell_desk(what)
    }
}
