//! One side's part of one conversation: what it has said, what it waits for, what it has seen. Writes the history's lines
//! for it; never touches a connection.

use std::collections::VecDeque;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::link::wire::{Ack, Event, Refused, Say, json};
use super::options::Content;
use super::run::{Counts, Run, Talk};
use crate::limits::{LOAD_ANSWER_WAIT, LOAD_REPEAT_WAIT};
use crate::tools::history::{
    ActorLog, Answer, Event as Seen, Line, Listen, Micros, Outcome, Send, Side, digest,
};

/// One side's part of one conversation.
pub(super) struct Part {
    run: Arc<Run>,
    number: usize,
    side: Side,
    /// The session's number in the history.
    session: u32,
    /// Whether the side may speak: the customer when an agent is there, the agent once it has joined.
    pub open: bool,
    began: Micros,
    /// Own turns begun, and settled by an acknowledgement or a refusal.
    next: u32,
    settled: u32,
    /// Turns of the other side seen.
    seen: u32,
    /// Highest seq seen on a stream: where to resume from.
    pub last_seq: u64,
    /// Highest seq known, acknowledgements included.
    known: u64,
    /// Own turns that wait for an answer, oldest first.
    pending: VecDeque<Pending>,
    /// Intended start of the next turn, once it is possible.
    planned: Option<Micros>,
    /// When something last happened.
    pub moved: Micros,
    depth: usize,
    keeps_texts: bool,
}

struct Pending {
    turn: u32,
    after: u64,
    intended: Micros,
    attempts: u32,
    /// When the attempt under way began, or when it is to be repeated.
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Sent(Micros),
    Waiting(Micros),
}

/// What a side does next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Send this text frame or body.
    Say(String),
    /// Nothing before this moment.
    At(Micros),
    /// Nothing before something is heard.
    Nothing,
}

/// How messages are carried: decides the shape of a send.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carrier<'a> {
    /// Number of the WebSocket, 0 for requests.
    pub connection: u32,
    /// The session's id, where a socket serves many.
    pub session: Option<&'a str>,
}

impl Part {
    pub fn new(run: &Arc<Run>, number: usize, side: Side, session: u32) -> Self {
        let (depth, keeps_texts) = match run.options.content {
            Content::Corpus(_) => (1, true),
            Content::Synthetic { outstanding, .. } => (outstanding, false),
        };
        Self {
            run: Arc::clone(run),
            number,
            side,
            session,
            open: false,
            began: 0,
            next: 0,
            settled: 0,
            seen: 0,
            last_seq: 0,
            known: 0,
            pending: VecDeque::new(),
            planned: None,
            moved: run.now(),
            depth,
            keeps_texts,
        }
    }

    pub fn talk(&self) -> &Talk {
        &self.run.talks[self.number]
    }

    /// The side may speak from now on.
    pub fn open(&mut self) {
        if !self.open {
            self.open = true;
            self.began = self.run.now();
        }
    }

    /// Everything is said and answered, and everything of the other side seen; or nobody goes on.
    pub fn is_finished(&self) -> bool {
        let talk = self.talk();
        let said = talk.total(self.side).is_some_and(|total| self.settled >= total);
        let seen = talk.total(other(self.side)).is_some_and(|total| self.seen >= total);
        (said && seen) || talk.is_broken()
    }

    /// Whether an answer is overdue: the connection is as good as lost.
    pub fn is_overdue(&self, now: Micros) -> bool {
        let wait = micros(LOAD_ANSWER_WAIT);
        self.pending.front().is_some_and(|p| matches!(p.state, State::Sent(at) if now > at + wait))
    }

    /// Since when an answer is waited for, if one is.
    pub fn waits_since(&self) -> Option<Micros> {
        self.pending.iter().find_map(|p| if let State::Sent(at) = p.state { Some(at) } else { None })
    }

    /// A stream begins after seq `from`.
    pub fn listen(&mut self, log: &mut ActorLog, connection: u32, from: u64) {
        let (a, s) = (log.number(), self.session);
        let b = self.run.now();
        log.write(&Line::Listen(Listen { a, s, c: connection, from, b }));
    }

    /// The connection is gone: what it carried without an answer is to be repeated.
    pub fn disconnected(&mut self) {
        for pending in &mut self.pending {
            if matches!(pending.state, State::Sent(_)) {
                pending.state = State::Waiting(0);
            }
        }
    }

    /// What to do now. Of several pending ones the oldest is repeated first; nothing newer overtakes it.
    pub fn due(&mut self, log: &mut ActorLog, carrier: Carrier<'_>) -> Due {
        let now = self.run.now();
        let waiting = self.pending.iter().position(|p| matches!(p.state, State::Waiting(_)));
        if let Some(place) = waiting {
            return match self.pending[place].state {
                State::Waiting(at) if at > now => Due::At(at),
                _ => Due::Say(self.say(log, carrier, place)),
            };
        }
        match self.plan(now) {
            Some(at) if at > now => Due::At(self.run.deadline().map_or(at, |deadline| at.min(deadline))),
            Some(intended) => {
                self.planned = None;
                self.pending.push_back(Pending {
                    turn: self.next,
                    after: self.known,
                    intended,
                    attempts: 0,
                    state: State::Waiting(0),
                });
                self.next += 1;
                Due::Say(self.say(log, carrier, self.pending.len() - 1))
            }
            // The end of the typing is something to wake up for.
            None => self.run.deadline().filter(|at| *at > now).map_or(Due::Nothing, Due::At),
        }
    }

    /// After the run's deadline a side types nothing more; one that waits for an agent in vain waits for no agent's turn.
    fn cut_off(&mut self) {
        let talk = &self.run.talks[self.number];
        if talk.total(self.side).is_none_or(|total| self.next < total) {
            self.planned = None;
            talk.set_total(self.side, self.next);
        }
        if !self.open && self.side == Side::Customer {
            talk.set_total(Side::Agent, 0);
        }
    }

    /// The intended start of the next turn, if it is possible now.
    fn plan(&mut self, now: Micros) -> Option<Micros> {
        if self.run.is_late() {
            self.cut_off();
            return None;
        }
        if !self.open || self.pending.len() >= self.depth || self.talk().is_broken() {
            return None;
        }
        if self.planned.is_some() {
            return self.planned;
        }
        let run = Arc::clone(&self.run);
        let talk = &run.talks[self.number];
        if talk.total(self.side).is_some_and(|total| self.next >= total) {
            return None;
        }
        let cue = talk.script.cue(self.side, self.next).filter(|cue| cue.needs <= self.seen)?;
        let intended = run.pacer.intended(&cue, self.began, now);
        talk.planned.fetch_max(intended, Ordering::Relaxed);
        self.planned = Some(intended);
        self.planned
    }

    fn say(&mut self, log: &mut ActorLog, carrier: Carrier<'_>, place: usize) -> String {
        let run = Arc::clone(&self.run);
        let now = run.now();
        let pending = &mut self.pending[place];
        pending.attempts += 1;
        pending.state = State::Sent(now);
        if pending.attempts > 1 {
            Counts::add(&run.counts.repeated);
        }
        let cue = run.talks[self.number].script.cue(self.side, pending.turn);
        let text = cue.map(|cue| cue.text).unwrap_or_default();
        let id = message_id(self.side, pending.turn);
        log.write(&Line::Send(Send {
            a: log.number(),
            s: self.session,
            m: id.as_str().into(),
            n: pending.attempts,
            c: carrier.connection,
            i: pending.intended,
            b: now,
            h: digest(&text),
            x: (pending.attempts == 1).then(|| text.as_ref().into()),
        }));
        let op = (carrier.connection != 0).then_some("send");
        json(&Say { op, session: carrier.session, id: &id, text: &text, after: pending.after })
    }

    /// A send was acknowledged. Says whether it was one of this part's.
    pub fn acked(&mut self, log: &mut ActorLog, ack: &Ack<'_>) -> bool {
        let Some(place) = self.place(&ack.id.0) else { return false };
        self.answer(log, place, Outcome::Ack(ack.seq));
        self.pending.remove(place);
        self.settled += 1;
        self.known = self.known.max(ack.seq);
        Counts::add(&self.run.counts.acked);
        true
    }

    /// A send was refused, for now or for good. Says whether it was one of this part's.
    pub fn refused(&mut self, log: &mut ActorLog, refused: &Refused<'_>) -> bool {
        let Some(place) = refused.id.as_ref().and_then(|id| self.place(&id.0)) else { return false };
        let code = refused.code().to_owned();
        self.run.counts.refused("a message", &code);
        if refused.is_passing() {
            self.answer(log, place, Outcome::Again(code.into()));
            let asked = Duration::from_millis(refused.retry_ms).min(LOAD_ANSWER_WAIT);
            let wait = micros(if asked.is_zero() { self.run.jitter(LOAD_REPEAT_WAIT) } else { asked });
            self.pending[place].state = State::Waiting(self.run.now() + wait);
            return true;
        }
        self.answer(log, place, Outcome::Refused(code.into()));
        self.pending.remove(place);
        self.settled += 1;
        // What follows in the script answers a message that nobody will see.
        self.talk().broken.store(true, Ordering::Relaxed);
        true
    }

    fn answer(&mut self, log: &mut ActorLog, place: usize, outcome: Outcome<'_>) {
        self.moved = self.run.now();
        let pending = &self.pending[place];
        log.write(&Line::Answer(Answer {
            a: log.number(),
            s: self.session,
            m: message_id(self.side, pending.turn).into(),
            n: pending.attempts,
            e: self.moved,
            r: outcome,
        }));
    }

    fn place(&self, id: &str) -> Option<usize> {
        let turn = turn_of(self.side, id)?;
        self.pending.iter().position(|pending| pending.turn == turn)
    }

    /// An event was shown on a connection.
    pub fn shown(&mut self, log: &mut ActorLog, event: &Event<'_>, connection: u32) {
        self.moved = self.run.now();
        let line = seen(event, log.number(), self.session, self.keeps_texts);
        log.write(&Line::Event(Seen { c: connection, t: self.moved, ..line }));
        let fresh = event.seq > self.last_seq;
        self.last_seq = self.last_seq.max(event.seq);
        self.known = self.known.max(event.seq);
        let theirs = event.id.as_ref().and_then(|id| turn_of(other(self.side), &id.0));
        // A repeat on a stream is for the checker to find; it must not count twice here.
        self.seen += u32::from(fresh && event.kind.0 == "message" && theirs.is_some());
    }
}

/// The history's form of an event.
pub(super) fn seen<'a>(event: &'a Event<'_>, actor: u32, session: u32, keep_text: bool) -> Seen<'a> {
    Seen {
        a: actor,
        s: session,
        c: 0,
        q: event.seq,
        t: 0,
        y: event.kind.0.as_ref().into(),
        by: event.by.unwrap_or(0),
        m: event.id.as_ref().map(|id| id.0.as_ref().into()),
        h: digest(event.text()),
        x: event.text.as_ref().filter(|_| keep_text).map(|text| text.0.as_ref().into()),
    }
}

fn other(side: Side) -> Side {
    match side {
        Side::Customer => Side::Agent,
        Side::Agent => Side::Customer,
    }
}

fn prefix(side: Side) -> char {
    match side {
        Side::Customer => 'c',
        Side::Agent => 'a',
    }
}

fn message_id(side: Side, turn: u32) -> String {
    let mut id = String::with_capacity(11);
    id.push(prefix(side));
    // Writing to a String does not fail.
    let _ = write!(id, "{turn}");
    id
}

fn turn_of(side: Side, id: &str) -> Option<u32> {
    id.strip_prefix(prefix(side))?.parse().ok()
}

pub(super) fn micros(wait: Duration) -> Micros {
    u64::try_from(wait.as_micros()).unwrap_or(u64::MAX)
}
