//! `serve`: settings, logs, runtime, node, in this order. Never knows what a node is made of.

use super::super::addresses::Addresses;
use super::super::assembly::{self, Build, RunError};
use super::super::config::{Flags, Role, Settings, Sources, load};
use super::super::exit::Exit;
use super::super::logs;
use super::{Serve, Wrong, center, demo};

/// Runs a node to its end.
pub fn serve(
    options: &Serve,
    build: impl FnOnce(Role, Option<String>) -> Box<dyn Build>,
) -> anyhow::Result<Exit> {
    let settings = load(&Sources::of_process(options.config.clone(), flags(options)))
        .map_err(|findings| Wrong(format!("the configuration is wrong\n{findings}")))?;
    if settings.node.role == Role::Edge && (options.demo || !options.center.is_empty()) {
        let why = "--demo and --center are not for edges: the contact center is the cluster's";
        return Err(Wrong(why.to_owned()).into());
    }
    let initial = initial(options)?;
    assembly::prepare(&settings.store.directory).map_err(|error| {
        Wrong(format!("store.directory: {} cannot be made: {error}", settings.store.directory.display()))
    })?;
    let traces = logs::start(&settings).map_err(|error| Wrong(error.to_string()))?;
    let runtime = runtime(&settings)?;
    let ready = |addresses: &Addresses| {
        if options.demo {
            println!("{}", demo::greeting(addresses));
        }
    };
    let ended = runtime.block_on(assembly::run(&settings, build(settings.node.role, initial), ready));
    // Tasks that are left hold nothing that matters: what was acknowledged is stored.
    runtime.shutdown_background();
    traces.finish();
    match ended {
        Ok(exit) => Ok(exit),
        Err(RunError::Listen(error)) => Err(Wrong(error.to_string()).into()),
        Err(error) => Err(error.into()),
    }
}

fn runtime(settings: &Settings) -> std::io::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if settings.node.threads > 0 {
        builder.worker_threads(settings.node.threads);
    }
    builder.enable_all().thread_name("holdfast").build()
}

/// The contact center to begin with, as one text.
fn initial(options: &Serve) -> anyhow::Result<Option<String>> {
    if options.demo {
        return Ok(Some(demo::CENTER.to_owned()));
    }
    if options.center.is_empty() {
        return Ok(None);
    }
    let (_, text) = center::read(&options.center).map_err(|findings| Wrong(findings.join("\n")))?;
    Ok(Some(text))
}

/// The flags that were given, by key.
fn flags(options: &Serve) -> Flags {
    let given = [
        ("node.role", &options.role),
        ("store.directory", &options.data),
        ("store.kind", &options.store),
        ("store.cassandra.contact_points", &options.contact_points),
        ("cluster.join", &options.join),
        ("listen.public.address", &options.public),
        ("listen.staff.address", &options.staff),
        ("listen.ops.address", &options.ops),
        ("listen.peer.address", &options.peer),
        ("node.name", &options.name),
        ("log.level", &options.log_level),
        ("log.format", &options.log_format),
    ];
    given.into_iter().filter_map(|(key, value)| Some((key, value.clone()?))).collect()
}
