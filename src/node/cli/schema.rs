//! `schema apply|status|check|accept`: the tables of Apache Cassandra from the command line. Prints and hands over; never
//! changes how a keyspace is replicated.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::bail;
use clap::{Args, Subcommand};
use scylla::client::session::Session;

use super::super::config::{Flags, Settings, Sources, load};
use super::super::exit::Exit;
use super::super::inside::cassandra::options;
use super::Wrong;
use super::remote::block_on;
use crate::runtime::{Real, Runtime};
use crate::shard::birth::{self, Change};
use crate::store::rows::cassandra::schema::keyspace;
use crate::store::rows::cassandra::schema::notes::{Book, State};
use crate::store::rows::cassandra::schema::runner::{Progress, Runner, Wish};
use crate::store::rows::cassandra::schema::standing::standing;
use crate::store::rows::cassandra::schema::steps::STEPS;
use crate::store::rows::cassandra::{Cassandra, connect, unchecked};

pub use crate::store::rows::cassandra::schema::Replication;

/// Subcommands of `schema`.
#[derive(Debug, Subcommand)]
pub enum Schema {
    /// Apply every step that is missing; make the keyspace if there is none.
    #[command(after_help = APPLY)]
    Apply {
        /// Replicas of the keyspace if it has to be made, for example dc1:3. A keyspace that is there is never altered
        #[arg(long, value_name = "DATACENTRE:N,...")]
        replication: Option<Replication>,
        /// The cluster.
        #[command(flatten)]
        at: At,
    },
    /// Show each step: done or missing, by which release, by whom, when.
    Status(At),
    /// Say whether a node of this release can run. Exit code 1 when it cannot, with what to do.
    Check(At),
    /// Note that quorums are made of this replication from now on.
    #[command(after_help = ACCEPT)]
    Accept {
        /// The replication as the keyspace has it now, for example dc1:5
        #[arg(long, value_name = "DATACENTRE:N,...")]
        replication: Replication,
        /// The cluster.
        #[command(flatten)]
        at: At,
    },
}

const APPLY: &str = "\
Safe to run again, and safe to kill: each statement is noted, and the next run goes on behind the last note. One runner
works at a time, others wait. Nodes of the previous release may run meanwhile: apply first, then upgrade the nodes.

First time:   holdfast schema apply --replication \"dc1:3\"
Afterwards:   holdfast schema apply";

const ACCEPT: &str = "\
For use after the number of replicas, or the data centre, was changed: with all nodes stopped, the keyspace altered, and
a full repair run to its end on every server. Without that repair acknowledged messages can be missed: see
docs/runbook/cassandra.md#replication";

/// Which cluster, and who this is.
#[derive(Clone, Debug, Default, Args)]
pub struct At {
    /// Process configuration [default: holdfast.toml, if it is there]
    #[arg(long, value_name = "FILE", env = "HOLDFAST_CONFIG")]
    pub config: Option<PathBuf>,
    /// Servers to ask first [store.cassandra.contact_points]
    #[arg(long, value_name = "HOST:PORT,...")]
    pub contact_points: Option<String>,
    /// Keyspace [store.cassandra.keyspace]
    #[arg(long, value_name = "NAME")]
    pub keyspace: Option<String>,
    /// Data centre [store.cassandra.datacenter]
    #[arg(long, value_name = "NAME")]
    pub datacenter: Option<String>,
}

impl At {
    /// The flags that were given, by key.
    #[must_use]
    pub fn flags(&self) -> Flags {
        let given = [
            ("store.cassandra.contact_points", &self.contact_points),
            ("store.cassandra.keyspace", &self.keyspace),
            ("store.cassandra.datacenter", &self.datacenter),
        ];
        given.into_iter().filter_map(|(key, value)| Some((key, value.clone()?))).collect()
    }

    /// The settings, of a node on Cassandra whatever they say otherwise.
    fn settings(&self) -> anyhow::Result<Settings> {
        let mut flags = self.flags();
        flags.insert("store.kind", "cassandra".to_owned());
        let settings = load(&Sources::of_process(self.config.clone(), flags));
        Ok(settings.map_err(|findings| Wrong(format!("the configuration is wrong\n{findings}")))?)
    }
}

/// Does what was asked.
pub fn run(command: Schema) -> anyhow::Result<Exit> {
    match command {
        Schema::Apply { replication, at } => block_on(apply(at.settings()?, replication)),
        Schema::Status(at) => block_on(status(at.settings()?)),
        Schema::Check(at) => block_on(check(at.settings()?)),
        Schema::Accept { replication, at } => block_on(accept(at.settings()?, replication)),
    }
}

async fn session(settings: &Settings) -> anyhow::Result<Session> {
    Ok(connect::upkeep(&options(settings)).await?)
}

/// For people who ask who is at work.
fn owner(settings: &Settings) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = if host.trim().is_empty() { settings.node.name.as_str() } else { host.trim() };
    format!("{host}, process {}", std::process::id())
}

async fn apply(settings: Settings, replication: Option<Replication>) -> anyhow::Result<Exit> {
    let session = session(&settings).await?;
    let wish = Wish::new(&settings.store.cassandra.keyspace, replication, &owner(&settings));
    let runner = Runner::new(&session, Real::start(), wish);
    let did = runner.run(&mut |progress| eprintln!("{}", shown(&progress))).await?;
    let state = Book::of(&session, &settings.store.cassandra.keyspace).read().await?;
    println!("{}; {did} statements were applied", standing(&state.notes, STEPS));
    Ok(Exit::Stopped)
}

fn shown(progress: &Progress) -> String {
    match progress {
        Progress::Made(keyspace) => format!("made keyspace {keyspace}"),
        Progress::Waits { owner, seconds } => {
            format!(
                "another runner is at work ({owner}); its lease ends in {seconds} s at the latest: waiting"
            )
        }
        Progress::Did { step: (number, name), place: (place, of), statement } => {
            format!("step {number} {name}, {place} of {of}: {statement}")
        }
    }
}

async fn status(settings: Settings) -> anyhow::Result<Exit> {
    let session = session(&settings).await?;
    let name = &settings.store.cassandra.keyspace;
    let Some(found) = keyspace::read(&session, name).await? else {
        println!("there is no keyspace {name}");
        return Ok(Exit::Failed);
    };
    println!("keyspace {name}: {}", found.replication);
    let state = Book::of(&session, name).read().await?;
    for line in lines(&state) {
        println!("{line}");
    }
    println!("{}", standing(&state.notes, STEPS));
    Ok(Exit::Stopped)
}

/// One line for each step that is known here or there, and one for the lease.
fn lines(state: &State) -> Vec<String> {
    let known = STEPS.iter().map(|step| (step.number, step.name.to_owned()));
    let mut names: std::collections::BTreeMap<u32, String> = known.collect();
    names.extend(state.notes.iter().map(|(number, note)| (*number, note.name.clone())));
    let line = |(number, name): (&u32, &String)| match state.notes.get(number) {
        None => format!("{number:04} {name}: missing"),
        Some(note) if note.statements < note.of => {
            format!("{number:04} {name}: {} of {} statements done", note.statements, note.of)
        }
        Some(note) => {
            let at = i64::try_from(note.at).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
            let at = at.map_or_else(|| "?".to_owned(), |at| format!("{at:.0}"));
            format!("{number:04} {name}: done at {at} by release {} ({})", note.release, note.by)
        }
    };
    let mut lines: Vec<String> = names.iter().map(line).collect();
    if let Some(lease) = &state.lease {
        lines.push(format!("a runner is at work: {}, for {} s at the most", lease.owner, lease.seconds));
    }
    lines
}

async fn check(settings: Settings) -> anyhow::Result<Exit> {
    let session = session(&settings).await?;
    let name = &settings.store.cassandra.keyspace;
    let found = keyspace::read(&session, name).await?;
    if let Err(problem) = keyspace::decide(name, found.as_ref(), None) {
        println!("{problem}: run holdfast schema apply");
        return Ok(Exit::Failed);
    }
    let state = Book::of(&session, name).read().await?;
    let standing = standing(&state.notes, STEPS);
    println!("{standing}");
    Ok(if standing.runs() { Exit::Stopped } else { Exit::Failed })
}

async fn accept(settings: Settings, replication: Replication) -> anyhow::Result<Exit> {
    let options = options(&settings);
    let session = session(&settings).await?;
    let found = keyspace::read(&session, &options.keyspace).await?;
    // What is not so cannot be accepted.
    keyspace::decide(&options.keyspace, found.as_ref(), Some(&replication))?;
    let noted = format!("{}:{}", options.datacenter, replication.factor(&options.datacenter));
    let runtime: Arc<dyn Runtime> = Real::start();
    let store = Cassandra::open(runtime, options, unchecked());
    store.reachable().await;
    if birth::stored(store.as_ref()).await?.is_none() {
        bail!("no node was here yet: the first one notes the replication by itself");
    }
    birth::note_replication(store.as_ref(), &noted, Change::OnPurpose).await?;
    println!("{noted} is noted");
    Ok(Exit::Stopped)
}
