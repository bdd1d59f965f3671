//! Which requests something is done to, and what. Pure: never touches a connection.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::sync::watch;

use super::body::{Id, Runs};
use super::fault::Fault;
use super::frame::{Frame, opcode};
use super::late::Late;
use super::order::Shuffle;

/// What is done to a request that a rule names.
#[derive(Clone, Debug)]
pub enum Action {
    /// Nothing: the rule counts.
    Count,
    /// It is not sent on; the client hears this.
    Answer(Fault),
    /// It is sent on; when the server has answered, the client hears this instead.
    AnswerAfter(Fault),
    /// It is sent on, and the client hears nothing.
    DropAnswer,
    /// It is not sent on, and the client hears nothing.
    Swallow,
    /// It is not sent on; the connection is cut.
    Cut,
    /// It is sent on; when the server has answered, the connection is cut instead.
    CutAfter,
    /// The client hears the answer so much later.
    Delay(Duration),
    /// It is sent on when the gate opens.
    Hold(Gate),
    /// It is kept and lands when the test says so; the client hears the fault, or nothing.
    Late(Late, Option<Fault>),
    /// It is sent on with consistency ONE: the coordinator answers when the first replica has.
    Weaken,
    /// Answers are given in another order.
    Shuffle(Shuffle),
}

/// What a held request waits for.
pub type Gate = watch::Receiver<bool>;

/// Which requests a rule names.
#[derive(Clone, Debug)]
pub struct On {
    opcodes: &'static [u8],
    text: String,
    carrying: Option<Vec<u8>>,
    but_system: bool,
}

impl On {
    /// Requests that run a statement whose text holds this; keyspaces are left out of the comparison.
    pub fn statement(text: &str) -> Self {
        let opcodes = &[opcode::QUERY, opcode::EXECUTE, opcode::BATCH];
        Self { opcodes, text: normal(text), carrying: None, but_system: false }
    }

    /// Requests that prepare a statement whose text holds this.
    pub fn prepare(text: &str) -> Self {
        Self { opcodes: &[opcode::PREPARE], ..Self::statement(text) }
    }

    /// Everything that runs a statement and is not the driver's own look at system tables.
    pub fn ours() -> Self {
        Self { but_system: true, ..Self::statement("") }
    }

    /// Requests of one kind.
    pub fn kind(opcodes: &'static [u8]) -> Self {
        Self { opcodes, ..Self::statement("") }
    }

    /// Only those with these bytes among their values.
    pub fn carrying(mut self, bytes: &[u8]) -> Self {
        self.carrying = Some(bytes.to_vec());
        self
    }

    fn names(&self, request: &Frame, texts: &[String]) -> bool {
        let carried = |bytes: &Vec<u8>| request.body.windows(bytes.len()).any(|window| window == bytes);
        self.opcodes.contains(&request.opcode)
            && (self.text.is_empty() || texts.iter().any(|text| text.contains(&self.text)))
            && !(self.but_system && texts.iter().any(|text| text.contains(" system")))
            && self.carrying.as_ref().is_none_or(carried)
    }
}

/// A rule of the table.
#[derive(Debug)]
struct Rule {
    on: On,
    /// Matches that it lets pass first.
    skip: usize,
    /// Matches that it acts on.
    times: usize,
    action: Action,
    hits: watch::Sender<usize>,
    over: Arc<AtomicBool>,
}

/// How a rule that was given is followed, and ended.
#[derive(Clone, Debug)]
pub struct Given {
    /// How often it acted.
    pub hits: watch::Receiver<usize>,
    /// Whether it acts no more.
    pub over: Arc<AtomicBool>,
}

/// The rules in force, and what is known of prepared statements.
#[derive(Debug, Default)]
pub struct Rules {
    rules: Vec<Rule>,
    texts: BTreeMap<Id, String>,
}

impl Rules {
    /// Adds a rule behind those that are there.
    pub fn add(&mut self, on: On, (skip, times): (usize, usize), action: Action) -> Given {
        let ((hits, seen), over) = (watch::channel(0), Arc::<AtomicBool>::default());
        self.rules.push(Rule { on, skip, times, action, hits, over: over.clone() });
        Given { hits: seen, over }
    }

    /// Notes what a statement's id means.
    pub fn learn(&mut self, id: Id, text: &str) {
        self.texts.insert(id, normal(text));
    }

    /// What is to be done to a request: the first rule that acts on it decides. Rules that count are asked as well.
    pub fn decide(&mut self, request: &Frame) -> Action {
        let texts = self.texts_of(request);
        self.rules.retain(|rule| !rule.over.load(Relaxed));
        for rule in self.rules.iter_mut().filter(|rule| rule.on.names(request, &texts)) {
            if rule.skip > 0 {
                rule.skip -= 1;
            } else if rule.times > 0 {
                rule.times -= 1;
                rule.hits.send_modify(|hits| *hits += 1);
                if !matches!(rule.action, Action::Count) {
                    return rule.action.clone();
                }
            }
        }
        Action::Count
    }

    fn texts_of(&self, request: &Frame) -> Vec<String> {
        let text = |runs| match runs {
            Runs::Text(text) => normal(&text),
            Runs::Prepared(id) => self.texts.get(&id).cloned().unwrap_or_default(),
        };
        super::body::runs(request).into_iter().map(text).collect()
    }
}

/// A statement's text in lower case, with single spaces, without quotes and without the keyspace of its table.
pub fn normal(text: &str) -> String {
    let plain = text.to_lowercase().replace('"', "");
    let words = plain.split_whitespace().map(|word| match word.split_once('.') {
        Some((keyspace, table)) if !keyspace.starts_with("system") => table,
        _ => word,
    });
    words.collect::<Vec<_>>().join(" ")
}
