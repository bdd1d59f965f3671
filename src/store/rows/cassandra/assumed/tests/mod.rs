//! The judgement without a cluster: a good one, and each thing that can be wrong with it.

use std::collections::BTreeMap;

use super::facts::{Facts, Fences, Options, Said, Server, Wanted};
use super::judge::{CODES, judge};
use super::{Finding, Severity, expected, worst};
use crate::store::codec::cluster::Cluster;
use crate::store::rows::Table;
use crate::store::rows::cassandra::schema::Standing;
use crate::store::rows::cassandra::schema::keyspace::Keyspace;
use crate::store::rows::cassandra::statements::columns;

fn server(number: u8) -> Server {
    let settings = [
        ("commitlog_sync", "group"),
        ("hinted_handoff_enabled", "true"),
        ("max_mutation_size", "4096KiB"),
        ("paxos_variant", "v1"),
        ("tombstone_failure_threshold", "100000"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let said = Said { version: "5.0.9".into(), settings, ahead_ms: i64::from(number) };
    Server { address: format!("10.0.0.{number}"), datacenter: "dc1".into(), said: Some(said) }
}

fn good() -> Facts {
    Facts {
        wanted: Wanted {
            datacenter: "dc1".into(),
            keyspace: "holdfast".into(),
            shards: 256,
            contact_points: vec!["10.0.0.1:9042".into(), "cassandra.example:9042".into()],
        },
        schema: Some(Standing::Current { step: 1 }),
        keyspace: Some(Keyspace { replication: "dc1:3".parse().expect("right"), durable: true }),
        tables: expected::tables(),
        cluster: Some(Cluster {
            generation: 4,
            fenced_below: 4,
            shards: 256,
            secret: [1; 32],
            replication: Some("dc1:3".into()),
        }),
        fences: Some(Fences { generation: 3, ..Fences::default() }),
        servers: vec![server(1), server(2), server(3)],
        unread: Vec::new(),
    }
}

/// What is wrong after a change, by code.
fn wrong(change: impl FnOnce(&mut Facts)) -> Vec<Finding> {
    let mut facts = good();
    change(&mut facts);
    let findings = judge(&facts);
    let codes: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, CODES, "every code comes out of every check");
    findings.into_iter().filter(|finding| finding.severity > Severity::Ok).collect()
}

#[track_caller]
fn one(code: &str, severity: Severity, words: &str, change: impl FnOnce(&mut Facts)) {
    let found = wrong(change);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].code, found[0].severity), (code, severity), "{found:#?}");
    assert!(found[0].sentence.contains(words), "{}", found[0].sentence);
}

fn keyspace(facts: &mut Facts, replication: &str) {
    let replication = replication.parse().expect("right");
    facts.keyspace = Some(Keyspace { replication, durable: true });
}

fn set(facts: &mut Facts, server: usize, name: &str, value: &str) {
    let said = facts.servers[server].said.as_mut().expect("it answered");
    said.settings.insert(name.into(), value.into());
}

#[test]
fn a_cluster_as_it_should_be_has_nothing_wrong() {
    assert_eq!(wrong(|_| {}), []);
    assert_eq!(worst(&judge(&good())), Severity::Ok);
}

#[test]
fn a_cluster_where_nobody_was_yet_is_fine() {
    let fresh = |facts: &mut Facts| {
        facts.cluster = None;
        facts.fences = None;
    };
    assert_eq!(wrong(fresh), []);
}

#[test]
fn replicas_are_counted_in_one_data_centre() {
    let noted = |facts: &mut Facts, replication: &str| {
        keyspace(facts, replication);
        if let Some(cluster) = &mut facts.cluster {
            cluster.replication = Some(replication.into());
        }
    };
    one("redundancy", Severity::Warn, "no redundancy", |facts| noted(facts, "dc1:1"));
    one("redundancy", Severity::Refuse, "even", |facts| noted(facts, "dc1:2"));
    one("redundancy", Severity::Refuse, "a quorum is 2", |facts| facts.servers.truncate(1));
    one("redundancy", Severity::Warn, "none may fail", |facts| facts.servers.truncate(2));
    let elsewhere = wrong(|facts| keyspace(facts, "dc2:3"));
    let codes: Vec<&str> = elsewhere.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["redundancy", "replication_changed"]);
}

#[test]
fn a_changed_replication_is_refused_with_what_to_do() {
    let raise = |facts: &mut Facts| {
        keyspace(facts, "dc1:5");
        facts.servers.extend([server(4), server(5)]);
    };
    one("replication_changed", Severity::Refuse, "holdfast schema accept --replication \"dc1:5\"", raise);
    one("replication_changed", Severity::Refuse, "dc2:3 was noted", |facts| {
        facts.cluster.as_mut().expect("there").replication = Some("dc2:3".into());
    });
}

#[test]
fn a_keyspace_that_is_not_ours_to_use_is_refused() {
    let missing = wrong(|facts| facts.keyspace = None);
    assert!(missing.iter().any(|finding| finding.sentence.contains("schema apply --replication \"dc1:3\"")));
    one("durable_writes", Severity::Refuse, "commit log", |facts| {
        facts.keyspace.as_mut().expect("there").durable = false;
    });
    let elsewhere = wrong(|facts| facts.wanted.datacenter = "dc9".into());
    let found = elsewhere.iter().find(|finding| finding.code == "datacenter").expect("it is found");
    assert_eq!(found.severity, Severity::Refuse);
    assert!(found.sentence.contains("no server is in data centre dc9; the cluster has: dc1"), "{found:?}");
}

#[test]
fn what_an_operator_altered_is_found() {
    let alter = |facts: &mut Facts, table: &str, change: fn(&mut Options)| {
        change(facts.tables.get_mut(table).expect("it is there"));
    };
    one("ttl", Severity::Refuse, "fences has default_time_to_live = 60", |facts| {
        alter(facts, "fences", |options| options.ttl = 60);
    });
    one("read_repair", Severity::Warn, "journal has read_repair = 'NONE'", |facts| {
        alter(facts, "journal", |options| options.read_repair = "NONE".into());
    });
    one("gc_grace", Severity::Warn, "active_sessions has gc_grace_seconds = 864000", |facts| {
        alter(facts, "active_sessions", |options| options.gc_grace = 864_000);
    });
    one("compaction", Severity::Warn, "journal has TimeWindow", |facts| {
        alter(facts, "journal", |options| options.compaction = "TimeWindowCompactionStrategy".into());
    });
}

#[test]
fn the_clusters_row_and_fences_are_looked_at() {
    one("shards", Severity::Refuse, "born with 64 shards", |facts| {
        facts.cluster.as_mut().expect("there").shards = 64;
    });
    one("generation", Severity::Warn, "not finished", |facts| {
        facts.cluster.as_mut().expect("there").generation = 5;
    });
    one("fences", Severity::Refuse, "gone", |facts| {
        facts.fences = Some(Fences { generation: 3, missing: vec![7], expiring: 0 });
    });
    one("fences", Severity::Refuse, "TTL", |facts| {
        facts.fences = Some(Fences { generation: 3, missing: vec![], expiring: 1 });
    });
}

#[test]
fn servers_are_judged_by_what_they_say() {
    one("servers", Severity::Warn, "10.0.0.2", |facts| facts.servers[1].said = None);
    one("versions", Severity::Warn, "3.11", |facts| {
        facts.servers[1].said.as_mut().expect("there").version = "3.11.2".into();
    });
    one("versions", Severity::Warn, "mixed", |facts| {
        facts.servers[1].said.as_mut().expect("there").version = "4.1.10-SNAPSHOT".into();
    });
    one("clocks", Severity::Warn, "10.0.0.3", |facts| {
        facts.servers[2].said.as_mut().expect("there").ahead_ms = 60_000;
    });
    one("thresholds", Severity::Warn, "max_mutation_size = 1024 KiB", |facts| {
        set(facts, 0, "max_mutation_size", "1MiB");
    });
    one("thresholds", Severity::Warn, "tombstone_failure_threshold = 500", |facts| {
        set(facts, 0, "tombstone_failure_threshold", "500");
    });
    one("hints", Severity::Warn, "10.0.0.1", |facts| set(facts, 0, "hinted_handoff_enabled", "false"));
    one("paxos", Severity::Warn, "differ", |facts| set(facts, 2, "paxos_variant", "v2"));
    one("contact_points", Severity::Warn, "10.0.0.9:9042", |facts| {
        facts.servers.push(Server { datacenter: "dc2".into(), said: None, ..server(9) });
        facts.wanted.contact_points.push("10.0.0.9:9042".into());
    });
}

#[test]
fn the_commit_log_is_judged_by_what_it_survives() {
    one("commitlog", Severity::Warn, "not a power cut", |facts| set(facts, 1, "commitlog_sync", "periodic"));
    for (name, value) in [
        ("commitlog_compression.class_name", "LZ4Compressor"),
        ("commitlog_compression_class_name", "LZ4Compressor"),
        ("transparent_data_encryption_options.enabled", "true"),
        ("commitlog_disk_access_mode", "direct"),
    ] {
        one("commitlog", Severity::Warn, "a killed process loses", |facts| {
            set(facts, 1, "commitlog_sync", "periodic");
            set(facts, 1, name, value);
        });
        let synced = wrong(|facts| set(facts, 1, name, value));
        assert_eq!(synced, [], "with group or batch it does not matter");
    }
    one("commitlog", Severity::Warn, "could not be read on 10.0.0.2", |facts| {
        facts.servers[1].said.as_mut().expect("there").settings.remove("commitlog_sync");
    });
}

#[test]
fn a_schema_that_is_missing_or_too_new_is_refused() {
    one("schema", Severity::Refuse, "run holdfast schema apply", |facts| {
        facts.schema = Some(Standing::Missing { steps: vec![2] });
    });
    assert_eq!(wrong(|facts| facts.schema = Some(Standing::Newer { step: 3, known: 1 })), []);
}

#[test]
fn what_a_quorum_did_not_answer_is_told() {
    one("quorum", Severity::Refuse, "the notes: time-out", |facts| {
        facts.unread.push("Cassandra did not read the notes: time-out".into());
    });
    one("schema", Severity::Warn, "could not be read", |facts| facts.schema = None);
}

#[test]
fn the_schema_is_read_for_what_its_tables_were_made_with() {
    let tables = expected::tables();
    let names: Vec<&str> = tables.keys().map(String::as_str).collect();
    let mut all: Vec<&str> = Table::ALL.iter().map(|table| columns(*table).0).collect();
    all.sort_unstable();
    assert_eq!(names, all);
    assert_eq!(tables["active_sessions"].gc_grace, 600);
    assert_eq!(tables["journal"].gc_grace, 864_000);
    assert!(tables.values().all(|options| options.ttl == 0 && options.read_repair == "BLOCKING"));
    let text = "CREATE TABLE k.x(a int PRIMARY KEY) WITH compaction = {'class': 'a.b.LeveledCompactionStrategy'}\n AND default_time_to_live = 9";
    let made = Options { ttl: 9, compaction: "LeveledCompactionStrategy".into(), ..Options::default() };
    assert_eq!(expected::of(text), BTreeMap::from([("x".to_owned(), made)]));
}

#[test]
fn every_code_has_its_heading_in_the_runbook() {
    let path = format!("{}/docs/runbook/cassandra.md", env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(path).expect("the runbook is there");
    for code in CODES {
        assert!(page.lines().any(|line| line == format!("### {code}")), "{code} has no heading");
    }
    assert_eq!(Finding::warn("ttl", "x").runbook(), "docs/runbook/cassandra.md#ttl");
}
