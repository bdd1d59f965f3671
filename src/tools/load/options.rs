//! What a load run is to do, checked once at its start. Never does it.

use std::path::PathBuf;
use std::time::Duration;

use crate::tools::check::Expect;
use crate::tools::corpus::Conversation;

/// How customers reach the server; agents always use a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Transport {
    /// One WebSocket for both directions
    Ws,
    /// Requests to send, server-sent events to listen
    Sse,
    /// Requests to send, long polling to listen
    Poll,
}

/// How fast turns are said. A turn always waits until its side has seen what came before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// As fast as acknowledged.
    Fast,
    /// Open loop: so many sends per second over all sessions, each with an intended start.
    Rate(f64),
    /// At the recorded times, so many times faster.
    Recorded(f64),
}

/// What is said.
#[derive(Clone, Debug)]
pub enum Content {
    /// Conversations of a corpus, again from its start when it ends.
    Corpus(Vec<Conversation>),
    /// Texts of so many bytes, by customers only: a measure of throughput.
    Synthetic {
        /// Bytes of each text.
        size: usize,
        /// Sends that a customer has under way at once.
        outstanding: usize,
        /// Of how many conversations the customers say anything; the others listen.
        talkers: usize,
    },
}

/// Who signs in as an agent.
#[derive(Clone)]
pub struct Credential {
    /// Sign-in name.
    pub agent: String,
    /// Password.
    pub password: String,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential").field("agent", &self.agent).finish_non_exhaustive()
    }
}

/// A whole run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Public listeners, one of each node.
    pub urls: Vec<String>,
    /// Staff listeners, one of each node.
    pub staff_urls: Vec<String>,
    /// The agents.
    pub agents: Vec<Credential>,
    /// The service that customers ask for.
    pub service: String,
    /// The disposition that agents conclude with.
    pub disposition: String,
    /// How customers reach the server.
    pub transport: Transport,
    /// How fast.
    pub pace: Pace,
    /// What is said.
    pub content: Content,
    /// Sessions at once.
    pub sessions: usize,
    /// Sessions in all.
    pub conversations: usize,
    /// After this no session is begun and nothing is typed.
    pub duration: Option<Duration>,
    /// Time over which the first sessions are begun.
    pub ramp: Duration,
    /// A conversation in which nothing happens for so long is given up.
    pub patience: Duration,
    /// Where the history goes.
    pub history: PathBuf,
    /// What the run must reach to be ok.
    pub expect: Expect,
    /// Whether to show progress on the terminal.
    pub progress: bool,
}
