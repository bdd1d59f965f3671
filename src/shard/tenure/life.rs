//! One incarnation of this node: grants become workers once the fences are stored, surplus is handed over shard by shard, and
//! everything ends when the map, a fence or a failed worker says so. Never begins a worker of an epoch twice.

use std::collections::BTreeMap;
use std::future::Future as _;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use holdfast_cluster::ownership::{self, Answer, Command, Epoch, Incarnation, Map, Reason, Shard, State};

use super::Drain;
use super::council::Council;
use super::fences::Fences;
use super::reach::{Glass, Reach};
use crate::limits;
use crate::runtime::{mpsc, watch};
use crate::shard::door::Wait;
use crate::shard::door::many::{Method, Peers};
use crate::shard::looks::{Looks, Pace};
use crate::shard::site::Site;
use crate::shard::start::crew::{Crew, Ended};
use crate::shard::wire::Call;
use crate::shard::worker::End;
use crate::shard::worker::msg::Msg;
use crate::store::{journal, rows};

/// Why a life is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// It was told to end, and has given everything away.
    Stopped,
    /// The map says so.
    Deposed,
    /// Its fence was found.
    Fenced,
    /// A worker has lost its memory.
    Failed,
    /// The store answers others and not this node.
    Cut,
}

impl Over {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Deposed => "deposed",
            Self::Fenced => "fenced",
            Self::Failed => "failed",
            Self::Cut => "cut",
        }
    }
}

/// Something that was begun has ended.
enum Done {
    /// A fence is stored.
    Fenced(Incarnation),
    /// A shard was handed over.
    Released(Shard, Epoch),
    /// Something nobody waits for.
    Said,
    /// A look of its own for its fence.
    Looked(Reach),
    /// A pause is over.
    Paused,
}

/// What a life waited for.
enum Turn {
    Map,
    Done(Done),
    Ended(Ended),
    Order(Drain),
}

/// One life.
pub(super) struct Life {
    site: Site,
    council: Arc<dyn Council>,
    peers: Arc<dyn Peers>,
    me: Incarnation,
    crew: Arc<Crew>,
    ends: mpsc::Receiver<Ended>,
    changed: watch::Receiver<u64>,
    fences: Fences,
    working: BTreeMap<Shard, Epoch>,
    /// Shards whose release is under way, each in its epoch.
    leaving: BTreeMap<Shard, Epoch>,
    jobs: FuturesUnordered<Wait<Done>>,
    draining: Option<Drain>,
    /// Whether it was said that the map makes this life give everything away.
    is_set_aside: bool,
    /// The holdings when others were last told that something has moved.
    told: u64,
    pausing: bool,
    over: Option<Over>,
}

impl Life {
    pub(super) fn begin(
        (site, council, peers): (&Site, &Arc<dyn Council>, &Arc<dyn Peers>),
        me: Incarnation,
        pace: Pace,
    ) -> Self {
        let generation = council.view().map.generation();
        let of = rows::Incarnation { generation, number: me.0 };
        let looks = Looks::start(&site.runtime, site.rows.clone(), of, pace);
        let (crew, ends) = Crew::new(site, looks);
        Self {
            site: site.clone(),
            council: council.clone(),
            peers: peers.clone(),
            me,
            crew,
            ends,
            changed: council.changed(),
            fences: Fences::default(),
            working: BTreeMap::new(),
            leaving: BTreeMap::new(),
            jobs: FuturesUnordered::new(),
            draining: None,
            is_set_aside: false,
            told: 0,
            pausing: false,
            over: None,
        }
    }

    /// Lives until it is over; then nothing of it works any more.
    pub(super) async fn run(mut self, orders: &mut mpsc::Receiver<Drain>) -> Over {
        self.look();
        let over = loop {
            if let Some(over) = self.over {
                break over;
            }
            self.changed.mark_unchanged();
            let map = self.council.view().map.clone();
            if matches!(map.state(self.me), Some(State::Deposed | State::Gone)) {
                break Over::Deposed;
            }
            self.heed(&map);
            if self.draining.is_some() && self.is_empty(&map) {
                break Over::Stopped;
            }
            match self.turn(orders).await {
                Turn::Map => {}
                Turn::Order(order) => self.drain(order),
                Turn::Done(done) => self.done(done),
                Turn::Ended(ended) => {
                    if let Some(over) = self.ended(ended) {
                        break over;
                    }
                }
            }
        };
        let Self { site, council, me, crew, working, draining, .. } = self;
        if over == Over::Stopped {
            let shards = working.into_keys().collect();
            Farewell { site, council, me, crew: crew.clone(), shards }.say().await;
        }
        crew.end();
        if let Some(order) = draining {
            // Whoever gave the order may have given up.
            let _ = order.done.send(());
        }
        over
    }

    /// What comes next; ends of workers first, for they may end the life.
    async fn turn(&mut self, orders: &mut mpsc::Receiver<Drain>) -> Turn {
        let mut changed = Box::pin(self.changed.changed());
        std::future::poll_fn(|cx| {
            if let Poll::Ready(Some(ended)) = self.ends.poll_recv(cx) {
                return Poll::Ready(Turn::Ended(ended));
            }
            if let Poll::Ready(Some(done)) = self.jobs.poll_next_unpin(cx) {
                return Poll::Ready(Turn::Done(done));
            }
            if let Poll::Ready(Ok(())) = changed.as_mut().poll(cx) {
                return Poll::Ready(Turn::Map);
            }
            match orders.poll_recv(cx) {
                Poll::Ready(Some(order)) if self.draining.is_none() => Poll::Ready(Turn::Order(order)),
                _ => Poll::Pending,
            }
        })
        .await
    }

    /// Brings what works here in line with the map.
    fn heed(&mut self, map: &Arc<Map>) {
        self.site.chronicle.saw(map, Some(self.me));
        self.heed_operator(map);
        let granted: Vec<(Shard, Epoch)> = map.owned_by(self.me).collect();
        for (shard, epoch) in granted {
            let known = self.working.get(&shard) == Some(&epoch)
                || self.leaving.get(&shard) == Some(&epoch)
                || self.fences.awaits(shard, epoch);
            if !known {
                for life in self.fences.granted((shard, epoch), map) {
                    self.fence(map.generation(), life);
                }
            }
        }
        for (shard, epoch) in self.fences.ready() {
            // It may have been released, or lost with the life, since.
            if map.holding(shard).is_some_and(|now| now.owner == Some(self.me) && now.epoch == epoch) {
                self.working.insert(shard, epoch);
                self.site.chronicle.fenced(shard, epoch);
                self.crew.employ(shard.0, journal::Epoch(epoch.0));
            }
        }
        self.fences.tidy(map);
        crate::metrics::shard().shards_owned.set(i64::try_from(self.working.len()).unwrap_or(i64::MAX));
        self.tell_of_moves(map);
        self.hand_over(map);
    }

    /// A life that an operator has set aside gives everything away and goes on: it serves its clients, and its node is a
    /// member as before.
    fn heed_operator(&mut self, map: &Map) {
        if self.draining.is_none() && !self.is_set_aside && map.state(self.me) == Some(State::Draining) {
            self.is_set_aside = true;
            tracing::info!(
                incarnation = self.me.0,
                "this node was told to drain: it gives its shards away and takes none in this life"
            );
        }
    }

    /// Stores the fence of a deposed life, until it is stored.
    fn fence(&mut self, generation: u32, life: Incarnation) {
        let (rows, runtime) = (self.site.rows.clone(), self.site.runtime.clone());
        let of = rows::Incarnation { generation, number: life.0 };
        self.jobs.push(Box::pin(async move {
            let mut pause = limits::REWRITE_AFTER;
            while let Err(error) = rows.fence(of).await {
                tracing::warn!(incarnation = life.0, %error, "a fence is not known to be stored; it is written again");
                runtime.sleep(Duration::from_millis(pause)).await;
                pause = (pause * 2).min(limits::REWRITE_MAX);
            }
            Done::Fenced(life)
        }));
    }

    /// Workers say again what they said to owners that may be gone; a while later once more, for new owners need a moment.
    fn tell_of_moves(&mut self, map: &Map) {
        let moved = map.shards().fold(0_u64, |sum, (_, holding)| sum.wrapping_add(holding.epoch.0));
        if self.told != moved && !self.pausing {
            self.told = moved;
            self.pausing = true;
            self.site.links.all(|| Msg::Moved);
            let pause = self.site.runtime.sleep(Duration::from_millis(limits::MOVED_AGAIN));
            self.jobs.push(Box::pin(pause.map(|()| Done::Paused)));
        }
    }

    /// Gives away what others should have, a few shards at a time.
    fn hand_over(&mut self, map: &Map) {
        let room = limits::HANDED_OVER_AT_ONCE.saturating_sub(self.leaving.len());
        let gives_all = self.draining.is_some() || self.is_set_aside;
        if room == 0 || (!gives_all && !self.leaving.is_empty()) {
            return;
        }
        let others = map.in_state(State::Up).any(|life| life != self.me);
        let surplus = if others { ownership::surplus(map, self.me) } else { Vec::new() };
        for (shard, to) in surplus.into_iter().take(room) {
            if let Some(epoch) = self.working.remove(&shard) {
                self.release((shard, epoch), Some(to));
            }
        }
    }

    /// Ends a worker for good, then gives its shard away. Once proposed there is no way back (trace F5).
    fn release(&mut self, (shard, epoch): (Shard, Epoch), to: Option<Incarnation>) {
        self.leaving.insert(shard, epoch);
        let (crew, council, runtime) = (self.crew.clone(), self.council.clone(), self.site.runtime.clone());
        let within =
            self.draining.as_ref().map_or(Duration::from_millis(limits::HAND_OVER), |order| order.within);
        let release = Command::Release { shard, epoch, by: self.me, to };
        let next = to.filter(|to| *to != self.me).map(|to| self.recovered((shard, epoch), to));
        self.jobs.push(Box::pin(async move {
            crew.dismiss(shard.0, within).await;
            while let Err(error) = council.propose(release.clone()).await {
                tracing::warn!(shard = shard.0, %error, "a release has no certain outcome and is proposed again");
                runtime.sleep(Duration::from_millis(limits::REWRITE_AFTER)).await;
            }
            if let Some(recovered) = next {
                recovered.await;
            }
            Done::Released(shard, epoch)
        }));
    }

    /// Ends when the next owner of a shard has read its journals, or does not say so in time: shards that change hands faster
    /// than they are read would all be without an owner that answers.
    fn recovered(&self, (shard, epoch): (Shard, Epoch), to: Incarnation) -> impl Future<Output = ()> + use<> {
        let node = self.council.view().map.lives().get(&to).map(|life| life.node.0.clone());
        let peers = self.peers.clone();
        let call = Call::Recovered { shard: shard.0, epoch: journal::Epoch(epoch.0) };
        async move {
            let Some(node) = node else { return };
            let within = Duration::from_millis(limits::RECOVERED_WITHIN);
            // Without an answer the shard was given away all the same.
            let _ = peers.call(&node, Method::Call, call.encode(), within).await;
        }
    }

    fn done(&mut self, done: Done) {
        match done {
            Done::Fenced(incarnation) => {
                self.fences.stored(incarnation);
                let council = self.council.clone();
                self.jobs.push(Box::pin(async move {
                    // Whoever finds it deposed in the map fences it again, which does no harm.
                    let _ = council.propose(Command::Fenced { incarnation }).await;
                    Done::Said
                }));
            }
            Done::Released(shard, epoch) => {
                if self.leaving.get(&shard) == Some(&epoch) {
                    self.leaving.remove(&shard);
                    crate::metrics::cluster().handed_over.inc();
                }
            }
            Done::Paused => {
                self.pausing = false;
                self.site.links.all(|| Msg::Moved);
            }
            Done::Looked(reach) => {
                self.site.chronicle.tell();
                self.over = match reach {
                    Reach::Fenced => Some(Over::Fenced),
                    Reach::Others => Some(Over::Cut),
                    Reach::Clean | Reach::Silent => self.over,
                };
                self.look();
            }
            Done::Said => {}
        }
    }

    /// Looks for the fence now and then, whether or not anybody works: a node that was deposed while idle would be found out by
    /// a customer's first message, and one that the store does not answer by everybody.
    fn look(&mut self) {
        let pause = self.site.runtime.sleep(Duration::from_millis(limits::IDLE_LOOK_MS));
        let map = self.council.view().map.clone();
        let others = map.in_state(State::Up).filter(|life| *life != self.me);
        let others =
            others.filter_map(|life| map.lives().get(&life).map(|life| Arc::from(life.node.0.as_str())));
        let glass = Glass {
            runtime: self.site.runtime.clone(),
            rows: self.site.rows.clone(),
            peers: self.peers.clone(),
            of: rows::Incarnation { generation: map.generation(), number: self.me.0 },
            others: others.collect(),
        };
        self.jobs.push(Box::pin(async move {
            pause.await;
            Done::Looked(glass.look().await)
        }));
    }

    fn ended(&mut self, ended: Ended) -> Option<Over> {
        let (shard, epoch) = (Shard(ended.shard), Epoch(ended.epoch.0));
        match ended.how {
            Some(End::Stopped) => None,
            Some(End::Deposed) => Some(Over::Fenced),
            Some(End::UsedUp) => {
                if self.working.get(&shard) == Some(&epoch) {
                    self.working.remove(&shard);
                    let me = self.me;
                    self.release((shard, epoch), Some(me));
                }
                None
            }
            None => Some(Over::Failed),
        }
    }

    fn drain(&mut self, order: Drain) {
        tracing::info!("this node gives its shards away");
        self.draining = Some(order);
        let (council, incarnation) = (self.council.clone(), self.me);
        self.jobs.push(Box::pin(async move {
            // Unknown or refused: the shards are given away all the same, and none is asked for.
            let _ = council.propose(Command::Drain { incarnation }).await;
            Done::Said
        }));
    }

    /// Whether a draining node has nothing left, or nobody to give it to.
    fn is_empty(&self, map: &Map) -> bool {
        let alone = !map.in_state(State::Up).any(|life| life != self.me);
        let owns = map.owned_by(self.me).next().is_some();
        self.leaving.is_empty() && (alone || (self.working.is_empty() && !owns))
    }
}

/// The end of a life that was told to end.
struct Farewell {
    site: Site,
    council: Arc<dyn Council>,
    me: Incarnation,
    crew: Arc<Crew>,
    /// What could be given to nobody.
    shards: Vec<Shard>,
}

impl Farewell {
    /// Ends the workers that are left, says that this life is over, and stores its own fence, so that nobody else has to.
    async fn say(self) {
        let within = Duration::from_millis(limits::FAREWELL);
        let late = self.site.runtime.sleep(within * 2);
        futures_util::future::select(Box::pin(self.said(within)), late).await;
    }

    async fn said(&self, within: Duration) {
        let (incarnation, council) = (self.me, &self.council);
        let of = rows::Incarnation { generation: council.view().map.generation(), number: incarnation.0 };
        futures_util::future::join_all(self.shards.iter().map(|shard| self.crew.dismiss(shard.0, within)))
            .await;
        let deposed = council.propose(Command::Depose { incarnation, reason: Reason::Stopped }).await;
        if matches!(deposed, Ok(Answer::Done | Answer::Unchanged)) && self.site.rows.fence(of).await.is_ok() {
            let _ = council.propose(Command::Fenced { incarnation }).await;
        }
    }
}
