//! An agent's day: sign in, be ready, accept every offer of this run, say one's turns, conclude when the customer has gone.
//! One socket serves all of the agent's sessions. Connects again whenever it is lost. Never reads transcripts.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Result;
use tokio::time::timeout;

use super::link::wire::{Ack, Event, Frame, Offer, OfferEnded, Op, Refused, json};
use super::link::{Got, Refusal, SocketLink};
use super::part::{Carrier, Due, Part, micros};
use super::run::{Counts, Run};
use crate::limits::{
    LOAD_ANSWER_WAIT, LOAD_DOUBT, LOAD_GLANCE, LOAD_RECONNECT_WAIT, LOAD_RECONNECT_WAIT_MAX,
    LOAD_REPEAT_WAIT, LOAD_SILENCE,
};
use crate::tools::history::{ActorLog, Micros, Side};
use crate::words::SessionId;

/// The id of the request that concludes.
const CONCLUDE: &str = "conclude";

/// One agent at work.
pub(super) struct Desk {
    run: Arc<Run>,
    index: usize,
    token: String,
    log: ActorLog,
    chats: HashMap<SessionId, Chat>,
    /// When which chat wants to be looked at.
    wakes: BinaryHeap<Reverse<(Micros, SessionId)>>,
    heard: Micros,
    /// When to say "ready" (again).
    ready_at: Option<Micros>,
    /// The node has said that it is about to stop: nothing more is said here.
    leaving: bool,
}

/// One session of the agent.
struct Chat {
    /// The session's id as clients see it.
    id: String,
    number: usize,
    part: Part,
    reservation: String,
    /// When the conclusion was last asked for.
    concluding: Option<Micros>,
    /// The one wake that counts; others in the heap are stale.
    wake: Option<Micros>,
}

/// Whether the socket still stands; `Err` says what ended it.
type Stands = Result<(), Refusal>;

impl Desk {
    /// The desk of agent `index`, who has signed in.
    pub fn new(run: &Arc<Run>, index: usize, token: String) -> Self {
        let name = format!("agent {}", run.options.agents[index].agent);
        let log = run.history.actor(&name, Side::Agent);
        let (chats, wakes) = (HashMap::new(), BinaryHeap::new());
        Self {
            run: Arc::clone(run),
            index,
            token,
            log,
            chats,
            wakes,
            heard: 0,
            ready_at: None,
            leaving: false,
        }
    }

    /// Works until the run is over; gives back the log, for the transcripts, and the last token.
    pub async fn work(mut self) -> Result<(ActorLog, String)> {
        let run = Arc::clone(&self.run);
        let (mut wait, mut attempt) = (LOAD_RECONNECT_WAIT, 0);
        while !run.over.is_cancelled() {
            let base = run.url(&run.options.staff_urls, self.index, attempt);
            let number = run.connection();
            match SocketLink::connect(base, "/v1/agents/me/ws", &self.token, number).await {
                Ok(mut link) => {
                    wait = LOAD_RECONNECT_WAIT;
                    let shift = self.shift(&mut link, attempt > 0).await;
                    self.chats.values_mut().for_each(|chat| chat.part.disconnected());
                    match shift {
                        // Called home, told to resume elsewhere, or the run is over.
                        Ok(()) => {
                            attempt = self.next_attempt(attempt);
                            continue;
                        }
                        Err(Refusal::Denied) => {
                            self.token = run.sign_in(&run.options.agents[self.index], self.index).await?;
                        }
                        Err(Refusal::Passing | Refusal::Over) => {}
                    }
                    Counts::add(&run.counts.reconnected);
                }
                Err(Refusal::Denied) => {
                    self.token = run.sign_in(&run.options.agents[self.index], self.index).await?;
                }
                Err(Refusal::Passing | Refusal::Over) => {}
            }
            attempt += 1;
            run.pause(wait).await;
            wait = (wait * 2).min(LOAD_RECONNECT_WAIT_MAX);
        }
        self.log.hand_over();
        Ok((self.log, self.token))
    }

    /// The node to turn to after this one: the next when this one is about to stop, and the first when called home.
    const fn next_attempt(&self, attempt: usize) -> usize {
        if self.leaving { attempt + 1 } else { 0 }
    }

    /// Works on one connection, until it is lost, or the run is over, or one that is away is called home.
    async fn shift(&mut self, link: &mut SocketLink, is_away: bool) -> Stands {
        let run = Arc::clone(&self.run);
        let calls = run.calls_home();
        self.heard = run.now();
        self.ready_at = Some(self.heard);
        self.leaving = false;
        let joined = self.chats.iter().filter(|(_, chat)| chat.part.open);
        let open: Vec<SessionId> = joined.map(|(session, _)| *session).collect();
        for session in open {
            self.watch(link, session).await?;
            self.wake(session, 0);
        }
        loop {
            self.look(link).await?;
            let Some(got) = run.over.run_until_cancelled(timeout(self.patience(), link.next())).await else {
                let _ = link.send(json(&Op::State { id: "not-ready", state: "not_ready" })).await;
                link.leave().await;
                return Ok(());
            };
            match got {
                Ok(Got::Frame(text)) => self.hear(link, &text).await?,
                Ok(Got::Lost | Got::Over) => return Err(Refusal::Passing),
                Ok(Got::Denied) => return Err(Refusal::Denied),
                Err(_) => self.check(link).await?,
            }
            // Who has not come in yet waits for the answer to an accepted offer.
            let waits = self.chats.values().any(|chat| chat.part.waits_since().is_some() || !chat.part.open);
            if (self.leaving || (is_away && run.calls_home() != calls)) && !waits {
                return Ok(());
            }
        }
    }

    async fn watch(&mut self, link: &mut SocketLink, session: SessionId) -> Stands {
        let Some(chat) = self.chats.get_mut(&session) else { return Ok(()) };
        // The server may begin a stream of its own from the start for a session that is the agent's, whichever is first.
        chat.part.listen(&mut self.log, link.number, 0);
        chat.concluding = None;
        let op = Op::Watch { session: &chat.id, from: chat.part.last_seq };
        stands(link.send(json(&op)).await)
    }

    fn wake(&mut self, session: SessionId, at: Micros) {
        let Some(chat) = self.chats.get_mut(&session) else { return };
        if chat.wake.is_none_or(|before| at < before) {
            chat.wake = Some(at);
            self.wakes.push(Reverse((at, session)));
        }
    }

    /// How long to wait for a frame before looking around.
    fn patience(&self) -> Duration {
        let silence = LOAD_SILENCE / 5;
        if self.leaving {
            return silence;
        }
        let wake = self.wakes.peek().map(|Reverse((at, _))| *at);
        let next = wake.into_iter().chain(self.ready_at).min();
        next.map_or(silence, |at| {
            Duration::from_micros(at.saturating_sub(self.run.now()).max(500)).min(silence)
        })
    }

    /// Does what is due by the clock.
    async fn look(&mut self, link: &mut SocketLink) -> Stands {
        let now = self.run.now();
        if self.leaving {
            return Ok(());
        }
        if self.ready_at.take_if(|at| *at <= now).is_some() {
            stands(link.send(json(&Op::State { id: &ready_id(link.number), state: "ready" })).await)?;
        }
        while let Some(&Reverse((at, session))) = self.wakes.peek() {
            if at > now {
                break;
            }
            self.wakes.pop();
            let counts = |chat: &mut Chat| chat.wake.take_if(|wake| *wake == at).is_some();
            if self.chats.get_mut(&session).is_some_and(counts) {
                self.go_on(link, session).await?;
            }
        }
        Ok(())
    }

    /// Says what is due in a session, or concludes.
    async fn go_on(&mut self, link: &mut SocketLink, session: SessionId) -> Stands {
        let Some(chat) = self.chats.get_mut(&session).filter(|_| !self.leaving) else { return Ok(()) };
        let carrier = Carrier { connection: link.number, session: Some(&chat.id) };
        let mut spoke = false;
        let next = loop {
            match chat.part.due(&mut self.log, carrier) {
                Due::Say(text) => {
                    spoke = true;
                    stands(link.feed(text).await)?;
                }
                Due::At(at) => break Some(at),
                Due::Nothing => break None,
            }
        };
        if spoke {
            stands(link.flush().await)?;
        }
        let now = self.run.now();
        let next = if chat.part.is_finished() { chat.conclude(&self.run, link).await? } else { next };
        if let Some(at) = next {
            self.wake(session, at.max(now + 500));
        }
        Ok(())
    }

    async fn hear(&mut self, link: &mut SocketLink, text: &str) -> Stands {
        self.heard = self.run.now();
        let Ok(frame) = serde_json::from_str::<Frame<'_>>(text) else {
            self.run.counts.refused("a staff frame", "not understood");
            return Ok(());
        };
        self.leaving |= frame.resume.is_some();
        if let Some(offer) = &frame.offer {
            return self.offered(link, offer).await;
        }
        if let Some(ended) = &frame.offer_ended {
            self.offer_ended(ended);
        }
        let inner = frame.ack.as_ref().and_then(|ack| ack.session.as_ref());
        let refused = frame.refused.as_ref().and_then(|refused| refused.session.as_ref());
        let session = frame.session.as_ref().or(inner).or(refused).and_then(|id| SessionId::parse(&id.0));
        let Some(session) = session else {
            if let Some(refused) = &frame.refused {
                self.refused_at_all(refused, link.number);
            }
            return Ok(());
        };
        if let Some(event) = &frame.event {
            self.event(session, event, link.number);
        }
        if frame.ack.as_ref().is_some_and(|ack| self.concluded(session, ack)) {
            let session = &session.to_string();
            return stands(link.send(json(&Op::Unwatch { session })).await);
        }
        if let Some(refused) = &frame.refused {
            self.refused(session, refused);
        }
        self.go_on(link, session).await
    }

    /// A refusal of something that is about no session.
    fn refused_at_all(&mut self, refused: &Refused<'_>, connection: u32) {
        self.run.counts.refused("an agent's request", refused.code());
        if refused.id.as_ref().is_some_and(|id| id.0 == ready_id(connection)) {
            self.ready_at = Some(self.run.now() + micros(LOAD_REPEAT_WAIT));
        }
    }

    /// Accepts an offer of this run; declines those of runs that are gone.
    async fn offered(&mut self, link: &mut SocketLink, offer: &Offer<'_>) -> Stands {
        let (reservation, id) = (offer.reservation.0.as_ref(), offer.session.0.as_ref());
        let number = offer.nick.as_ref().and_then(|nick| self.run.number(&nick.0));
        let (Some(number), Some(session)) = (number, SessionId::parse(id)) else {
            return stands(link.send(json(&Op::Decline { reservation, session: id })).await);
        };
        let number_in_history = u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1);
        let (run, reservation_kept) = (&self.run, reservation.to_owned());
        let chat = self.chats.entry(session).or_insert_with(|| Chat {
            id: id.to_owned(),
            number,
            part: Part::new(run, number, Side::Agent, number_in_history),
            reservation: String::new(),
            concluding: None,
            wake: None,
        });
        chat.reservation = reservation_kept;
        chat.part.listen(&mut self.log, link.number, 0);
        // The server streams an accepted session without being asked. An offer that comes again is accepted again, under
        // the same id.
        stands(link.send(json(&Op::Accept { id: reservation, reservation, session: id })).await)
    }

    /// An offer that ended before this agent joined is another agent's now.
    fn offer_ended(&mut self, ended: &OfferEnded<'_>) {
        if ended.why.as_ref().is_some_and(|why| why.0 == "accepted") {
            return;
        }
        self.chats.retain(|_, chat| chat.part.open || chat.reservation != ended.reservation.0);
    }

    fn event(&mut self, session: SessionId, event: &Event<'_>, connection: u32) {
        let Some(chat) = self.chats.get_mut(&session) else { return };
        chat.part.shown(&mut self.log, event, connection);
        let own = &self.run.options.agents[self.index].agent;
        let joined = event.joined();
        if joined.is_some_and(|joined| joined.agent.is_some_and(|agent| agent.0 == own.as_str())) {
            chat.part.open();
            let agent = u32::try_from(self.index).unwrap_or(u32::MAX).saturating_add(1);
            self.run.talks[chat.number].agent.store(agent, Ordering::Relaxed);
        }
    }

    /// Takes an acknowledgement. Says whether it was that of the conclusion: then the agent is done here.
    fn concluded(&mut self, session: SessionId, ack: &Ack<'_>) -> bool {
        let Some(chat) = self.chats.get_mut(&session) else { return false };
        if ack.id.0 != CONCLUDE {
            chat.part.acked(&mut self.log, ack);
            return false;
        }
        self.run.talks[chat.number].concluded.store(true, Ordering::Release);
        self.chats.remove(&session);
        true
    }

    fn refused(&mut self, session: SessionId, refused: &Refused<'_>) {
        let Some(chat) = self.chats.get_mut(&session) else { return };
        if refused.id.as_ref().is_none_or(|id| id.0 != CONCLUDE) {
            if !chat.part.refused(&mut self.log, refused) {
                self.run.counts.refused("an agent's request", refused.code());
            }
            return;
        }
        self.run.counts.refused("a conclusion", refused.code());
        if refused.is_passing() {
            // Asked again after the wait that a conclusion without an answer has.
            let waited = micros(LOAD_ANSWER_WAIT - LOAD_REPEAT_WAIT);
            chat.concluding = Some(self.run.now().saturating_sub(waited));
        } else {
            self.chats.remove(&session);
        }
    }

    /// Nothing was heard for a while.
    async fn check(&mut self, link: &mut SocketLink) -> Stands {
        let now = self.run.now();
        stands(!self.chats.values().any(|chat| chat.part.is_overdue(now)))?;
        let waits = self.chats.values().filter_map(|chat| chat.part.waits_since()).min();
        let patience = micros(if waits.is_some() { LOAD_DOUBT } else { LOAD_SILENCE });
        let since = self.heard.max(waits.unwrap_or(0));
        if now < since + patience {
            return Ok(());
        }
        stands(now < since + 2 * patience && link.send(json(&Op::Ping)).await)
    }
}

impl Chat {
    /// Concludes once the customer has gone. When to look again.
    async fn conclude(&mut self, run: &Run, link: &mut SocketLink) -> Result<Option<Micros>, Refusal> {
        let now = run.now();
        let glance = now + micros(LOAD_GLANCE);
        if !run.talks[self.number].left.load(Ordering::Acquire) {
            return Ok(Some(glance));
        }
        let again = self.concluding.map_or(now, |asked| asked + micros(LOAD_ANSWER_WAIT));
        if again > now {
            return Ok(Some(again.min(now + micros(LOAD_REPEAT_WAIT))));
        }
        self.concluding = Some(now);
        let op = Op::Conclude { session: &self.id, id: CONCLUDE, disposition: &run.options.disposition };
        stands(link.send(json(&op)).await)?;
        Ok(Some(glance))
    }
}

/// The id of "ready" on a connection.
fn ready_id(connection: u32) -> String {
    format!("ready-{connection}")
}

fn stands(yes: bool) -> Stands {
    if yes { Ok(()) } else { Err(Refusal::Passing) }
}
