//! `cargo xtask test`: every test that a change must pass, in one command. Says loudly what it had to leave out.

mod cassandra;

use std::process::Command;
use std::time::Duration;

use crate::step;

/// Run every test: units and properties, shape of the repository, front door, browser, real Cassandra.
#[derive(Debug, clap::Args)]
#[command(after_help = "One test:  cargo xtask test -- repeated_message\n\
                        Without a browser:  cargo xtask test --skip-browser\n\
                        On Cassandra only:  cargo xtask test --only-cassandra\n\
                        On a cluster of your own:  HOLDFAST_CASSANDRA=host:port,... cargo xtask test --only-cassandra")]
pub struct Args {
    /// Leave out the test that needs node and chromium
    #[arg(long)]
    skip_browser: bool,
    /// Leave out the tests that start servers of Apache Cassandra
    #[arg(long)]
    skip_cassandra: bool,
    /// Run only the tests on Cassandra
    #[arg(long, conflicts_with = "skip_cassandra")]
    only_cassandra: bool,
    /// Only tests whose name contains this; leaves out the browser
    #[arg(last = true)]
    filter: Vec<String>,
}

/// The minutes that each part took.
type Minutes = Vec<(&'static str, Duration)>;

/// Runs them; the first part that fails ends it.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let mut minutes = Minutes::new();
    let filter: Vec<&str> = args.filter.iter().map(String::as_str).collect();
    if !args.only_cassandra {
        without_servers(args, &filter, &mut minutes)?;
    }
    if args.skip_cassandra {
        eprintln!("--- on Cassandra: left out as asked");
    } else {
        cassandra::run(&filter, |name, spent| minutes.push((name, spent)))?;
    }
    for (name, spent) in &minutes {
        eprintln!("{name:<30} {:5.1} min", spent.as_secs_f64() / 60.0);
    }
    eprintln!("all tests passed");
    Ok(())
}

fn without_servers(args: &Args, filter: &[&str], minutes: &mut Minutes) -> anyhow::Result<()> {
    let mut part = |name: &'static str, command: &mut Command| {
        step::run(name, command).map(|spent| minutes.push((name, spent)))
    };
    part("build", &mut step::cargo(&["test", "--workspace", "--no-run"]))?;
    let cargo = |arguments: &[&str]| step::cargo(&[arguments, &["--"], filter].concat());
    part("units and properties", &mut cargo(&["test", "--workspace", "--lib", "--bins"]))?;
    part("shape of the repository", &mut cargo(&["test", "--test", "tidy"]))?;
    part(
        "the cluster",
        &mut cargo(&["test", "-p", "holdfast-cluster", "--test", "link", "--test", "contract"]),
    )?;
    // Optimised, for it walks through millions of states.
    part("the protocol's model", &mut cargo(&["test", "--release", "--test", "model"]))?;
    part("front door", &mut cargo(&["test", "--test", "it"]))?;
    let missing = browser_misses();
    if args.skip_browser || !args.filter.is_empty() {
        eprintln!("--- browser: left out as asked");
    } else if let Some(missing) = missing {
        eprintln!("\n!!! SKIPPED: browser: {missing} is missing\n");
    } else {
        let folder = step::root().join("tests/browser");
        part("browser packages", Command::new("npm").args(["ci", "--silent"]).current_dir(&folder))?;
        let holdfast = step::target().join("debug/holdfast");
        part("browser", Command::new("node").arg("chat.mjs").arg(holdfast).current_dir(&folder))?;
    }
    Ok(())
}

/// What the browser test needs and this machine lacks.
fn browser_misses() -> Option<&'static str> {
    let programs = ["node", "npm", "chromium"];
    let missing = programs.into_iter().find(|program| !step::installed(program));
    let script = step::root().join("tests/browser/chat.mjs");
    missing.or_else(|| (!script.is_file()).then_some("tests/browser/chat.mjs"))
}
