//! What all clients of a run share: options, clock, counters, and for each conversation how far it has come. Holds no
//! connection.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::options::{Content, Options};
use super::plan::{Pacer, Script};
use crate::tools::clock::{Clock, random};
use crate::tools::history::{ActorLog, HistoryWriter, Micros, Side};

/// What all clients of a run share.
pub(super) struct Run {
    pub options: Options,
    pub http: reqwest::Client,
    pub history: HistoryWriter,
    pub pacer: Pacer,
    pub counts: Counts,
    /// Distinguishes this run's customers from those of others on the same server.
    pub name: String,
    /// The secret part of this run's creation keys: who knows a key gets the session's token.
    pub secret: String,
    /// All conversations, by number.
    pub talks: Vec<Talk>,
    /// Set when agents shall go home.
    pub over: CancellationToken,
    clock: Clock,
    connections: AtomicU32,
    /// When somebody asked for an early end.
    told_to_end: OnceLock<Micros>,
    /// How often clients were called back to the nodes that they began at.
    calls_home: AtomicU32,
}

/// Counters for people who watch.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub begun: AtomicU64,
    pub done: AtomicU64,
    pub acked: AtomicU64,
    pub repeated: AtomicU64,
    pub reconnected: AtomicU64,
    /// Code of the last refusal of anything, for people.
    pub refusal: Mutex<Option<String>>,
}

impl Counts {
    /// Adds one.
    pub fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Keeps the code of a refusal.
    pub fn refused(&self, what: &str, code: &str) {
        *self.refusal.lock() = Some(format!("{what}: {code}"));
    }
}

/// One conversation: what is said, and what both sides must know of each other.
#[derive(Debug)]
pub(super) struct Talk {
    pub script: Script,
    /// By side: how many messages it types in all, once known.
    totals: [AtomicU32; 2],
    /// A message was refused or the conversation given up: nobody waits any more.
    pub broken: AtomicBool,
    /// Latest moment for which a side has planned a turn: until then nothing need happen.
    pub planned: AtomicU64,
    /// The customer has gone.
    pub left: AtomicBool,
    /// The agent has concluded.
    pub concluded: AtomicBool,
    /// Index of the agent that plays it, plus 1.
    pub agent: AtomicU32,
    /// Set once by the customer.
    pub session: OnceLock<Opened>,
    /// The customer's log, kept for the transcript after the customer has gone.
    pub log: Mutex<Option<ActorLog>>,
}

/// A session at the server.
#[derive(Debug)]
pub(super) struct Opened {
    pub id: String,
    pub token: String,
    /// Its number in the history.
    pub number: u32,
}

const OPEN_END: u32 = u32::MAX;

impl Talk {
    fn new(content: &Content, number: usize) -> Self {
        let script = Script::new(content, number);
        let total = |side| AtomicU32::new(script.total(side).unwrap_or(OPEN_END));
        Self {
            totals: [total(Side::Customer), total(Side::Agent)],
            script,
            broken: AtomicBool::new(false),
            planned: AtomicU64::new(0),
            left: AtomicBool::new(false),
            concluded: AtomicBool::new(false),
            agent: AtomicU32::new(0),
            session: OnceLock::new(),
            log: Mutex::new(None),
        }
    }

    /// How many messages a side types in all; `None` while it goes on.
    pub fn total(&self, side: Side) -> Option<u32> {
        let total = self.totals[side as usize].load(Ordering::Acquire);
        (total != OPEN_END).then_some(total)
    }

    /// Fixes how many messages a side has typed.
    pub fn set_total(&self, side: Side, total: u32) {
        self.totals[side as usize].store(total, Ordering::Release);
    }

    pub fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }
}

impl Run {
    /// Prepares a run: no connection yet.
    pub fn new(options: Options) -> Result<Self> {
        // Somebody may have installed a provider already, and then that one serves as well.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let http = reqwest::Client::builder()
            .connect_timeout(crate::limits::LOAD_CONNECT_WAIT)
            .timeout(crate::limits::LOAD_ANSWER_WAIT)
            .tcp_nodelay(true)
            .build()
            .context("cannot make an HTTP client")?;
        Ok(Self {
            history: HistoryWriter::create(&options.history, Clock::unix_millis())?,
            pacer: Pacer::new(options.pace),
            counts: Counts::default(),
            secret: format!("{:032x}", random()),
            name: format!("load-{:08x}", random() as u32),
            talks: (0..options.conversations).map(|n| Talk::new(&options.content, n)).collect(),
            over: CancellationToken::new(),
            clock: Clock::start(),
            connections: AtomicU32::new(0),
            told_to_end: OnceLock::new(),
            calls_home: AtomicU32::new(0),
            options,
            http,
        })
    }

    /// The history alone; all else is let go.
    pub fn into_history(self) -> HistoryWriter {
        self.history
    }

    /// Microseconds since the run began.
    pub fn now(&self) -> Micros {
        self.clock.micros()
    }

    /// A number for a new connection, from 1.
    pub fn connection(&self) -> u32 {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Waits half to all of `base`, by chance, so that clients that lost the same node do not come back at once.
    pub async fn pause(&self, base: Duration) {
        Clock::sleep(self.jitter(base)).await;
    }

    /// Half to all of `base`, by chance.
    pub fn jitter(&self, base: Duration) -> Duration {
        let part = (random() as u32) as f64 / f64::from(u32::MAX);
        base.mul_f64(0.5 + part / 2.0)
    }

    /// The address of `urls` to use at the `attempt`-th attempt of somebody who began at `first`.
    pub fn url<'a>(&self, urls: &'a [String], first: usize, attempt: usize) -> &'a str {
        &urls[(first + attempt) % urls.len()]
    }

    /// When no session shall be begun and nothing be typed any more.
    pub fn deadline(&self) -> Option<Micros> {
        let planned = self.options.duration.map(super::part::micros);
        self.told_to_end.get().copied().into_iter().chain(planned).min()
    }

    /// Ends the typing now; what was said is still answered, read back and judged.
    pub fn end(&self) {
        // Who asks twice gets nothing more.
        let _ = self.told_to_end.set(self.now());
    }

    /// Whether that moment has come.
    pub fn is_late(&self) -> bool {
        self.deadline().is_some_and(|deadline| self.now() >= deadline)
    }

    /// Calls clients that had to leave their first node back to it, each as soon as it waits for nothing.
    pub fn call_home(&self) {
        self.calls_home.fetch_add(1, Ordering::Relaxed);
    }

    /// How often they were called.
    pub fn calls_home(&self) -> u32 {
        self.calls_home.load(Ordering::Relaxed)
    }

    /// The nickname of the customer of conversation `number`.
    pub fn nick(&self, number: usize) -> String {
        format!("{}-{number}", self.name)
    }

    /// The conversation that a nickname names, if it is one of this run's.
    pub fn number(&self, nick: &str) -> Option<usize> {
        let number = nick.strip_prefix(&self.name)?.strip_prefix('-')?.parse().ok()?;
        (number < self.talks.len()).then_some(number)
    }
}
