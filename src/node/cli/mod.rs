//! The command line: what can be asked of `holdfast`, with help that teaches. Parses and hands over; never holds logic.

mod center;
mod cluster;
pub mod demo;
mod doctor;
mod process;
mod remote;
mod schema;
mod secrets;
mod serve;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use super::assembly::Build;
use super::config::Role;
use super::exit::Exit;
use crate::tools::check::CheckArgs;
use crate::tools::corpus::CorpusArgs;
use crate::tools::load::LoadArgs;

/// A highly available contact-center chat server.
#[derive(Debug, Parser)]
#[command(name = "holdfast", version, about, after_help = EXIT_CODES, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Try it:  holdfast serve --demo --data /tmp/holdfast-demo

Exit codes:
   0  done, or stopped as asked
   1  could not be done; verdict BROKEN; differences found
   2  the command line or a configuration is wrong
  70  the store could not be synced to disk
  71  gave up what must not go on without its memory; start it again
  75  stopped, but the deadline passed with work in flight
 130  a second signal: stopped at once";

/// What can be asked.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a node: it serves customers, agents and operators until it is told to stop. Or an edge, which serves customers alone.
    Serve(Serve),
    /// Check configuration files without starting or changing anything.
    #[command(subcommand)]
    Config(Config),
    /// Apply the contact center's configuration to a running node, without a restart.
    Apply(Apply),
    /// Show what applying files would change. Exit code 1 when there are differences.
    Diff(Diff),
    /// Print the contact center's configuration of a running node as one file.
    Export(Export),
    /// Look at the cluster through any of its nodes, and change who serves and votes in it.
    #[command(subcommand)]
    Cluster(cluster::Cluster),
    /// Make and check the tables of Apache Cassandra.
    #[command(subcommand)]
    Schema(schema::Schema),
    /// Look at everything that a node rests on, without changing anything: the machine, the store, what is assumed of it.
    Doctor(doctor::Doctor),
    /// Read a password and print its hash, for the agents of the contact center's configuration.
    HashPassword,
    /// Make an API key: print it once, with the hash for the contact center's configuration.
    HashKey,
    /// Play conversations as customers and agents against running nodes, and judge what they saw.
    Load(Box<LoadArgs>),
    /// Judge a history that `holdfast load` wrote.
    Check(CheckArgs),
    /// Make conversation files for `holdfast load`.
    Corpus(CorpusArgs),
    /// Print the version and what it was built for.
    Version,
}

/// Options of `serve`. What is not given comes from the environment (`HOLDFAST_STORE__DIRECTORY` …), then from the file.
#[derive(Clone, Debug, Default, Args)]
#[command(
    after_help = "Signals: SIGTERM or SIGINT stops within stop.deadline, a second one at once; SIGHUP reads \
                        certificates again.\nAll keys of holdfast.toml: holdfast config keys"
)]
pub struct Serve {
    /// Process configuration [default: holdfast.toml, if it is there]
    #[arg(long, value_name = "FILE", env = "HOLDFAST_CONFIG")]
    pub config: Option<PathBuf>,
    /// What to be: node, edge (the public door alone, without store, shard or vote) [node.role]
    #[arg(long, value_name = "ROLE")]
    pub role: Option<String>,
    /// Directory of the store [store.directory]
    #[arg(long, value_name = "DIR")]
    pub data: Option<String>,
    /// Which store: embedded, cassandra [store.kind]
    #[arg(long, value_name = "KIND")]
    pub store: Option<String>,
    /// Servers of Apache Cassandra to ask first [store.cassandra.contact_points]
    #[arg(long, value_name = "HOST:PORT,...")]
    pub contact_points: Option<String>,
    /// Nodes to join by, or of an edge: to ask first; without it a node with an empty directory founds a cluster [cluster.join]
    #[arg(long, value_name = "HOST:PORT,...")]
    pub join: Option<String>,
    /// Address for customers [listen.public.address]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub public: Option<String>,
    /// Address for agents and supervisors [listen.staff.address]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub staff: Option<String>,
    /// Address for metrics, probes and administration [listen.ops.address]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub ops: Option<String>,
    /// Address for other nodes [listen.peer.address]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub peer: Option<String>,
    /// Name of this node [node.name]
    #[arg(long)]
    pub name: Option<String>,
    /// How much is logged: error, warn, info, debug, trace, or filters [log.level]
    #[arg(long, value_name = "LEVEL")]
    pub log_level: Option<String>,
    /// json or text [log.format]
    #[arg(long, value_name = "FORMAT")]
    pub log_format: Option<String>,
    /// Contact center files to begin with, if the store has no configuration yet; later changes go through `apply`
    #[arg(long, value_name = "FILE", conflicts_with = "demo")]
    pub center: Vec<PathBuf>,
    /// Begin with the demo contact center, if the store has none, and print where to chat
    #[arg(long)]
    pub demo: bool,
}

/// Subcommands of `config`.
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Check the process configuration and, if given, contact center files. Each finding names file, line, key and what
    /// is allowed.
    Check {
        /// Process configuration [default: holdfast.toml, if it is there]
        #[arg(long, value_name = "FILE", env = "HOLDFAST_CONFIG")]
        config: Option<PathBuf>,
        /// Contact center files
        #[arg(value_name = "FILES")]
        files: Vec<PathBuf>,
    },
    /// Print every key of the process configuration: default, allowed values, meaning.
    Keys,
}

/// Options of `apply`.
#[derive(Debug, Args)]
#[command(
    after_help = "The files are checked here first; they replace the whole configuration. To roll back, apply \
                        an older version:\n  holdfast apply --version 7"
)]
pub struct Apply {
    /// Contact center files; together they are the whole configuration
    #[arg(value_name = "FILES", required_unless_present = "version")]
    pub files: Vec<PathBuf>,
    /// Apply this older version again instead of files
    #[arg(long, value_name = "N", conflicts_with = "files")]
    pub version: Option<u64>,
    /// Refuse unless this version is in force [default: the one in force now]
    #[arg(long, value_name = "N")]
    pub base: Option<u64>,
    /// The node to ask.
    #[command(flatten)]
    pub node: Remote,
}

/// Options of `diff`.
#[derive(Debug, Args)]
pub struct Diff {
    /// Contact center files; together they are the whole configuration
    #[arg(value_name = "FILES", required = true)]
    pub files: Vec<PathBuf>,
    /// The node to ask.
    #[command(flatten)]
    pub node: Remote,
}

/// Options of `export`.
#[derive(Debug, Args)]
pub struct Export {
    /// An older version [default: the one in force]
    #[arg(long, value_name = "N")]
    pub version: Option<u64>,
    /// The node to ask.
    #[command(flatten)]
    pub node: Remote,
}

/// A running node, reached through its ops listener. The API key or admin token comes from `HOLDFAST_KEY` or a file, never
/// from the command line, where every user of the machine could read it.
#[derive(Clone, Debug, Args)]
pub struct Remote {
    /// URL of the node's ops listener
    #[arg(long, value_name = "URL", env = "HOLDFAST_OPS_URL", default_value = "http://127.0.0.1:7082")]
    pub ops: String,
    /// File that holds the API key or admin token [default: the variable HOLDFAST_KEY]
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
}

/// Does what was asked. `build` makes the inside of a process for `serve`.
#[must_use]
pub fn run(command: Command, build: impl FnOnce(Role, Option<String>) -> Box<dyn Build>) -> ExitCode {
    let done = match command {
        Command::Serve(options) => serve::serve(&options, build),
        Command::Config(Config::Check { config, files }) => process::check(config, &files),
        Command::Config(Config::Keys) => process::keys(),
        Command::Apply(options) => center::apply(&options),
        Command::Diff(options) => center::diff(&options),
        Command::Export(options) => center::export(&options),
        Command::Cluster(command) => cluster::run(&command),
        Command::Schema(command) => schema::run(command),
        Command::Doctor(options) => doctor::run(&options),
        Command::HashPassword => secrets::hash_password(),
        Command::HashKey => secrets::hash_key(),
        Command::Version => process::version(),
        // The tools say themselves how they ended; what they cannot begin is a wrong command line.
        Command::Load(options) => {
            return options.main().unwrap_or_else(|error| end(&Wrong(format!("{error:#}")).into()));
        }
        Command::Check(options) => {
            return options.run().unwrap_or_else(|error| end(&Wrong(format!("{error:#}")).into()));
        }
        Command::Corpus(options) => return options.run().unwrap_or_else(|error| end(&error)),
    };
    done.map_or_else(|error| end(&error), ExitCode::from)
}

/// Says why, and answers the exit code.
fn end(error: &anyhow::Error) -> ExitCode {
    eprintln!("holdfast: {error:#}");
    error.downcast_ref::<Wrong>().map_or(Exit::Failed, |_| Exit::Usage).into()
}

/// A command line or configuration that is wrong: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Wrong(pub String);
