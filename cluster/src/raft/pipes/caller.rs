//! Calls to one member over one pipe: sent as they come, answered in any order. Never repeats a call: whoever made it knows
//! whether that is safe.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::network::Net;
use super::wire::{Purpose, Request, Response, decode, encode};
use crate::limits;
use crate::transport::{Lane, Peer, Pipe};

/// Why a call was not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Nothing was sent.
    #[error("not sent: {0}")]
    NotSent(String),
    /// It was sent, or part of it: the member may have done what was asked.
    #[error("lost: {0}")]
    Lost(String),
}

/// Somebody's call.
struct Call {
    request: Request,
    answer: oneshot::Sender<Result<Response, CallError>>,
}

/// The way to one member. Clones share the pipe.
#[derive(Clone, Debug)]
pub struct Caller {
    calls: mpsc::Sender<Call>,
}

impl Caller {
    /// A way to a member that connects with the first call, and ends when it was idle for long.
    pub fn start(net: &Arc<Net>, to: Option<u64>, peer: &Peer, lane: Lane) -> Self {
        let (calls, inbox) = mpsc::channel(limits::CALLS_WAITING);
        let actor = Actor {
            net: net.clone(),
            to,
            peer: peer.clone(),
            lane,
            pipe: None,
            next: 0,
            waiting: BTreeMap::new(),
        };
        net.tasks.spawn(net.stop.clone().run_until_cancelled_owned(actor.run(inbox)));
        Self { calls }
    }

    /// Whether it still takes calls.
    pub fn is_open(&self) -> bool {
        !self.calls.is_closed()
    }

    /// Makes a call. Dropping the future gives up the answer, not the call.
    pub async fn call(&self, request: Request) -> Result<Response, CallError> {
        let (answer, answered) = oneshot::channel();
        let full = |_| CallError::NotSent("too many calls wait for this member".to_owned());
        self.calls.try_send(Call { request, answer }).map_err(full)?;
        answered.await.unwrap_or_else(|_| Err(CallError::Lost("this member stops".to_owned())))
    }
}

struct Actor {
    net: Arc<Net>,
    to: Option<u64>,
    peer: Peer,
    lane: Lane,
    pipe: Option<Box<dyn Pipe>>,
    next: u64,
    waiting: BTreeMap<u64, oneshot::Sender<Result<Response, CallError>>>,
}

/// What happened first.
enum Event {
    Call(Call),
    Frame(Bytes),
    Broken(String),
    Over,
}

impl Actor {
    async fn run(mut self, mut inbox: mpsc::Receiver<Call>) {
        loop {
            match self.event(&mut inbox).await {
                Event::Call(call) => self.make(call).await,
                Event::Frame(frame) => self.answer(&frame),
                Event::Broken(why) => self.lose(&why),
                Event::Over => return,
            }
        }
    }

    async fn event(&mut self, inbox: &mut mpsc::Receiver<Call>) -> Event {
        let called = |call: Option<Call>| call.map_or(Event::Over, Event::Call);
        let Some(pipe) = self.pipe.as_mut() else {
            return timeout(limits::CALLER_IDLE, inbox.recv()).await.map_or(Event::Over, called);
        };
        tokio::select! {
            call = inbox.recv() => called(call),
            frame = pipe.recv() => frame.map_or_else(|broken| Event::Broken(broken.0), Event::Frame),
        }
    }

    async fn make(&mut self, call: Call) {
        let mut pipe = match self.connected().await {
            Ok(pipe) => pipe,
            Err(error) => return drop(call.answer.send(Err(error))),
        };
        self.make_room();
        self.next += 1;
        let frame = match encode(&(self.next, &call.request)) {
            Ok(frame) => frame,
            Err(why) => return drop(call.answer.send(Err(CallError::NotSent(why.0)))),
        };
        self.waiting.insert(self.next, call.answer);
        match timeout(limits::SEND_WAIT, pipe.send(frame)).await {
            Ok(Ok(())) => self.pipe = Some(pipe),
            Ok(Err(broken)) => self.lose(&broken.0),
            Err(_) => self.lose("the member takes nothing"),
        }
    }

    /// Forgets calls whose makers have given up, when there are many.
    fn make_room(&mut self) {
        if self.waiting.len() >= limits::CALLS_WAITING {
            self.waiting.retain(|_, answer| !answer.is_closed());
        }
        if self.waiting.len() >= 2 * limits::CALLS_WAITING {
            self.lose("too many calls are unanswered");
        }
    }

    async fn connected(&mut self) -> Result<Box<dyn Pipe>, CallError> {
        if let Some(pipe) = self.pipe.take() {
            return Ok(pipe);
        }
        let wait: Duration = limits::CONNECT_WAIT;
        let connecting = self.net.connect(self.to, &self.peer, self.lane, Purpose::Calls);
        match timeout(wait, connecting).await {
            Ok(connected) => connected.map_err(CallError::NotSent),
            Err(_) => Err(CallError::NotSent(format!("{} does not answer", self.peer.address))),
        }
    }

    fn answer(&mut self, frame: &[u8]) {
        match decode::<(u64, Response)>(frame) {
            Ok((number, response)) => {
                if let Some(answer) = self.waiting.remove(&number) {
                    let _ = answer.send(Ok(response));
                }
            }
            Err(broken) => self.lose(&broken.0),
        }
    }

    /// The pipe is gone, and with it every answer.
    fn lose(&mut self, why: &str) {
        self.pipe = None;
        for (_, answer) in std::mem::take(&mut self.waiting) {
            let _ = answer.send(Err(CallError::Lost(why.to_owned())));
        }
    }
}
