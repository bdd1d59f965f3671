//! The tests on real Cassandra: clusters of their own, one after the other, each with a time limit, so that no server that
//! hangs can hang the run. Never uses a cluster of somebody else unless it is named.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};

use crate::cassandra::{Cluster, Place, Settings, VARIABLE, Version, missing, named};
use crate::step;

/// Set by the gate: a machine that cannot start servers fails.
const REQUIRED: &str = "HOLDFAST_REQUIRE_CASSANDRA";

/// The last number of the first address that these tests use; a cluster that a person started has others.
const FIRST: u8 = 101;

/// One cluster and the tests that run on it.
struct On {
    name: &'static str,
    settings: Settings,
    /// Parts of names of tests; all when empty.
    tests: &'static [&'static str],
    limit: Duration,
}

fn clusters() -> [On; 4] {
    let one = |version| Settings::of(1, version);
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    [
        On { name: "on one Cassandra 5.0", settings: one(Version::V5_0), tests: &[], limit: minutes(20) },
        On {
            name: "on one Cassandra 4.1",
            settings: one(Version::V4_1),
            tests: &["suites::"],
            limit: minutes(20),
        },
        On {
            name: "on one with TLS, passwords",
            settings: Settings { auth: true, tls: true, ..one(Version::V5_0) },
            tests: &["secured::"],
            limit: minutes(5),
        },
        On {
            name: "on three Cassandra 5.0",
            settings: Settings::of(3, Version::V5_0),
            tests: &[],
            limit: minutes(40),
        },
    ]
}

/// Runs them; tells of each its minutes.
pub fn run(filter: &[&str], mut spent: impl FnMut(&'static str, Duration)) -> anyhow::Result<()> {
    if let Some(points) = named() {
        let mut tests = binary()?.command(filter)?;
        tests.env(VARIABLE, points);
        let name = "on the Cassandra that is named";
        spent(name, step::run_within(name, &mut tests, Duration::from_secs(3600))?);
        return Ok(());
    }
    let binary = binary()?;
    for on in clusters() {
        let filter = both(on.tests, filter);
        if binary.list(&filter)? == 0 {
            continue;
        }
        if let Some(missing) = missing(on.settings.version) {
            ensure!(!is_required(), "{missing} is missing, and {REQUIRED} is set");
            eprintln!("\n!!! SKIPPED: tests {}: {missing} is missing\n", on.name);
            continue;
        }
        spent(on.name, on.run(&binary, &filter).context(on.name)?);
    }
    Ok(())
}

fn is_required() -> bool {
    std::env::var(REQUIRED).is_ok_and(|value| value == "1")
}

/// Names that the cluster's tests and the person's filter have in common. The test harness runs what matches any.
fn both<'a>(tests: &[&'a str], filter: &[&'a str]) -> Vec<&'a str> {
    match (tests, filter) {
        ([], filter) => filter.to_vec(),
        (tests, []) => tests.to_vec(),
        // A filter within the cluster's own tests; else what it names does not run there.
        (tests, filter) => {
            let within = |name: &&&str| tests.iter().any(|test| name.contains(test));
            filter.iter().filter(within).copied().chain(["no test has this name"]).collect()
        }
    }
}

impl On {
    #[expect(clippy::disallowed_methods, reason = "a task for people measures itself; no simulation runs it")]
    fn run(&self, binary: &Binary, filter: &[&str]) -> anyhow::Result<Duration> {
        let began = std::time::Instant::now();
        eprintln!("--- start the servers: {}", self.name);
        let cluster = Cluster::ours(Place { first: FIRST }, self.settings.clone())?;
        let mut tests = binary.command(filter)?;
        tests.envs(cluster.variables()?);
        if self.settings.nodes > 1 {
            // A test that breaks a server must not break it for another. The proxy's own tests want one server.
            tests.args(["--test-threads=1", "--skip", "proxy::tests::"]);
        }
        let ran = step::run_within(self.name, &mut tests, self.limit);
        if ran.is_err() {
            eprintln!("    logs of the servers: {}/node-*/out.log", cluster.place.folder().display());
        }
        ran?;
        if self.tests.is_empty() && self.settings.nodes == 1 {
            // Those that write for a minute: once is enough, and beside nothing else.
            let mut slow = binary.command(filter)?;
            slow.envs(cluster.variables()?).args(["--ignored", "--test-threads=1"]);
            step::run_within("the slow ones", &mut slow, self.limit)?;
        }
        Ok(began.elapsed())
    }
}

/// The tests, built: run without cargo between, so that a time limit ends them and not only cargo.
struct Binary(PathBuf);

fn binary() -> anyhow::Result<Binary> {
    let mut build =
        step::cargo(&["test", "--test", "cassandra", "--no-run", "--message-format=json-render-diagnostics"]);
    let said = build.stderr(Stdio::inherit()).output().context("cargo cannot be run")?;
    ensure!(said.status.success(), "the tests on Cassandra do not build");
    let said = String::from_utf8(said.stdout)?;
    let messages = said.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let ours = |message: &serde_json::Value| {
        let target = &message["target"];
        let path = message["executable"].as_str().filter(|_| target["name"] == "cassandra");
        path.filter(|_| target["kind"][0] == "test").map(PathBuf::from)
    };
    let mut found = messages.filter_map(|message| ours(&message));
    found.next().map(Binary).context("cargo does not say where the tests on Cassandra are")
}

impl Binary {
    fn command(&self, filter: &[&str]) -> anyhow::Result<Command> {
        let mut command = Command::new(&self.0);
        command.args(filter).current_dir(step::root());
        command.env("CARGO_TARGET_DIR", std::path::absolute(step::target())?);
        Ok(command)
    }

    /// How many tests match.
    fn list(&self, filter: &[&str]) -> anyhow::Result<usize> {
        let said = self.command(filter)?.arg("--list").stdin(Stdio::null()).output()?;
        if !said.status.success() {
            bail!("the tests on Cassandra cannot be listed");
        }
        Ok(String::from_utf8(said.stdout)?.lines().filter(|line| line.ends_with(": test")).count())
    }
}
