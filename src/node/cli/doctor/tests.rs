//! The doctor without a cluster: what it finds on a machine, and how it says it.

use super::*;
use crate::node::config::Settings;

/// The settings of a node in a directory of its own, on ports that the system chooses.
fn settings(directory: &std::path::Path) -> Settings {
    let mut settings = Settings::default();
    settings.store.directory = directory.join("data");
    let listen = &mut settings.listen;
    for door in [&mut listen.public, &mut listen.staff, &mut listen.ops, &mut listen.peer] {
        door.address.set_port(0);
        door.connections = 1;
    }
    settings
}

fn found(settings: &Settings, code: &str) -> Finding {
    let findings = machine::look(settings);
    assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), machine::CODES);
    findings.into_iter().find(|finding| finding.code == code).expect("every code comes out")
}

#[test]
fn a_fresh_machine_is_fine() {
    let directory = tempfile::tempdir().expect("a directory");
    let settings = settings(directory.path());
    for finding in machine::look(&settings) {
        // The machine that runs the tests may be short of space.
        assert!(finding.severity == Severity::Ok || finding.code == "space", "{finding}");
    }
}

#[test]
fn a_directory_is_looked_at() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().expect("a directory");
    let settings = settings(directory.path());
    let data = settings.store.directory.clone();
    std::fs::write(&data, "").expect("written");
    assert_eq!(found(&settings, "directory").severity, Severity::Refuse);
    std::fs::remove_file(&data).expect("removed");
    std::fs::create_dir(&data).expect("made");
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).expect("set");
    assert_eq!(found(&settings, "directory").severity, Severity::Warn);
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o700)).expect("set");
    assert_eq!(found(&settings, "directory").severity, Severity::Ok);
    std::fs::write(data.join("store.redb"), "").expect("written");
    let half = found(&settings, "directory");
    assert!(half.severity == Severity::Refuse && half.sentence.contains("belong together"), "{half}");
}

#[test]
fn a_taken_port_is_found() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut settings = settings(directory.path());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    settings.listen.staff.address = taken.local_addr().expect("an address");
    let finding = found(&settings, "ports");
    assert!(finding.severity == Severity::Refuse && finding.sentence.contains("staff"), "{finding}");
}

#[test]
fn too_few_files_and_open_secrets_are_found() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().expect("a directory");
    let mut settings = settings(directory.path());
    settings.listen.public.connections = usize::MAX;
    assert_eq!(found(&settings, "open_files").severity, Severity::Warn);
    let file = directory.path().join("password");
    std::fs::write(&file, "x").expect("written");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("set");
    settings.store.cassandra.password_file = Some(file);
    let finding = found(&settings, "secrets");
    assert!(finding.severity == Severity::Warn && finding.sentence.contains("password"), "{finding}");
}

#[test]
fn findings_are_text_or_json() {
    let findings = [Finding::ok("ttl", "a"), Finding::refuse("shards", "b"), Finding::warn("hints", "c")];
    assert_eq!(
        text(&findings),
        "ok     ttl: a\nrefuse shards: b (docs/runbook/cassandra.md#shards)\nwarn   hints: c \
         (docs/runbook/cassandra.md#hints)\na node would not start: 1 to mend, 1 more to look at\n"
    );
    let read: serde_json::Value = serde_json::from_str(&json(&findings)).expect("JSON");
    assert_eq!(read[1]["severity"], "refuse");
    assert_eq!(read[2]["runbook"], "docs/runbook/cassandra.md#hints");
    assert!(text(&findings[..1]).ends_with("all is as it should be\n"));
}

#[test]
fn every_code_has_its_heading_in_the_runbook() {
    let read = |page: &str| std::fs::read_to_string(format!("{}/{page}", env!("CARGO_MANIFEST_DIR")));
    let page = read("docs/runbook/node.md").expect("the runbook is there");
    for code in machine::CODES {
        assert!(page.lines().any(|line| line == format!("### {code}")), "{code} has no heading");
    }
    assert!(read("docs/runbook/cassandra.md").expect("it is there").contains("\n### connection\n"));
}
