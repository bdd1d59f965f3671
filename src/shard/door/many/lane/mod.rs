//! One connection's way to one session or agent. What it sends is kept until it is answered, and sent again, oldest first and
//! nothing newer before it, when the owner changes; what it follows is told to come back, and follows again. Never decides what
//! an answer means.

mod way;

use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::{Either, select};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::ground::Ground;
use super::lanes::Lanes;
use super::{Climbing, Method, Owner};
use crate::limits;
use crate::runtime::oneshot;
use crate::session::input::Ask;
use crate::session::refusal::Refusal;
use crate::shard::door::here::Missed;
use crate::shard::door::{Delivery, DoorError, Mailbox, Receipt, Wait, Who};
use crate::shard::place;
use crate::shard::wire;
use crate::shard::worker::msg::Awaits;
use crate::words::{AgentId, Seq, SessionId};

/// What a lane leads to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Of {
    /// A session.
    Session(SessionId),
    /// An agent's journal, for a device.
    Agent(AgentId, String),
}

/// A lane.
pub(super) struct Lane {
    ground: Ground,
    lanes: Weak<Lanes>,
    who: Who,
    of: Of,
    shard: u16,
    to: Mailbox,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    unanswered: VecDeque<Unanswered>,
    /// An attachment that is asked for and not answered.
    attaching: Option<Attaching>,
    /// Whether the connection follows.
    attached: bool,
    route: Route,
    /// Grows with each route; what is heard of an earlier one is old news.
    life: u64,
}

struct Unanswered {
    tag: u64,
    ask: Ask,
    /// When it is answered with "unknown", in ticks.
    until: u64,
}

struct Attaching {
    from: Seq,
    reply: oneshot::Sender<Result<Seq, DoorError>>,
    /// Times that an owner knew less than the connection.
    stale: u32,
}

/// Where the lane leads now.
#[derive(Default)]
enum Route {
    /// Nowhere; nothing is to be sent.
    #[default]
    Idle,
    /// An owner is looked for.
    Seeking,
    /// To the worker that is here.
    Here(Arc<Ear>),
    /// To another node, in this order.
    There(Up),
}

/// The way up to another node's side of the lane.
struct Up {
    node: Arc<str>,
    token: u128,
    next: u64,
    /// Rung when the way is to be given up: it is broken, or nothing is left to do.
    over: Arc<Notify>,
}

/// What hears of the answers of one route.
struct Ear {
    lane: Arc<Lane>,
    life: u64,
}

impl Awaits for Ear {
    fn answered(&self, tag: u64, result: Result<Receipt, DoorError>) {
        self.lane.answered(tag, result);
    }

    fn lost(&self, _tag: u64) {
        // Whoever lets go of what is lost may be in the middle of a send of this very lane.
        let (lane, life) = (self.lane.clone(), self.life);
        self.lane.ground.runtime.spawn(Box::pin(async move { lane.lost(life).await }));
    }
}

impl Lane {
    pub(super) fn new(ground: Ground, lanes: Weak<Lanes>, (who, of): (Who, Of), to: Mailbox) -> Arc<Self> {
        let count = ground.links.count();
        let shard = match &of {
            Of::Session(session) => place::session(*session, count),
            Of::Agent(agent, _) => place::agent(agent, count),
        };
        Arc::new(Self { ground, lanes, who, of, shard, to, state: Mutex::default() })
    }

    /// Whether nothing is left to do.
    pub(super) fn is_done(&self) -> bool {
        let state = self.state.lock();
        state.unanswered.is_empty() && state.attaching.is_none() && !state.attached
    }

    /// Sends a change; its answer comes to the mailbox.
    pub(super) fn submit(self: &Arc<Self>, ask: Ask, tag: u64) {
        let now = self.ground.runtime.ticks();
        let until = now.saturating_add(limits::DOOR_WAIT * 1_000_000);
        let mut state = self.state.lock();
        state.unanswered.push_back(Unanswered { tag, ask, until });
        self.send_on(&mut state, |lane, state| lane.send_last(state));
    }

    /// Follows from a seq on; the answer is the published seq.
    pub(super) fn attach(self: &Arc<Self>, from: Seq) -> Wait<Result<Seq, DoorError>> {
        let (reply, answer) = oneshot::channel();
        {
            let mut state = self.state.lock();
            state.attaching = Some(Attaching { from, reply, stale: 0 });
            self.send_on(&mut state, |lane, state| lane.send_attach(state));
        }
        let deadline = self.ground.runtime.sleep(Duration::from_millis(limits::DOOR_WAIT));
        let lane = self.clone();
        Box::pin(async move {
            match select(answer, deadline).await {
                Either::Left((Ok(result), _)) => result,
                Either::Left((Err(_), _)) | Either::Right(_) => {
                    lane.state.lock().attaching = None;
                    lane.finish();
                    Err(DoorError::Unknown)
                }
            }
        })
    }

    /// Follows no more.
    pub(super) fn detach(self: &Arc<Self>) {
        let mut state = self.state.lock();
        state.attaching = None;
        state.attached = false;
        match &state.route {
            Route::Here(_) => match &self.of {
                Of::Session(session) => self.ground.here.detach(*session, &self.to),
                Of::Agent(agent, _) => self.ground.here.detach_agent(agent, &self.to),
            },
            Route::There(_) => self.send_up(&mut state, &wire::Up::Detach),
            Route::Idle | Route::Seeking => {}
        }
        drop(state);
        self.finish();
    }

    /// What it followed has ended by itself.
    pub(super) fn let_go(&self) {
        self.state.lock().attached = false;
        self.finish();
    }

    /// Sends by the route that there is; without one looks for it, and then everything is sent.
    fn send_on(self: &Arc<Self>, state: &mut State, send: impl FnOnce(&Arc<Self>, &mut State) -> bool) {
        let sent = match state.route {
            Route::Seeking => return,
            Route::Idle => self.go_here(state),
            Route::Here(_) | Route::There(_) => send(self, state),
        };
        if !sent {
            state.route = Route::Seeking;
            let lane = self.clone();
            self.ground.runtime.spawn(Box::pin(async move { lane.seek().await }));
        }
    }

    /// Takes the way to the worker that is here, if one is, and sends everything.
    fn go_here(self: &Arc<Self>, state: &mut State) -> bool {
        if !matches!(self.ground.owners.owner(self.shard), Owner::Here(_)) {
            return false;
        }
        state.life += 1;
        state.route = Route::Here(Arc::new(Ear { lane: self.clone(), life: state.life }));
        self.send_all(state)
    }

    fn send_all(self: &Arc<Self>, state: &mut State) -> bool {
        if state.attaching.is_some() && !self.send_attach(state) {
            return false;
        }
        for at in 0..state.unanswered.len() {
            if !self.send_one(state, at) {
                return false;
            }
        }
        true
    }

    fn send_last(self: &Arc<Self>, state: &mut State) -> bool {
        let last = state.unanswered.len().saturating_sub(1);
        self.send_one(state, last)
    }

    /// Sends one of the unanswered; `false` when the route leads nowhere any more.
    fn send_one(self: &Arc<Self>, state: &mut State, at: usize) -> bool {
        let Some(next) = state.unanswered.get(at) else { return true };
        let (tag, ask) = (next.tag, next.ask.clone());
        match (&state.route, &self.of) {
            (Route::Here(ear), Of::Session(session)) => {
                let to = (ear.clone() as Arc<dyn Awaits>, tag);
                match self.ground.here.submit((self.who.clone(), *session), ask, to) {
                    Ok(()) => true,
                    Err(Missed::Gone) => false,
                    Err(Missed::Door(error)) => {
                        state.unanswered.remove(at);
                        self.to.put(Delivery::Answer { tag, result: Err(error) });
                        true
                    }
                }
            }
            (Route::There(_), Of::Session(_)) => {
                self.send_up(state, &wire::Up::Submit { tag, ask });
                true
            }
            // Nothing is submitted to an agent by a lane.
            (Route::Here(_) | Route::There(_), Of::Agent(..)) => true,
            (Route::Idle | Route::Seeking, _) => false,
        }
    }

    fn send_attach(self: &Arc<Self>, state: &mut State) -> bool {
        let Some(attaching) = &state.attaching else { return true };
        let from = attaching.from;
        match &state.route {
            // Its worker has ended and the map does not know yet. Whoever asked nobody again and again would do nothing else.
            Route::Here(_) if !self.ground.links.is_here(self.shard) => false,
            Route::Here(ear) => {
                let (lane, life) = (self.clone(), ear.life);
                self.ground.runtime.spawn(Box::pin(async move { lane.attach_here(from, life).await }));
                true
            }
            Route::There(_) => {
                self.send_up(state, &wire::Up::Attach { from });
                true
            }
            Route::Idle | Route::Seeking => false,
        }
    }

    async fn attach_here(self: Arc<Self>, from: Seq, life: u64) {
        let here = &self.ground.here;
        let result = match &self.of {
            Of::Session(session) => here.attach(self.who.clone(), *session, from, self.to.clone()).await,
            Of::Agent(agent, device) => {
                let attached = here.attach_agent(agent, device.clone(), self.to.clone()).await;
                attached.map(|()| Seq(0))
            }
        };
        match result {
            Ok(seq) => self.attached(Ok(seq)),
            Err(Missed::Door(error)) => self.attached(Err(error)),
            Err(Missed::Gone) => self.lost(life).await,
        }
    }

    /// One frame up, in its place in the order. A frame that is lost makes the other side end the lane.
    fn send_up(self: &Arc<Self>, state: &mut State, up: &wire::Up) {
        let Route::There(way) = &mut state.route else { return };
        let climbing = Climbing { token: way.token, place: way.next, up: up.encode() };
        way.next += 1;
        let within = Duration::from_millis(limits::DOOR_WAIT);
        let sent = self.ground.peers.call(&way.node, Method::Up, climbing.encode(), within);
        let over = way.over.clone();
        self.ground.runtime.spawn(Box::pin(async move {
            if sent.await.is_err() {
                over.notify_one();
            }
        }));
    }

    fn answered(self: &Arc<Self>, tag: u64, result: Result<Receipt, DoorError>) {
        {
            let mut state = self.state.lock();
            let Some(at) = state.unanswered.iter().position(|known| known.tag == tag) else { return };
            state.unanswered.remove(at);
            self.to.put(Delivery::Answer { tag, result });
        }
        self.finish();
    }

    /// An owner that knows less than the connection may be one that was deposed and does not know it yet: it is asked again.
    fn is_stale(self: &Arc<Self>, result: &Result<Seq, DoorError>) -> bool {
        if !matches!(result, Err(DoorError::Refused(Refusal::Stale { .. }))) {
            return false;
        }
        let mut state = self.state.lock();
        let Some(attaching) = state.attaching.as_mut().filter(|asked| asked.stale < limits::STALE_TRIES)
        else {
            return false;
        };
        attaching.stale += 1;
        let (lane, owner) = (self.clone(), self.ground.owners.owner(self.shard));
        self.ground.runtime.spawn(Box::pin(async move {
            lane.ground.pause(lane.shard, &owner).await;
            let mut state = lane.state.lock();
            if state.attaching.is_some() {
                lane.send_on(&mut state, |lane, state| lane.send_attach(state));
            }
        }));
        true
    }

    fn attached(self: &Arc<Self>, result: Result<Seq, DoorError>) {
        if self.is_stale(&result) {
            return;
        }
        {
            let mut state = self.state.lock();
            let Some(attaching) = state.attaching.take() else { return };
            state.attached = result.is_ok();
            // A connection that is gone meanwhile is found out by its mailbox.
            let _ = attaching.reply.send(result);
        }
        self.finish();
    }

    /// Lets the lane go when nothing is left to do.
    fn finish(&self) {
        if !self.is_done() {
            return;
        }
        {
            let mut state = self.state.lock();
            match &state.route {
                Route::There(way) => way.over.notify_one(),
                // What hears of answers holds the lane, and the lane holds it: apart from each other both go.
                Route::Here(_) => state.route = Route::Idle,
                Route::Idle | Route::Seeking => {}
            }
        }
        if let Some(lanes) = self.lanes.upgrade() {
            lanes.forget(&self.of, &self.to);
        }
    }
}
