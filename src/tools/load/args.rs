//! The command line of `holdfast load`. Never plays.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};

use super::options::{Content, Credential, Options, Pace, Transport};
use crate::tools::check::Expect;
use crate::tools::corpus;

/// Plays conversations as real customers and agents through the public API, and judges what they saw.
///
/// Customers create sessions, agents sign in, accept offers and answer; each turn waits until its side has seen what came
/// before it. A client that loses its node connects to the next --url, resumes from its last seq and repeats unanswered
/// sends under their ids, so that nodes may be killed during the run. At the end every transcript is read back, the
/// history is written and judged as `holdfast check` does: the verdict is the last line, and the exit code says the same.
/// Ctrl-C ends the typing early; what was said until then is judged.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  holdfast load --corpus target/corpus/chitchat.jsonl --agents-count 20 --password secret --sessions 200 --conversations 1000
  holdfast load --corpus corpus.jsonl --agents agents.txt --pace recorded --sessions 2000 --duration 600
  holdfast load --synthetic --size 100 --agents-count 10 --password secret --sessions 100 --duration 30")]
pub struct LoadArgs {
    /// Public listener; repeat it for each node of a cluster
    #[arg(long = "url", default_values = ["http://127.0.0.1:7080"], value_name = "URL")]
    pub urls: Vec<String>,
    /// Staff listener; repeat it for each node of a cluster
    #[arg(long = "staff-url", default_values = ["http://127.0.0.1:7081"], value_name = "URL")]
    pub staff_urls: Vec<String>,
    /// File with the agents that sign in, a name and a password on each line
    #[arg(long, value_name = "FILE", conflicts_with = "agents_count")]
    pub agents: Option<PathBuf>,
    /// Agents are named by this and a number from 1 to --agents-count
    #[arg(long, default_value = "load-", value_name = "PREFIX")]
    pub agents_prefix: String,
    /// How many agents sign in; together their capacity should be at least --sessions
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub agents_count: usize,
    /// Password of the numbered agents
    #[arg(long, env = "HOLDFAST_LOAD_PASSWORD", hide_env_values = true, value_name = "PASSWORD")]
    pub password: Option<String>,
    /// Service that customers ask for
    #[arg(long, default_value = "default", value_name = "NAME")]
    pub service: String,
    /// Disposition that agents conclude with
    #[arg(long, default_value = "resolved", value_name = "CODE")]
    pub disposition: String,
    /// How customers reach the server
    #[arg(long, value_enum, default_value_t = Transport::Ws)]
    pub transport: Transport,
    /// Conversations to play, a file made by `cargo xtask corpus` or `holdfast corpus`
    #[arg(long, value_name = "FILE", required_unless_present = "synthetic")]
    pub corpus: Option<PathBuf>,
    /// Instead of a corpus: customers send texts of --size bytes as fast as acknowledged, agents only read
    #[arg(long, conflicts_with = "corpus")]
    pub synthetic: bool,
    /// Bytes of a synthetic text, at least 16
    #[arg(long, default_value_t = 100, value_name = "BYTES")]
    pub size: usize,
    /// Sends that a synthetic customer has under way at once
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub outstanding: usize,
    /// Of how many conversations the synthetic customers say anything; the others listen [default: of all]
    #[arg(long, value_name = "N")]
    pub talkers: Option<usize>,
    /// How fast a corpus is played
    #[arg(long, value_enum, default_value_t = PaceName::Fast)]
    pub pace: PaceName,
    /// How many times faster than recorded, for --pace recorded
    #[arg(long, default_value_t = 1.0, value_name = "X")]
    pub speed: f64,
    /// Open loop: so many sends per second over all sessions, latencies counted from the intended starts
    #[arg(long, value_name = "N", conflicts_with = "pace")]
    pub rate: Option<f64>,
    /// Sessions at once
    #[arg(long, default_value_t = 50, value_name = "N")]
    pub sessions: usize,
    /// Sessions in all [default: the corpus once; as many as at once if synthetic]
    #[arg(long, value_name = "N")]
    pub conversations: Option<usize>,
    /// Seconds after which no session is begun and nothing is typed any more
    #[arg(long, value_name = "SECONDS")]
    pub duration: Option<f64>,
    /// Seconds over which the first sessions are begun
    #[arg(long, default_value_t = 0.0, value_name = "SECONDS")]
    pub ramp: f64,
    /// Seconds without any progress after which a conversation is given up
    #[arg(long, default_value_t = 300.0, value_name = "SECONDS")]
    pub patience: f64,
    /// Where the history is written, for `holdfast check`
    #[arg(long, default_value = "history.jsonl", value_name = "FILE")]
    pub history: PathBuf,
    /// What the run must reach
    #[command(flatten)]
    pub expect: Expect,
}

/// Names of the paces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PaceName {
    /// As fast as acknowledged
    Fast,
    /// At the recorded times
    Recorded,
}

impl LoadArgs {
    /// Plays, judges, prints, and gives the exit code.
    ///
    /// # Errors
    /// If an option makes no sense, a file cannot be read or written, or an agent is refused.
    pub async fn run(&self) -> Result<ExitCode> {
        let report = super::run(self.options()?).await?;
        report.print();
        Ok(report.verdict.exit_code())
    }

    /// [`LoadArgs::run`] on a runtime of its own.
    ///
    /// # Errors
    /// As [`LoadArgs::run`].
    pub fn main(&self) -> Result<ExitCode> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(self.run())
    }

    /// The run that these arguments ask for.
    ///
    /// # Errors
    /// If an option makes no sense or a file cannot be read.
    pub fn options(&self) -> Result<Options> {
        let (content, all) = self.content()?;
        ensure!(self.sessions > 0, "--sessions must be at least 1");
        let plain = |url: &String| url.starts_with("http://");
        let all_plain = self.urls.iter().chain(&self.staff_urls).all(plain);
        ensure!(all_plain, "--url and --staff-url must begin with http://: the load tool speaks no TLS");
        let duration = self.duration.map(Duration::try_from_secs_f64).transpose().context("--duration")?;
        Ok(Options {
            urls: trimmed(&self.urls),
            staff_urls: trimmed(&self.staff_urls),
            agents: self.agents()?,
            service: self.service.clone(),
            disposition: self.disposition.clone(),
            transport: self.transport,
            pace: self.pace()?,
            content,
            sessions: self.sessions,
            conversations: self.conversations.unwrap_or(all),
            duration,
            ramp: Duration::try_from_secs_f64(self.ramp).context("--ramp")?,
            patience: Duration::try_from_secs_f64(self.patience).context("--patience")?,
            history: self.history.clone(),
            expect: self.expect,
            progress: true,
        })
    }

    /// What is said, and how many sessions that is once.
    fn content(&self) -> Result<(Content, usize)> {
        if let Some(path) = &self.corpus {
            let conversations = corpus::read(path, self.conversations.unwrap_or(usize::MAX))?;
            let count = conversations.len();
            return Ok((Content::Corpus(conversations), count));
        }
        ensure!(self.duration.is_some(), "--synthetic needs --duration: its senders stop then");
        ensure!((16..=32 * 1024).contains(&self.size), "--size must be 16 to 32768 bytes");
        ensure!((1..=64).contains(&self.outstanding), "--outstanding must be 1 to 64");
        let talkers = self.talkers.unwrap_or(usize::MAX);
        ensure!(talkers > 0, "--talkers must be at least 1");
        let content = Content::Synthetic { size: self.size, outstanding: self.outstanding, talkers };
        Ok((content, self.sessions))
    }

    fn pace(&self) -> Result<Pace> {
        let positive = |x: f64| x.is_finite() && x > 0.0;
        match (self.rate, self.pace) {
            (Some(rate), _) if positive(rate) => Ok(Pace::Rate(rate)),
            (None, PaceName::Fast) => Ok(Pace::Fast),
            (None, PaceName::Recorded) if positive(self.speed) => Ok(Pace::Recorded(self.speed)),
            _ => bail!("--rate and --speed must be greater than 0"),
        }
    }

    fn agents(&self) -> Result<Vec<Credential>> {
        if let Some(path) = &self.agents {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read the agents in {}", path.display()))?;
            let agents: Vec<_> = text.lines().filter_map(credential).collect();
            ensure!(!agents.is_empty(), "{} has no line with a name and a password", path.display());
            return Ok(agents);
        }
        ensure!(self.agents_count > 0, "--agents-count must be at least 1");
        let password = self.password.clone().context("the agents' password is missing: --password")?;
        let agent =
            |n| Credential { agent: format!("{}{n}", self.agents_prefix), password: password.clone() };
        Ok((1..=self.agents_count).map(agent).collect())
    }
}

fn credential(line: &str) -> Option<Credential> {
    let (agent, password) = line.trim().split_once(char::is_whitespace)?;
    Some(Credential { agent: agent.into(), password: password.trim().into() })
}

fn trimmed(urls: &[String]) -> Vec<String> {
    urls.iter().map(|url| url.trim_end_matches('/').to_owned()).collect()
}
