//! What a load run wrote down, as far as a drill needs it: each message with its pause, each request that failed, each
//! connection that was made anew. Never judges it: that is `holdfast check`'s part.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::owners::shard;
use super::window::{Message, Moment};

/// The newest version of the format that is understood here.
const VERSION: u64 = 1;

/// A request that was refused, put off, or left without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The session's number.
    pub session: u32,
    /// When it was answered; when it was sent if it was not.
    pub at: Moment,
    /// The refusal's code, or `no answer`.
    pub why: String,
}

/// What a run saw.
#[derive(Debug, Default)]
pub struct History {
    /// All messages of customers.
    pub messages: Vec<Message>,
    /// All requests that failed; the messages that they carried were sent again.
    pub failures: Vec<Failure>,
    /// Session and about when: its customer connected again.
    pub reconnections: Vec<(u32, Moment)>,
    /// The same until an agent was shown them.
    pub screens: Vec<Message>,
    /// The shard of each session.
    pub shards: HashMap<u32, usize>,
}

/// A message whose fate is not known yet.
#[derive(Default)]
struct Open {
    intended: Moment,
    begun: Option<Moment>,
    acknowledged: Option<Moment>,
    /// When an agent was shown it first.
    shown: Option<Moment>,
    /// Attempts without an answer so far: number and beginning.
    unanswered: HashMap<u64, Moment>,
}

/// Reads on.
#[derive(Default)]
struct Reading {
    /// When the run began.
    began: Moment,
    open: HashMap<(u32, String), Open>,
    /// Connections of each customer so far, and whether the last one has carried nothing yet.
    connections: HashMap<u64, (u32, bool)>,
    found: History,
}

impl History {
    /// Reads a file.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let file = std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::of(BufReader::with_capacity(1 << 20, file))
    }

    /// Counts each message until an agent was shown it, and no longer until its sender was answered.
    pub fn count_screens(&mut self) {
        self.screens.sort_by_key(|message| (message.intended, message.session));
        std::mem::swap(&mut self.messages, &mut self.screens);
    }

    fn of(input: impl BufRead) -> anyhow::Result<Self> {
        let mut reading = Reading::default();
        for (line, number) in input.lines().zip(1_u64..) {
            reading.line(&line?).with_context(|| format!("line {number} of the history"))?;
        }
        Ok(reading.end())
    }
}

impl Reading {
    fn line(&mut self, line: &str) -> anyhow::Result<()> {
        // Most lines are of transcripts and of what agents saw, which are none of ours.
        if ["{\"kept\"", "{\"transcript\""].iter().any(|start| line.starts_with(start)) {
            return Ok(());
        }
        let value: Value = serde_json::from_str(line)?;
        let kinds = value.as_object().context("no object")?;
        let (kind, line) = kinds.iter().next().context("an empty object")?;
        match kind.as_str() {
            "header" => self.header(line),
            "actor" => self.actor(line),
            "session" => self.session(line),
            "send" => self.send(line),
            "answer" => self.answer(line),
            "listen" => self.listen(line),
            "event" => {
                self.shown(line)?;
                self.seen(line, "t")
            }
            _ => Ok(()),
        }
    }

    fn header(&mut self, line: &Value) -> anyhow::Result<()> {
        ensure!(whole(line, "version")? <= VERSION, "a later version wrote it");
        self.began = whole(line, "began_unix_ms")? * 1_000;
        Ok(())
    }

    /// Agents listen to many sessions on one connection; only customers are looked at.
    fn actor(&mut self, line: &Value) -> anyhow::Result<()> {
        if line["side"] == "customer" {
            self.connections.insert(whole(line, "a")?, (0, false));
        }
        Ok(())
    }

    fn session(&mut self, line: &Value) -> anyhow::Result<()> {
        let shard = line["id"].as_str().and_then(shard).context("no session id")?;
        self.found.shards.insert(small(line, "s")?, shard);
        Ok(())
    }

    fn send(&mut self, line: &Value) -> anyhow::Result<()> {
        self.seen(line, "b")?;
        let (intended, begun, attempt) = (whole(line, "i")?, whole(line, "b")?, whole(line, "n")?);
        let open = self.open.entry(key(line)?).or_default();
        open.intended = self.began + intended;
        open.begun = Some(open.begun.map_or(self.began + begun, |first| first.min(self.began + begun)));
        open.unanswered.insert(attempt, self.began + begun);
        Ok(())
    }

    fn answer(&mut self, line: &Value) -> anyhow::Result<()> {
        self.seen(line, "e")?;
        let (session, at) = (small(line, "s")?, self.began + whole(line, "e")?);
        let open = self.open.get_mut(&key(line)?).context("an answer to nothing")?;
        open.unanswered.remove(&whole(line, "n")?);
        let outcome = line["r"].as_object().and_then(|outcomes| outcomes.iter().next());
        let (outcome, code) = outcome.context("no outcome")?;
        if outcome == "ack" {
            open.acknowledged.get_or_insert(at);
        } else {
            let why = code.as_str().unwrap_or(outcome).to_owned();
            self.found.failures.push(Failure { session, at, why });
        }
        Ok(())
    }

    /// An agent is shown a message of a customer. The lines of different actors are in no order: its sending may come later.
    fn shown(&mut self, line: &Value) -> anyhow::Result<()> {
        if line["y"] != "message" || line["m"].is_null() || self.connections.contains_key(&whole(line, "a")?)
        {
            return Ok(());
        }
        let at = self.began + whole(line, "t")?;
        let open = self.open.entry(key(line)?).or_default();
        open.shown = Some(open.shown.map_or(at, |shown| shown.min(at)));
        Ok(())
    }

    /// A connection was made; when, the line tells, or the next one of its actor.
    fn listen(&mut self, line: &Value) -> anyhow::Result<()> {
        if let Some((count, fresh)) = self.connections.get_mut(&whole(line, "a")?) {
            *count += 1;
            *fresh = true;
        }
        if line["b"].as_u64().is_some_and(|at| at > 0) { self.seen(line, "b") } else { Ok(()) }
    }

    fn seen(&mut self, line: &Value, time: &str) -> anyhow::Result<()> {
        let (actor, session) = (whole(line, "a")?, small(line, "s")?);
        let Some((count, fresh)) = self.connections.get_mut(&actor) else { return Ok(()) };
        if std::mem::take(fresh) && *count > 1 {
            self.found.reconnections.push((session, self.began + whole(line, time)?));
        }
        Ok(())
    }

    fn end(mut self) -> History {
        for ((session, _), open) in self.open {
            let unanswered = open.unanswered.into_values();
            self.found.failures.extend(unanswered.map(|at| Failure {
                session,
                at,
                why: "no answer".to_owned(),
            }));
            let intended = open.intended;
            let message = |acknowledged| Message {
                session,
                intended,
                begun: open.begun.unwrap_or(intended),
                acknowledged,
            };
            self.found.messages.push(message(open.acknowledged));
            self.found.screens.push(message(open.shown));
        }
        self.found.messages.sort_by_key(|message| (message.intended, message.session));
        self.found.failures.sort_by_key(|failure| failure.at);
        self.found
    }
}

/// Session and message.
fn key(line: &Value) -> anyhow::Result<(u32, String)> {
    Ok((small(line, "s")?, line["m"].as_str().context("no message id")?.to_owned()))
}

fn whole(line: &Value, name: &str) -> anyhow::Result<u64> {
    line[name].as_u64().with_context(|| format!("no number {name:?}"))
}

fn small(line: &Value, name: &str) -> anyhow::Result<u32> {
    Ok(u32::try_from(whole(line, name)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = r#"{"header":{"version":1,"tool":"x","began_unix_ms":5}}"#;

    fn read(lines: &[&str]) -> History {
        let all: Vec<&str> = std::iter::once(HEADER).chain(lines.iter().copied()).collect();
        History::of(all.join("\n").as_bytes()).unwrap()
    }

    #[test]
    fn a_repeated_message_is_one_pause_and_its_failures() {
        let mut history = read(&[
            r#"{"actor":{"a":1,"name":"customer 0","side":"customer"}}"#,
            r#"{"listen":{"a":1,"s":1,"c":1,"from":0}}"#,
            r#"{"send":{"a":1,"s":1,"m":"c0","n":1,"c":1,"i":100,"b":150,"h":"00","x":"hi"}}"#,
            r#"{"listen":{"a":1,"s":1,"c":2,"from":4}}"#,
            r#"{"send":{"a":1,"s":1,"m":"c0","n":2,"c":2,"i":100,"b":900,"h":"00"}}"#,
            r#"{"answer":{"a":1,"s":1,"m":"c0","n":2,"e":950,"r":{"again":"moved"}}}"#,
            r#"{"send":{"a":1,"s":1,"m":"c0","n":3,"c":2,"i":100,"b":990,"h":"00"}}"#,
            r#"{"answer":{"a":1,"s":1,"m":"c0","n":3,"e":1100,"r":{"ack":7}}}"#,
            r#"{"send":{"a":1,"s":1,"m":"c1","n":1,"c":2,"i":2000,"b":2000,"h":"00","x":"hi"}}"#,
            r#"{"event":{"a":2,"s":1,"c":7,"q":7,"t":1150,"y":"message","m":"c0","h":"00"}}"#,
            r#"{"kept":{"a":1,"s":1,"c":0,"q":7,"t":0,"y":"message","h":"00"}}"#,
        ]);
        let message = |intended, begun, acknowledged| Message { session: 1, intended, begun, acknowledged };
        assert_eq!(history.messages, [message(5_100, 5_150, Some(6_100)), message(7_000, 7_000, None)]);
        let failure = |at, why: &str| Failure { session: 1, at, why: why.to_owned() };
        assert_eq!(
            history.failures,
            [failure(5_150, "no answer"), failure(5_950, "moved"), failure(7_000, "no answer")]
        );
        assert_eq!(history.reconnections, [(1, 5_900)]);
        history.count_screens();
        assert_eq!(history.messages, [message(5_100, 5_150, Some(6_150)), message(7_000, 7_000, None)]);
    }

    #[test]
    fn what_is_no_history_is_refused() {
        assert!(History::of(&b"{\"header\":{\"version\":9,\"began_unix_ms\":5}}"[..]).is_err());
        assert!(History::of(&b"[]"[..]).is_err());
    }
}
