//! The other side of the door: calls, notes and lanes that come from other nodes, and from edges as far as they may, brought to the workers that are here. An
//! owner that is not here (yet) waits a moment for its worker and then says so. Never repeats anything: the edge does.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use bytes::Bytes;
use futures_util::future::{Either, select};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::ground::Ground;
use super::{Climbing, Lost, Method, Opening, Owner};
use crate::limits;
use crate::runtime::mpsc;
use crate::session::refusal::Refusal;
use crate::shard::door::edge::{Denied, Rights};
use crate::shard::door::here::Missed;
use crate::shard::door::{Delivery, DoorError, Mailbox, Receipt, Wait};
use crate::shard::place;
use crate::shard::site::Site;
use crate::shard::wire::{Answer, Call, Down, Note, Open, Up, Why};
use crate::shard::worker::msg::{Awaits, ToSession};
use crate::store::journal::Epoch;
use crate::store::rows::Incarnation;

/// What serves other nodes.
#[derive(Clone)]
pub struct Serve {
    site: Site,
    ground: Ground,
    lanes: Known,
    rights: Rights,
    /// When something that was denied was last told to the log, in ticks.
    told: Arc<AtomicU64>,
}

/// The lanes that are served, by token: where what goes up waits for its turn.
type Known = Arc<Mutex<HashMap<u128, mpsc::Sender<(u64, Bytes)>>>>;

impl Serve {
    /// By the workers of this ground.
    #[must_use]
    pub fn new(site: Site, ground: Ground) -> Self {
        Self { site, ground, lanes: Arc::default(), rights: Rights::Node, told: Arc::default() }
    }

    /// The same for edges, which have fewer rights and lanes of their own.
    #[must_use]
    pub fn for_edges(&self) -> Self {
        Self { lanes: Arc::default(), rights: Rights::Edge, told: Arc::default(), ..self.clone() }
    }

    /// Answers one call of another node, or of an edge.
    pub fn call(&self, from: &str, method: Method, body: Bytes) -> Wait<Result<Bytes, Lost>> {
        let (serve, from) = (self.clone(), Arc::<str>::from(from));
        Box::pin(async move {
            match method {
                Method::Call => {
                    let mut call = Call::decode(&body).map_err(|_| Lost)?;
                    Ok(match serve.rights.call(&mut call, &serve.site.centers.current()) {
                        Ok(()) => serve.answer(call).await.encode(),
                        Err(denied) => serve.denies(&from, denied).encode(),
                    })
                }
                Method::Note => {
                    if let Err(denied) = serve.rights.note() {
                        serve.denies(&from, denied);
                        return Err(Lost);
                    }
                    serve.note(Note::decode(&body).map_err(|_| Lost)?).await;
                    Ok(Bytes::new())
                }
                Method::Up => serve.up(Climbing::decode(body).ok_or(Lost)?),
            }
        })
    }

    /// Counts what an edge asked for and does not get. A customer may ask for what is not theirs, or for a service that was just
    /// taken away; all else tells of an edge that is not what it should be, and is told to the log, but not as often as it likes.
    fn denies(&self, from: &str, Denied(what): Denied) -> Answer {
        crate::metrics::cluster().edge_denied.with_label_values(&[what]).inc();
        let now = self.ground.runtime.ticks();
        let before = self.told.load(Relaxed);
        let is_time = before == 0 || now.saturating_sub(before) >= limits::EDGE_DENIED_TOLD * 1_000_000_000;
        let is_strange = !matches!(what, "act" | "service");
        if is_strange && is_time && self.told.compare_exchange(before, now.max(1), Relaxed, Relaxed).is_ok() {
            tracing::warn!(
                peer = from,
                what,
                "an edge asked for what is not for edges: it may be in foreign hands"
            );
        }
        Answer::Refused(Why::Door(Refusal::NotAllowed.into()))
    }

    async fn answer(&self, call: Call) -> Answer {
        let (ground, here) = (&self.ground, &self.ground.here);
        let shard = self.shard_of(&call);
        match &call {
            // Any node can say that.
            Call::Store => {}
            Call::Recovered { epoch, .. } => self.arrival(shard, epoch.0 + 1).await,
            _ => self.arrival(shard, 0).await,
        }
        match call {
            Call::Ask { who, session, ask, .. } => self.said(shard, here.ask(who, session, ask).await),
            Call::Page { who, session, from, limit, .. } => {
                self.said(shard, here.page(who, session, from, limit).await)
            }
            Call::Summary { who, session, .. } => {
                let found = here.summary(who, session).await;
                self.said(shard, found.map(|summary| self.rights.shown(summary)))
            }
            Call::AskAgent { agent, id, act } => self.said(shard, here.ask_agent(&agent, id, act).await),
            Call::Agent { agent } => self.said(shard, here.agent(&agent).await),
            Call::Position { session } => self.said(shard, here.position(session).await),
            Call::Queues if matches!(ground.owners.owner(shard), Owner::Here(_)) => {
                Answer::Queues(self.site.board.all())
            }
            Call::Store => self.store().await,
            Call::Recovered { shard, .. } => self.said(shard, here.recovered(shard).await),
            Call::Queues => self.said::<Receipt>(shard, Err(Missed::Gone)),
        }
    }

    /// Whether the store answers now. Which fence is looked for does not matter: there is none of an incarnation that never was.
    async fn store(&self) -> Answer {
        let site = &self.site;
        let late = site.runtime.sleep(std::time::Duration::from_millis(limits::STORE_ASKED));
        match select(site.rows.look(Incarnation { generation: 0, number: 0 }), late).await {
            Either::Left((Ok(_), _)) => Answer::Yes,
            Either::Left((Err(_), _)) | Either::Right(_) => Answer::Refused(Why::Door(DoorError::Unknown)),
        }
    }

    fn shard_of(&self, call: &Call) -> u16 {
        let count = self.ground.links.count();
        match call {
            Call::Ask { session, .. } | Call::Page { session, .. } | Call::Summary { session, .. } => {
                place::session(*session, count)
            }
            Call::AskAgent { agent, .. } | Call::Agent { agent } => place::agent(agent, count),
            Call::Position { .. } | Call::Queues | Call::Store => place::desk(count),
            Call::Recovered { shard, .. } => (*shard).min(count.saturating_sub(1)),
        }
    }

    fn said<T: Into<Answer>>(&self, shard: u16, result: Result<T, Missed>) -> Answer {
        match result {
            Ok(result) => result.into(),
            Err(Missed::Door(DoorError::Refused(Refusal::Stale { known }))) => {
                Answer::Refused(Why::Stale { seq: known })
            }
            Err(Missed::Door(error)) => Answer::Refused(Why::Door(error)),
            Err(Missed::Gone) => {
                let epoch = match self.ground.owners.owner(shard) {
                    Owner::Here(epoch) | Owner::There(_, epoch) => Epoch(epoch),
                    Owner::Nobody => Epoch(0),
                };
                Answer::Refused(Why::NotOwner { epoch })
            }
        }
    }

    /// Waits a moment for the worker of a shard that is, or soon will be, this node's.
    async fn arrival(&self, shard: u16, epoch: u64) {
        let links = &self.ground.links;
        if links.is_here(shard) {
            return;
        }
        let a_moment = self.ground.runtime.sleep(std::time::Duration::from_millis(limits::OWNER_WAIT));
        let arrived = async {
            let known = self.ground.owners.owner(shard);
            let is_behind = match &known {
                Owner::Here(_) => false,
                Owner::There(_, known) => *known < epoch,
                Owner::Nobody => true,
            };
            if is_behind {
                self.ground.owners.changed(shard, known).await;
            }
            if matches!(self.ground.owners.owner(shard), Owner::Here(_)) {
                links.entered(shard).await;
            }
        };
        select(Box::pin(arrived), a_moment).await;
    }

    async fn note(&self, note: Note) {
        let links = &self.ground.links;
        let shard = match &note {
            Note::Session(session, ..) => place::session(*session, links.count()),
            Note::Agent(agent, _) => place::agent(agent, links.count()),
            Note::Desk(_) => place::desk(links.count()),
        };
        self.arrival(shard, 0).await;
        // A note to somebody who is not here is said again, to whoever is the owner then.
        match note {
            Note::Session(session, agent, said) => {
                let _ = links.session(session, ToSession::Agent(agent, said));
            }
            Note::Agent(agent, note) => {
                let _ = links.agent(&agent, note.into());
            }
            Note::Desk(note) => {
                let _ = links.desk(note.into());
            }
        }
    }

    fn up(&self, climbing: Climbing) -> Result<Bytes, Lost> {
        let lane = self.lanes.lock().get(&climbing.token).cloned().ok_or(Lost)?;
        lane.try_send((climbing.place, climbing.up)).map_err(|_| Lost)?;
        Ok(Bytes::new())
    }

    /// Feeds one lane, until either side ends it. Its end says: look at the map and ask again.
    pub async fn lane(&self, from: &str, opening: Bytes, down: mpsc::Sender<Bytes>) {
        let Some(opening) = Opening::decode(opening) else { return };
        let Ok(open) = Open::decode(&opening.open) else { return };
        if let Err(denied) = self.rights.open(&open) {
            self.denies(from, denied);
            return;
        }
        let count = self.ground.links.count();
        let shard = match &open {
            Open::Session { session, .. } => place::session(*session, count),
            Open::Agent { agent, .. } => place::agent(agent, count),
        };
        self.arrival(shard, opening.epoch).await;
        if !self.ground.links.is_here(shard) {
            return;
        }
        let (to, ups) = mpsc::channel(limits::LANE_UPS);
        self.lanes.lock().insert(opening.token, to);
        let _named = Named { serve: self, token: opening.token };
        let (mailbox, inbox) = Mailbox::open(limits::MAILBOX_PLACES);
        let ear = Arc::new(Ear { to: mailbox.clone(), lost: Notify::new() });
        let far = Far { serve: self, from, open, mailbox, ear, down };
        far.serve(ups, inbox).await;
    }
}

/// Forgets a lane when it ends.
struct Named<'a> {
    serve: &'a Serve,
    token: u128,
}

impl Drop for Named<'_> {
    fn drop(&mut self) {
        self.serve.lanes.lock().remove(&self.token);
    }
}

/// What hears of the answers that a lane waits for.
struct Ear {
    to: Mailbox,
    lost: Notify,
}

impl Awaits for Ear {
    fn answered(&self, tag: u64, result: Result<Receipt, DoorError>) {
        self.to.put(Delivery::Answer { tag, result });
    }

    fn lost(&self, _tag: u64) {
        self.lost.notify_one();
    }
}

/// The owner's end of a lane.
struct Far<'a> {
    serve: &'a Serve,
    from: &'a str,
    open: Open,
    mailbox: Mailbox,
    ear: Arc<Ear>,
    down: mpsc::Sender<Bytes>,
}

/// The lane ends.
struct Over;

/// What the owner's end waited for.
enum Turn {
    Up((u64, Bytes)),
    Delivery(Delivery),
    /// The worker has ended without an answer to something.
    Lost,
    Over,
}

/// Also when the link is lost in the middle of something.
impl Drop for Far<'_> {
    fn drop(&mut self) {
        match &self.open {
            Open::Session { session, .. } => self.serve.ground.here.detach(*session, &self.mailbox),
            Open::Agent { agent, .. } => self.serve.ground.here.detach_agent(agent, &self.mailbox),
        }
    }
}

impl Far<'_> {
    async fn serve(&self, mut ups: mpsc::Receiver<(u64, Bytes)>, mut inbox: mpsc::Receiver<Delivery>) {
        let (mut early, mut next) = (BTreeMap::new(), 0);
        let mut going = self.tell(&Down::Opened).await;
        while going.is_ok() && !self.mailbox.overflowed() {
            let turn = {
                let up = Box::pin(ups.recv());
                let delivery = Box::pin(inbox.recv());
                let lost = Box::pin(self.ear.lost.notified());
                match select(select(up, delivery), select(lost, Box::pin(self.down.closed()))).await {
                    Either::Left((Either::Left((Some(up), _)), _)) => Turn::Up(up),
                    Either::Left((Either::Right((Some(delivery), _)), _)) => Turn::Delivery(delivery),
                    Either::Right((Either::Left(_), _)) => Turn::Lost,
                    Either::Left(_) | Either::Right((Either::Right(_), _)) => Turn::Over,
                }
            };
            going = match turn {
                Turn::Up((place, up)) => {
                    early.insert(place, up);
                    self.climb(&mut early, &mut next).await
                }
                Turn::Delivery(delivery) => self.tell(&delivery.into()).await,
                Turn::Lost => self.tell_the_rest(&mut inbox).await,
                Turn::Over => Err(Over),
            };
        }
        if self.mailbox.overflowed() {
            crate::metrics::shed("slow_lane");
        }
    }

    /// What the worker has said before it ended still goes down.
    async fn tell_the_rest(&self, inbox: &mut mpsc::Receiver<Delivery>) -> Result<(), Over> {
        while let Ok(delivery) = inbox.try_recv() {
            self.tell(&delivery.into()).await?;
        }
        Err(Over)
    }

    async fn tell(&self, down: &Down) -> Result<(), Over> {
        self.down.send(down.encode()).await.map_err(|_| Over)
    }

    /// Takes what has come up, in its order.
    async fn climb(&self, early: &mut BTreeMap<u64, Bytes>, next: &mut u64) -> Result<(), Over> {
        while let Some(up) = early.remove(next) {
            *next += 1;
            self.take(Up::decode(&up).map_err(|_| Over)?).await?;
        }
        if early.len() > limits::LANE_UPS { Err(Over) } else { Ok(()) }
    }

    async fn take(&self, up: Up) -> Result<(), Over> {
        match (up, &self.open) {
            (Up::Attach { from }, Open::Session { who, session }) => {
                let attached =
                    self.serve.ground.here.attach(who.clone(), *session, from, self.mailbox.clone()).await;
                self.attached(attached).await
            }
            (Up::Attach { .. }, Open::Agent { agent, device }) => {
                let attached =
                    self.serve.ground.here.attach_agent(agent, device.clone(), self.mailbox.clone()).await;
                self.attached(attached.map(|()| crate::words::Seq(0))).await
            }
            (Up::Submit { tag, ask }, Open::Session { who, session }) => {
                if let Err(denied) = self.serve.rights.ask(who, &ask) {
                    self.serve.denies(self.from, denied);
                    let refused = Why::Door(Refusal::NotAllowed.into());
                    return self.tell(&Down::Answer { tag, result: Err(refused) }).await;
                }
                let to = (self.ear.clone() as Arc<dyn Awaits>, tag);
                match self.serve.ground.here.submit((who.clone(), *session), ask, to) {
                    Ok(()) => Ok(()),
                    Err(Missed::Door(error)) => {
                        self.tell(&Down::Answer { tag, result: Err(Why::Door(error)) }).await
                    }
                    Err(Missed::Gone) => Err(Over),
                }
            }
            (Up::Submit { .. }, Open::Agent { .. }) | (Up::Detach, _) => Err(Over),
        }
    }

    async fn attached(&self, result: Result<crate::words::Seq, Missed>) -> Result<(), Over> {
        match result {
            Ok(seq) => self.tell(&Down::Attached(seq)).await,
            Err(Missed::Door(error)) => self.tell(&Down::Refused(Why::Door(error))).await,
            Err(Missed::Gone) => Err(Over),
        }
    }
}
