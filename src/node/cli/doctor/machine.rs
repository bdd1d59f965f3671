//! The machine under a node: directory, space, a running process, ports, certificates, secrets, files that may be open.
//! Looks only; a port is bound for a moment and let go.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::super::super::addresses::{self, Addresses};
use super::super::super::config::{ByteSize, Settings, StoreKind};
use super::super::super::listeners::{Mutual, Tls};
use crate::store::rows::cassandra::assumed::{Finding, Severity};

/// Every code, in the order of the findings. Each is a heading of the runbook.
#[cfg(test)]
pub(super) const CODES: [&str; 7] =
    ["directory", "space", "process", "ports", "certificates", "secrets", "open_files"];

const PAGE: &str = "docs/runbook/node.md";

/// Everything that can be looked at without a store.
pub(super) fn look(settings: &Settings) -> Vec<Finding> {
    let running = running(&settings.store.directory);
    let findings = [
        directory(settings),
        space(settings),
        process(settings, running.as_ref()),
        ports(settings, running.is_some()),
        certificates(settings),
        secrets(settings),
        open_files(settings),
    ];
    findings.into_iter().map(|finding| finding.on_page(PAGE)).collect()
}

fn directory(settings: &Settings) -> Finding {
    let directory = &settings.store.directory;
    let shown = directory.display();
    let Ok(found) = std::fs::metadata(directory) else {
        return Finding::ok("directory", format!("{shown} is not there yet; the first start makes it"));
    };
    if !found.is_dir() {
        return Finding::refuse("directory", format!("{shown} is no directory"));
    }
    let owned = rustix::fs::access(directory, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK);
    if owned.is_err() {
        return Finding::refuse("directory", format!("{shown} cannot be written to by this user"));
    }
    let files = ["store.redb", "store.log"].map(|name| directory.join(name).exists());
    match files {
        [true, false] | [false, true] if settings.store.kind == StoreKind::Embedded => Finding::refuse(
            "directory",
            format!("{shown} has only one of store.redb and store.log, which belong together: restore both"),
        ),
        _ if found.permissions().mode() & 0o077 != 0 => {
            Finding::warn("directory", format!("{shown} is open to other users of this machine"))
        }
        _ => Finding::ok("directory", format!("{shown} is ours")),
    }
}

fn space(settings: &Settings) -> Finding {
    let reserve = settings.store.reserve;
    if settings.store.kind != StoreKind::Embedded {
        return Finding::ok("space", "nothing of value is kept on this machine");
    }
    // A directory that is not there yet will be where its parent is.
    let place = settings.store.directory.ancestors().find(|place| place.exists()).unwrap_or(Path::new("."));
    let place = if place.as_os_str().is_empty() { Path::new(".") } else { place };
    let Ok(found) = rustix::fs::statvfs(place) else {
        return Finding::warn("space", "the free space cannot be read");
    };
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let shown = ByteSize(free >> 20 << 20);
    if free < reserve.0 {
        return Finding::warn(
            "space",
            format!("{shown} are free, less than store.reserve: sends are refused"),
        );
    }
    if free < reserve.0.saturating_mul(4) {
        return Finding::warn("space", format!("{shown} are free; at {reserve} sends will be refused"));
    }
    Finding::ok("space", format!("{shown} are free"))
}

/// The node that runs on this directory, if one does.
fn running(directory: &Path) -> Option<Addresses> {
    addresses::read(directory).filter(|found| alive(found.pid))
}

fn alive(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
}

fn process(settings: &Settings, running: Option<&Addresses>) -> Finding {
    match (running, addresses::read(&settings.store.directory)) {
        (Some(found), _) => {
            Finding::ok("process", format!("a node runs here as process {}: {}", found.pid, found.ops))
        }
        (None, Some(left)) => Finding::ok(
            "process",
            format!("no node runs here; process {} was killed, and the next start clears up", left.pid),
        ),
        (None, None) => Finding::ok("process", "no node runs here"),
    }
}

fn ports(settings: &Settings, running: bool) -> Finding {
    if running {
        return Finding::ok("ports", "the running node has them");
    }
    let taken: Vec<String> = settings
        .listen
        .all()
        .iter()
        .filter_map(|(name, door)| {
            let error = TcpListener::bind(door.address).err()?;
            Some(format!("{name} {} ({error})", door.address))
        })
        .collect();
    if taken.is_empty() {
        return Finding::ok("ports", "all four addresses can be listened on");
    }
    Finding::refuse("ports", format!("cannot be listened on: {}", taken.join(", ")))
}

fn certificates(settings: &Settings) -> Finding {
    let mut wrong = Vec::new();
    let mut good = 0;
    for (name, door) in settings.listen.all() {
        let (Some(certificate), Some(key)) = (&door.tls_certificate, &door.tls_key) else { continue };
        let opened = match settings.listen.peer_tls() {
            Some(files) if name == "peer" => Mutual::open(files).map(drop),
            _ => Tls::open(certificate, key).map(drop),
        };
        match opened {
            Ok(()) => good += 1,
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    if wrong.is_empty() {
        return Finding::ok("certificates", format!("{good} of 4 listeners have TLS"));
    }
    Finding::refuse("certificates", wrong.join(", "))
}

fn secrets(settings: &Settings) -> Finding {
    let cassandra = &settings.store.cassandra;
    let files = [&settings.cluster.secret_file, &cassandra.password_file, &cassandra.tls_key];
    let doors = settings.listen.all().map(|(_, door)| door.tls_key.clone());
    let files = files.into_iter().flatten().cloned().chain(doors.into_iter().flatten());
    let open = |file: &std::path::PathBuf| {
        std::fs::metadata(file).is_ok_and(|found| found.permissions().mode() & 0o007 != 0)
    };
    let open: Vec<String> = files.filter(open).map(|file| file.display().to_string()).collect();
    if open.is_empty() {
        return Finding::ok("secrets", "no file with a secret is open to every user of this machine");
    }
    Finding::warn("secrets", format!("every user of this machine can read {}", open.join(", ")))
}

/// Each connection is an open file; the store and libraries need some, too.
fn open_files(settings: &Settings) -> Finding {
    const OTHERS: usize = 512;
    let doors = settings.listen.all().map(|(_, door)| door.connections);
    let needed = doors.into_iter().fold(OTHERS, usize::saturating_add);
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let severity = match limit {
        Some(limit) if limit < needed as u64 => Severity::Warn,
        _ => Severity::Ok,
    };
    let shown = limit.map_or_else(|| "any number of".to_owned(), |limit| limit.to_string());
    Finding::new(
        "open_files",
        severity,
        format!("{shown} files may be open; {needed} are needed at full load"),
    )
}
