//! A pretended run in which everything goes right: what its clients would have written. Tests then corrupt it.

use crate::tools::history::{
    Actor, Answer, Event, Line, Listen, Outcome, Send, Session, Side, Transcript, digest,
};

/// One conversation of the pretended run.
#[derive(Clone, Debug, Default)]
struct Talk {
    events: Vec<Event<'static>>,
    typed: u32,
    /// Customer's and agent's connection, and how much each was shown.
    sockets: [(u32, usize); 2],
}

/// The pretended run.
#[derive(Debug, Default)]
pub(super) struct World {
    lines: Vec<Line<'static>>,
    talks: Vec<Talk>,
    clock: u64,
    connections: u32,
}

/// What happens to a message on its way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Plain,
    Repeated,
    Refused,
}

impl World {
    pub fn new(clock: u64) -> Self {
        Self { clock, ..Self::default() }
    }

    /// A session with its customer and its agent, and the events that the server makes.
    pub fn session(&mut self) -> usize {
        let talk = self.talks.len();
        let number = talk as u32 + 1;
        self.talks.push(Talk::default());
        let id = format!("0198-{talk}").into();
        self.lines.push(Line::Session(Session { s: number, id }));
        for (side, name) in [(Side::Customer, "customer"), (Side::Agent, "agent")] {
            let name = format!("{name} {talk}").into();
            self.lines.push(Line::Actor(Actor { a: actor(talk, side == Side::Customer), name, side }));
        }
        for kind in ["created", "joined", "joined"] {
            self.event(talk, kind, 0, None);
        }
        self.reconnect(talk, true);
        self.reconnect(talk, false);
        talk
    }

    fn event(&mut self, talk: usize, kind: &'static str, by: u32, said: Option<(&str, &str)>) -> u64 {
        let text = said.map_or("", |(_, text)| text);
        let q = self.talks[talk].events.len() as u64 + 1;
        self.talks[talk].events.push(Event {
            a: 0,
            s: talk as u32 + 1,
            c: 0,
            q,
            t: 0,
            y: kind.into(),
            by,
            m: said.map(|(id, _)| id.to_owned().into()),
            h: digest(text),
            x: Some(text.to_owned().into()),
        });
        q
    }

    /// One side opens another connection and is shown what it missed.
    pub fn reconnect(&mut self, talk: usize, customer: bool) {
        self.connections += 1;
        let socket = &mut self.talks[talk].sockets[usize::from(!customer)];
        socket.0 = self.connections;
        let from = socket.1 as u64;
        let (a, s, c) = (actor(talk, customer), talk as u32 + 1, self.connections);
        self.lines.push(Line::Listen(Listen { a, s, c, from, b: 0 }));
        self.show(talk, customer);
    }

    fn show(&mut self, talk: usize, customer: bool) {
        let (connection, seen) = self.talks[talk].sockets[usize::from(!customer)];
        let fresh: Vec<_> = self.talks[talk].events.drain(seen..).collect();
        self.talks[talk].events.extend(fresh.iter().cloned());
        for event in fresh {
            self.clock += 100;
            let line = Event { a: actor(talk, customer), c: connection, t: self.clock, ..event };
            self.lines.push(Line::Event(line));
        }
        self.talks[talk].sockets[usize::from(!customer)].1 = self.talks[talk].events.len();
    }

    /// One side says something and both are shown it.
    pub fn say(&mut self, talk: usize, customer: bool) {
        self.way(talk, customer, Way::Plain);
    }

    /// The connection breaks before the answer; the message is repeated on the next.
    pub fn say_repeated(&mut self, talk: usize, customer: bool) {
        self.way(talk, customer, Way::Repeated);
    }

    /// The server refuses for good.
    pub fn say_refused(&mut self, talk: usize, customer: bool) {
        self.way(talk, customer, Way::Refused);
    }

    fn way(&mut self, talk: usize, customer: bool, way: Way) {
        let typed = self.talks[talk].typed;
        self.talks[talk].typed += 1;
        let (id, text) = (format!("t{typed}"), format!("text {typed} of {talk}, \"quoted\" שלום"));
        self.send(talk, customer, (&id, &text), 1);
        let mut attempt = 1;
        if way == Way::Repeated {
            self.reconnect(talk, customer);
            attempt = 2;
            self.send(talk, customer, (&id, &text), 2);
        }
        let outcome = if way == Way::Refused {
            Outcome::Refused("session_closed".into())
        } else {
            Outcome::Ack(self.event(talk, "message", 2 - u32::from(customer), Some((&id, &text))))
        };
        self.clock += 300;
        let (a, s) = (actor(talk, customer), talk as u32 + 1);
        let answer = Answer { a, s, m: id.into(), n: attempt, e: self.clock, r: outcome };
        self.lines.push(Line::Answer(answer));
        self.show(talk, true);
        self.show(talk, false);
    }

    fn send(&mut self, talk: usize, customer: bool, (id, text): (&str, &str), attempt: u32) {
        self.clock += 50;
        let line = Send {
            a: actor(talk, customer),
            s: talk as u32 + 1,
            m: id.to_owned().into(),
            n: attempt,
            c: self.talks[talk].sockets[usize::from(!customer)].0,
            i: self.clock,
            b: self.clock,
            h: digest(text),
            x: (attempt == 1).then(|| text.to_owned().into()),
        };
        self.lines.push(Line::Send(line));
    }

    /// Reads the transcripts back, as each side sees them.
    pub fn finish(mut self) -> Vec<Line<'static>> {
        for (talk, entry) in self.talks.iter().enumerate() {
            for customer in [true, false] {
                let a = actor(talk, customer);
                let count = entry.events.len() as u64;
                self.lines.extend(entry.events.iter().map(|event| Line::Kept(Event { a, ..event.clone() })));
                self.lines.push(Line::Transcript(Transcript { a, s: talk as u32 + 1, count }));
            }
        }
        self.lines
    }
}

fn actor(talk: usize, customer: bool) -> u32 {
    talk as u32 * 2 + 2 - u32::from(customer)
}

/// The first send of a history.
pub(super) fn first_send(lines: &[Line<'static>]) -> Send<'static> {
    let found = lines.iter().find_map(|line| match line {
        Line::Send(send) => Some(send.clone()),
        _ => None,
    });
    found.expect("somebody said something")
}
