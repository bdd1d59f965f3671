//! One step of a task: a command with a name, its minutes and its end. Never interprets output.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

/// The root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    let xtask = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().map_or_else(|| xtask.clone(), ToOwned::to_owned)
}

/// Cargo, in the root of the repository, as the one that runs us.
#[must_use]
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// Where cargo puts what it builds.
#[must_use]
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Runs a command to its end; fails with its name and exit code.
#[expect(clippy::disallowed_methods, reason = "a task for people measures itself; no simulation runs it")]
pub fn run(name: &str, command: &mut Command) -> anyhow::Result<Duration> {
    eprintln!("--- {name}");
    let began = Instant::now();
    let status = command.status().with_context(|| format!("{name}: cannot run {command:?}"))?;
    if !status.success() {
        bail!("{name} failed ({status}): {command:?}");
    }
    Ok(began.elapsed())
}

/// The same for a program that may hang: killed and failed when it takes longer than `limit`.
#[expect(clippy::disallowed_methods, reason = "a task for people measures itself; no simulation runs it")]
pub fn run_within(name: &str, command: &mut Command, limit: Duration) -> anyhow::Result<Duration> {
    eprintln!("--- {name}, {} min at most", limit.as_secs() / 60);
    let began = Instant::now();
    let mut child = command.spawn().with_context(|| format!("{name}: cannot run {command:?}"))?;
    loop {
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(began.elapsed()),
            Some(status) => bail!("{name} failed ({status}): {command:?}"),
            None => {}
        }
        if began.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            bail!("{name} was not done after {limit:?}: {command:?}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Whether a program can be found.
#[must_use]
pub fn installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
