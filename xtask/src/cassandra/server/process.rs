//! A process that outlives the one that started it: known by its id and by when it began, so that nobody else's is ever
//! signalled.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

use crate::cassandra::settings::write;

/// A process, for as long as it is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// When it began, in the kernel's ticks: ids come again, this does not.
    began: u64,
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It runs, or waits for something.
    Running,
    /// It was stopped by a signal and goes on with another.
    Paused,
    /// It is no more, and its sockets are closed.
    Gone,
}

impl Process {
    /// The process with this id, which is ours and lives.
    pub fn of(pid: u32) -> anyhow::Result<Self> {
        let (_, began) = stat(pid).with_context(|| format!("process {pid} is gone"))?;
        Ok(Self { pid, began })
    }

    /// The one that was kept in a file.
    pub fn kept(file: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(file).ok()?;
        let (pid, began) = text.trim().split_once(' ')?;
        Some(Self { pid: pid.parse().ok()?, began: began.parse().ok()? })
    }

    /// Keeps it in a file.
    pub fn keep(self, file: &Path) -> anyhow::Result<()> {
        write(file, &format!("{} {}", self.pid, self.began))
    }

    /// What it does now.
    pub fn state(self) -> State {
        match stat(self.pid) {
            Some((state, began)) if began == self.began => match state {
                'T' | 't' => State::Paused,
                // A dead process that its parent has not asked for; its last thread has closed its sockets.
                'Z' | 'X' if threads(self.pid) <= 1 => State::Gone,
                _ => State::Running,
            },
            _ => State::Gone,
        }
    }

    /// Sends a signal, unless it is gone.
    pub fn signal(self, name: &str) -> anyhow::Result<()> {
        if self.state() == State::Gone {
            return Ok(());
        }
        let mut kill = Command::new("kill");
        let sent = kill.arg(format!("-{name}")).arg(self.pid.to_string()).stderr(Stdio::null()).status()?;
        ensure!(sent.success() || self.state() == State::Gone, "process {} cannot be signalled", self.pid);
        Ok(())
    }

    /// Resident memory, MiB.
    pub fn memory(self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? / 1024)
    }
}

fn threads(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count)
}

/// The state letter and the start of a process.
fn stat(pid: u32) -> Option<(char, u64)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // A name may hold blanks and brackets; what follows its last bracket does not.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    Some((fields.first()?.chars().next()?, fields.get(19)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_its_beginning() {
        let own = Process::of(std::process::id()).unwrap();
        assert_eq!(own.state(), State::Running);
        assert_eq!(Process { began: own.began + 1, ..own }.state(), State::Gone);
        assert!(own.memory().is_some_and(|memory| memory > 0));
    }

    #[test]
    fn a_process_goes_through_its_states() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let process = Process::of(child.id()).unwrap();
        let until = |state| while process.state() != state {};
        process.signal("STOP").unwrap();
        until(State::Paused);
        process.signal("CONT").unwrap();
        until(State::Running);
        process.signal("KILL").unwrap();
        // Nobody has waited for it yet.
        until(State::Gone);
        process.signal("KILL").unwrap();
        child.wait().unwrap();
    }
}
