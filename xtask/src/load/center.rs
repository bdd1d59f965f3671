//! The contact center of a load run: one service and agents enough for its sessions. Never for real customers, since its
//! password is known to everybody.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

/// The password of all agents of a load run.
pub const PASSWORD: &str = "holdfast-load";

/// Agents are named by this and a number from 1.
pub const PREFIX: &str = "load-";

/// Writes the file, for so many sessions at once and so many agents.
pub fn write(holdfast: &Path, file: &Path, (sessions, agents): (u32, u32)) -> anyhow::Result<()> {
    let hash = hash(holdfast)?;
    // A seat is free only when its last conversation is concluded, so each agent has a few more than their share.
    let capacity = sessions.div_ceil(agents.max(1)) + 5;
    let mut text = String::from(
        "[unit.load]\ntitle = \"Load\"\n\n[queue.load]\nunit = \"load\"\noffer_timeout = \"30s\"\n\
         limit = 100000\n\n[service.default]\nunit = \"load\"\nqueue = \"load\"\nanonymous = true\n\
         [service.default.limits]\nevents_per_second = 1000000\nburst = 1000000\n",
    );
    for number in 1..=agents {
        write!(
            text,
            "\n[agent.{PREFIX}{number}]\nnick = \"Agent {number}\"\nunits = [\"load\"]\nroles = [\"agent\"]\n\
             queues = [\"load\"]\ncapacity = {capacity}\npassword_hash = \"{hash}\"\n"
        )?;
    }
    std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

/// The hash of [`PASSWORD`].
pub fn hash(holdfast: &Path) -> anyhow::Result<String> {
    let mut asked = Command::new(holdfast)
        .arg("hash-password")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("holdfast hash-password cannot be run")?;
    if let Some(mut input) = asked.stdin.take() {
        writeln!(input, "{PASSWORD}")?;
    }
    let answer = asked.wait_with_output()?;
    ensure!(answer.status.success(), "holdfast hash-password failed ({})", answer.status);
    Ok(String::from_utf8(answer.stdout)?.trim().to_owned())
}
