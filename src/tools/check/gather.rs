//! Reads the lines of a history into the model. It refuses lines that contradict the format; it never judges the server.

use std::collections::{HashMap, HashSet};

use super::model::{
    Attempt, Content, MESSAGE, Message, MessageIndex, Named, Presence, Reply, Run, Seen, Session, Step,
};
use crate::tools::history::{Answer, Event, Line, Outcome, Send, digest};

/// Texts that come again and again, each with a number from 0.
#[derive(Debug, Default)]
struct Names {
    numbers: HashMap<Box<str>, u32>,
    texts: Vec<Box<str>>,
}

impl Names {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let number = index(self.texts.len());
        self.numbers.insert(text.into(), number);
        self.texts.push(text.into());
        number
    }
}

/// A history on its way into the model.
#[derive(Debug)]
pub(super) struct Gather {
    run: Run,
    /// Message by session and id.
    ids: HashMap<u32, HashMap<Box<str>, MessageIndex>>,
    /// Attempts not yet answered, by message and number.
    open: HashMap<(MessageIndex, u32), u32>,
    /// Messages whose last answer was that the outcome is unknown.
    unknown: HashSet<MessageIndex>,
    /// Place of an actor among those present in a session.
    places: HashMap<(u32, u32), usize>,
    /// Ids of events that came before the line of their send: lines of different actors stand in any order.
    names: Names,
    /// Types of events.
    kinds: Names,
}

impl Default for Gather {
    fn default() -> Self {
        let mut kinds = Names::default();
        let message = kinds.number("message");
        debug_assert_eq!(message, MESSAGE, "the first number");
        let (run, ids, open, unknown) = Default::default();
        Self { run, ids, open, unknown, places: HashMap::new(), names: Names::default(), kinds }
    }
}

impl Gather {
    /// Takes one line.
    pub fn line(&mut self, line: &Line<'_>) -> Result<(), String> {
        match line {
            Line::Header(_) => return Err("a second header".into()),
            Line::Actor(actor) => {
                self.run.actors.insert(actor.a, (actor.name.as_ref().into(), actor.side));
            }
            Line::Session(session) => {
                self.run.sessions.entry(session.s).or_default().id = session.id.as_ref().into();
            }
            Line::Send(send) => self.send(send)?,
            Line::Answer(answer) => self.answer(answer)?,
            Line::Listen(listen) => {
                self.presence(listen.a, listen.s).listens.push((listen.c, listen.from));
            }
            Line::Event(event) => {
                let seen = self.seen(event)?;
                self.presence(event.a, event.s).live.push(seen);
            }
            Line::Kept(event) => {
                let seen = self.seen(event)?;
                self.presence(event.a, event.s).view.events.push(seen);
            }
            Line::Transcript(transcript) => {
                self.presence(transcript.a, transcript.s).view.whole = Some(transcript.count);
            }
        }
        Ok(())
    }

    fn presence(&mut self, actor: u32, session: u32) -> &mut Presence {
        let session_entry = self.run.sessions.entry(session).or_default();
        let place = *self.places.entry((session, actor)).or_insert_with(|| {
            session_entry.present.push((actor, Presence::default()));
            session_entry.present.len() - 1
        });
        &mut session_entry.present[place].1
    }

    fn send(&mut self, send: &Send<'_>) -> Result<(), String> {
        if send.x.as_ref().is_some_and(|text| digest(text) != send.h) {
            return Err(format!("the digest of message {} is not that of its text", send.m));
        }
        let known = self.ids.get(&send.s).and_then(|ids| ids.get(send.m.as_ref())).copied();
        let message = known.unwrap_or_else(|| self.new_message(send));
        let entry = &mut self.run.messages[message as usize];
        if entry.actor != send.a || entry.digest != send.h {
            return Err(format!("message id {} was used for two messages", send.m));
        }
        entry.retried |= send.n > 1 && self.unknown.remove(&message);
        entry.retried |= self.open.contains_key(&(message, send.n.wrapping_sub(1)));
        let attempt = index(self.run.attempts.len());
        self.run.attempts.push(Attempt {
            message,
            number: send.n,
            connection: send.c,
            reply: Reply::None,
            replied_at: 0,
        });
        self.open.insert((message, send.n), attempt);
        self.presence(send.a, send.s).steps.push(Step::Begun(attempt));
        Ok(())
    }

    fn new_message(&mut self, send: &Send<'_>) -> MessageIndex {
        let message = index(self.run.messages.len());
        self.ids.entry(send.s).or_default().insert(send.m.as_ref().into(), message);
        self.run.messages.push(Message {
            actor: send.a,
            session: send.s,
            id: send.m.as_ref().into(),
            digest: send.h,
            intended: send.i,
            begun: send.b,
            retried: false,
            acked: None,
            refused: false,
            shown: None,
        });
        message
    }

    fn answer(&mut self, answer: &Answer<'_>) -> Result<(), String> {
        let message = self.ids.get(&answer.s).and_then(|ids| ids.get(answer.m.as_ref())).copied();
        let open = message.and_then(|m| self.open.remove(&(m, answer.n)));
        let attempt = open.ok_or_else(|| format!("an answer to an attempt at {} not begun", answer.m))?;
        let entry = &mut self.run.attempts[attempt as usize];
        entry.replied_at = answer.e;
        entry.reply = match answer.r {
            Outcome::Ack(seq) => Reply::Ack(seq),
            Outcome::Refused(_) => Reply::Refused,
            Outcome::Again(_) => Reply::Again,
        };
        if matches!(&answer.r, Outcome::Again(code) if code == "unknown") {
            self.unknown.insert(entry.message);
        }
        if let Outcome::Refused(code) | Outcome::Again(code) = &answer.r {
            *self.run.refusals.entry(code.as_ref().into()).or_default() += 1;
        }
        self.presence(answer.a, answer.s).steps.push(Step::Answered(attempt));
        Ok(())
    }

    fn seen(&mut self, event: &Event<'_>) -> Result<Seen, String> {
        if event.x.as_ref().is_some_and(|text| digest(text) != event.h) {
            return Err(format!("the digest of event {} is not that of its text", event.q));
        }
        let message = match &event.m {
            None => Named::None,
            Some(id) => self.named(event.s, id),
        };
        let kind = self.kinds.number(&event.y);
        let content = Content { kind, by: event.by, message, digest: event.h };
        Ok(Seen { seq: event.q, at: event.t, connection: event.c, content })
    }

    fn named(&mut self, session: u32, id: &str) -> Named {
        if let Some(&message) = self.ids.get(&session).and_then(|ids| ids.get(id)) {
            return Named::Typed(message);
        }
        Named::Foreign(self.names.number(id))
    }

    /// The model, with every name resolved that some line typed.
    pub fn finish(mut self) -> Run {
        let (ids, names) = (&self.ids, &self.names);
        for (number, session) in &mut self.run.sessions {
            let Some(ids) = ids.get(number) else { continue };
            resolve(session, |name| ids.get(&names.texts[name as usize]).copied());
        }
        self.run
    }
}

fn resolve(session: &mut Session, typed: impl Fn(u32) -> Option<MessageIndex>) {
    for (_, presence) in &mut session.present {
        for seen in presence.live.iter_mut().chain(&mut presence.view.events) {
            let Named::Foreign(name) = seen.content.message else { continue };
            if let Some(message) = typed(name) {
                seen.content.message = Named::Typed(message);
            }
        }
    }
}

fn index(len: usize) -> u32 {
    u32::try_from(len).expect("a history of four billion messages would not fit in memory")
}
