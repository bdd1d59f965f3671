//! A customer's life: create a session, wait for an agent, say one's turns, close. Connects again whenever the connection
//! is lost. Never reads the transcript: that comes when all is over.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Result;
use tokio::time::timeout;

use super::link::wire::Frame;
use super::link::{Got, HttpLink, Link, Refusal, SocketLink};
use super::options::Transport;
use super::part::{Carrier, Due, Part, micros};
use super::run::{Counts, Opened, Run};
use crate::limits::{
    LOAD_DOUBT, LOAD_END_WAIT, LOAD_RECONNECT_WAIT, LOAD_RECONNECT_WAIT_MAX, LOAD_REPEAT_WAIT, LOAD_SILENCE,
};
use crate::tools::history::{ActorLog, Line, Micros, Session, Side};

/// The id of the request that closes the session.
const CLOSE: &str = "close";

/// Why a customer stopped listening to a connection.
enum End {
    /// The session is over, or nothing more is to be done.
    Over,
    /// Connect again.
    Lost,
    /// Connect again, to the node where it began.
    Home,
    /// The node is about to stop: connect to another one, at once.
    Leaving,
}

/// One customer with a session.
struct Customer {
    run: Arc<Run>,
    number: usize,
    part: Part,
    log: ActorLog,
    /// When the wish to close was first sent.
    closing: Option<Micros>,
    heard: Micros,
    closed: bool,
    /// The node has said that it is about to stop: nothing more is said here.
    leaving: bool,
}

/// Plays the customer's side of conversation `number`, from creation to close.
///
/// # Errors
/// If the session is refused.
pub(super) async fn converse(run: &Arc<Run>, number: usize) -> Result<()> {
    let created = run.create(number).await?;
    let session = u32::try_from(number)? + 1;
    let mut log = run.history.actor(&format!("customer {number}"), Side::Customer);
    log.write(&Line::Session(Session { s: session, id: created.session.as_str().into() }));
    let opened = Opened { id: created.session, token: created.token, number: session };
    // A conversation is begun by one customer only, so it was not set before.
    let _ = run.talks[number].session.set(opened);
    let part = Part::new(run, number, Side::Customer, session);
    let heard = run.now();
    let mut customer = Customer {
        run: Arc::clone(run),
        number,
        part,
        log,
        closing: None,
        heard,
        closed: false,
        leaving: false,
    };
    customer.live().await;
    customer.log.hand_over();
    run.talks[number].left.store(true, Ordering::Release);
    *run.talks[number].log.lock() = Some(customer.log);
    Counts::add(&run.counts.done);
    Ok(())
}

impl Customer {
    async fn live(&mut self) {
        let (mut wait, mut attempt) = (LOAD_RECONNECT_WAIT, 0);
        while !self.closed && !self.gives_up() {
            match self.connect(attempt).await {
                Ok(mut link) => {
                    wait = LOAD_RECONNECT_WAIT;
                    self.part.listen(&mut self.log, link.number(), self.part.last_seq);
                    let end = self.listen(&mut link, attempt > 0).await;
                    self.part.disconnected();
                    match end {
                        End::Over => return,
                        End::Lost => Counts::add(&self.run.counts.reconnected),
                        End::Home => {
                            attempt = 0;
                            continue;
                        }
                        End::Leaving => {
                            attempt += 1;
                            continue;
                        }
                    }
                }
                Err(Refusal::Passing) => {}
                Err(Refusal::Over | Refusal::Denied) => return self.broken("a connection was refused"),
            }
            attempt += 1;
            self.run.pause(wait).await;
            wait = (wait * 2).min(LOAD_RECONNECT_WAIT_MAX);
        }
    }

    /// Nobody waits for this conversation any more, unless all was said.
    fn broken(&self, why: &str) {
        if self.closing.is_some() || self.part.is_finished() {
            return;
        }
        self.run.counts.refused("a conversation", why);
        self.part.talk().broken.store(true, Ordering::Relaxed);
    }

    async fn connect(&self, attempt: usize) -> Result<Link, Refusal> {
        let Some(session) = self.part.talk().session.get() else { return Err(Refusal::Over) };
        let base = self.run.url(&self.run.options.urls, self.number, attempt);
        let from = self.part.last_seq;
        if self.run.options.transport == Transport::Ws {
            let path = format!("/v1/sessions/{}/ws?from={from}", session.id);
            let socket = SocketLink::connect(base, &path, &session.token, self.run.connection()).await?;
            return Ok(Link::Socket(Box::new(socket)));
        }
        let address = format!("{base}/v1/sessions/{}", session.id);
        Ok(Link::Http(HttpLink::open(&self.run, address, &session.token, from)))
    }

    async fn listen(&mut self, link: &mut Link, is_away: bool) -> End {
        self.heard = self.run.now();
        let calls = self.run.calls_home();
        let mut asked_close = false;
        self.leaving = false;
        loop {
            if self.leaving && self.part.waits_since().is_none() {
                return End::Leaving;
            }
            let Some(wait) = self.speak(link).await else { return End::Lost };
            if self.part.is_finished() && !asked_close && !self.leaving {
                asked_close = true;
                self.closing.get_or_insert(self.run.now());
                if !link.close_session(CLOSE).await {
                    return End::Lost;
                }
            }
            match timeout(wait, link.next()).await {
                Ok(Got::Frame(text)) => {
                    if !self.hear(&text, link.number()) {
                        asked_close = false;
                        self.run.pause(LOAD_REPEAT_WAIT).await;
                    }
                }
                Ok(Got::Lost) => return End::Lost,
                Ok(Got::Over) => {
                    self.broken("it was over before all was said");
                    return End::Over;
                }
                Ok(Got::Denied) => {
                    self.broken("the token was not accepted");
                    return End::Over;
                }
                Err(_) => {
                    if !self.check(link).await {
                        return End::Lost;
                    }
                }
            }
            if self.closed || self.gives_up() {
                return End::Over;
            }
            if is_away && self.run.calls_home() != calls && self.part.waits_since().is_none() {
                return End::Home;
            }
        }
    }

    /// Says what is due. How long to wait for something to happen then; `None` if the connection is lost.
    async fn speak(&mut self, link: &mut Link) -> Option<Duration> {
        let carrier = Carrier { connection: link.carrier(), session: None };
        let mut spoke = false;
        if self.leaving {
            return Some(LOAD_SILENCE / 5);
        }
        loop {
            match self.part.due(&mut self.log, carrier) {
                Due::Say(text) => {
                    spoke = true;
                    if !link.say(text).await {
                        return None;
                    }
                }
                other => {
                    if spoke && !link.flush().await {
                        return None;
                    }
                    let silence = LOAD_SILENCE / 5;
                    return Some(match other {
                        Due::At(at) => {
                            Duration::from_micros(at.saturating_sub(self.run.now()).max(500)).min(silence)
                        }
                        Due::Say(_) | Due::Nothing => silence,
                    });
                }
            }
        }
    }

    /// Takes a frame. Says whether a wish to close that was sent still counts as sent.
    fn hear(&mut self, text: &str, connection: u32) -> bool {
        self.heard = self.run.now();
        let Ok(frame) = serde_json::from_str::<Frame<'_>>(text) else {
            self.run.counts.refused("a frame", "not understood");
            return true;
        };
        if let Some(event) = frame.event.as_ref().filter(|event| event.seq > 0) {
            self.part.shown(&mut self.log, event, connection);
            if event.joined().is_some_and(|joined| joined.role.0 == "agent") {
                self.part.open();
            }
            self.closed |= event.kind.0 == "closed" && self.part.is_finished();
        }
        self.leaving |= frame.resume.is_some();
        if let Some(ack) = &frame.ack {
            self.closed |= ack.id.0 == CLOSE;
            self.part.acked(&mut self.log, ack);
        }
        let Some(refused) = &frame.refused else { return true };
        if refused.id.as_ref().is_some_and(|id| id.0 == CLOSE) {
            // Closed by somebody else meanwhile, or to be asked again.
            self.closed |= !refused.is_passing();
            return !refused.is_passing();
        }
        self.part.refused(&mut self.log, refused);
        true
    }

    /// Nothing was heard for a while. Says whether the connection still counts as standing.
    async fn check(&mut self, link: &mut Link) -> bool {
        let now = self.run.now();
        if self.part.is_overdue(now) {
            return false;
        }
        let waits = self.part.waits_since();
        // Who waits for an answer to a message doubts sooner than who has said nothing.
        let patience = micros(if waits.is_some() { LOAD_DOUBT } else { LOAD_SILENCE });
        let since = self.heard.max(waits.unwrap_or(0));
        match link {
            Link::Http(_) => waits.is_none() || now < since + 2 * patience,
            Link::Socket(_) if now < since + patience => true,
            Link::Socket(_) => now < since + 2 * patience && link.ping().await,
        }
    }

    fn gives_up(&mut self) -> bool {
        let now = self.run.now();
        if self.closing.is_some_and(|since| now > since + micros(LOAD_END_WAIT)) {
            return true;
        }
        let planned = self.part.talk().planned.load(Ordering::Relaxed);
        let stuck = now > self.part.moved.max(planned) + micros(self.run.options.patience);
        if stuck && self.closing.is_none() {
            self.broken("nothing happened for too long");
            self.closing = Some(now);
        }
        false
    }
}
