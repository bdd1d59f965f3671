//! PostgreSQL beside Holdfast on the same machine: 100 clients that insert one row each and wait until it is durable. A
//! cluster of its own, deleted at the end; never touches one that is there.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::fsync::{ROW, WRITERS};

/// A running cluster; stopped and deleted when it is dropped.
pub struct Postgres {
    binaries: PathBuf,
    folder: PathBuf,
    as_root: bool,
}

impl Postgres {
    /// Makes and starts a cluster; `None` when PostgreSQL is not installed.
    pub fn start(within: &Path) -> anyhow::Result<Option<Self>> {
        let Some(binaries) = binaries() else { return Ok(None) };
        let folder = within.join("postgres");
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        let as_root = text(Command::new("id").arg("-u"))?.trim() == "0";
        let postgres = Self { binaries, folder, as_root };
        if as_root {
            text(Command::new("chown").arg("postgres").arg(&postgres.folder))?;
        }
        let (data, log) = (postgres.folder.join("data"), postgres.folder.join("log"));
        text(postgres.run("initdb").args(["-A", "trust", "-U", "postgres", "-D"]).arg(&data))?;
        let options = format!(
            "-c listen_addresses= -c unix_socket_directories={} -c max_connections=200 -c synchronous_commit=on -c fsync=on",
            postgres.folder.display()
        );
        text(
            postgres
                .run("pg_ctl")
                .args(["-w", "-o", &options, "-D"])
                .arg(&data)
                .arg("-l")
                .arg(&log)
                .arg("start"),
        )?;
        let table = "create table rows (id bigserial primary key, body text not null)";
        text(postgres.run("psql").args(["-h"]).arg(&postgres.folder).args(["-U", "postgres", "-qc", table]))?;
        let script = format!("insert into rows (body) values (repeat('x', {ROW}));\n");
        std::fs::write(postgres.folder.join("insert.sql"), script)?;
        Ok(Some(postgres))
    }

    /// Durable single inserts per second, and their average latency in milliseconds.
    pub fn rate(&self, time: Duration) -> anyhow::Result<(f64, f64)> {
        let mut bench = self.run("pgbench");
        bench.args(["-n", "-M", "prepared", "-c", &WRITERS.to_string(), "-j", "2", "-U", "postgres", "-h"]);
        bench.arg(&self.folder).args(["-T", &time.as_secs().max(1).to_string(), "-f"]);
        let said = text(bench.arg(self.folder.join("insert.sql")).arg("postgres"))?;
        let after = |name: &str| {
            said.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok())
        };
        Ok((
            after("tps = ").context("pgbench tells no rate")?,
            after("latency average = ").unwrap_or_default(),
        ))
    }

    /// A program of PostgreSQL, which does not run as root.
    fn run(&self, program: &str) -> Command {
        let program = self.binaries.join(program);
        let mut command = if self.as_root {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir("/");
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // What is left is a folder in the build folder.
        let _ = text(
            self.run("pg_ctl").args(["-m", "immediate", "-D"]).arg(self.folder.join("data")).arg("stop"),
        );
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The newest version that is installed.
fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let newest = versions.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok()).max()?;
    Some(PathBuf::from(format!("/usr/lib/postgresql/{newest}/bin")))
}

fn text(command: &mut Command) -> anyhow::Result<String> {
    // A server that goes on holds its pipes open: only what ends by itself is listened to.
    let starts = format!("{command:?}").contains("\"start\"");
    if starts {
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        ensure!(status.success(), "{command:?} failed ({status})");
        return Ok(String::new());
    }
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}
