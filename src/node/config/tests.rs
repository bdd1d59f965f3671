//! The process configuration from files, environment and flags; and what a wrong one is told.

use std::collections::BTreeMap;

use secrecy::ExposeSecret;

use super::*;

struct Given {
    text: &'static str,
    environment: &'static [(&'static str, &'static str)],
    flags: &'static [(&'static str, &'static str)],
}

/// Loads what is given and answers the settings, or the findings with the directory taken out.
fn load_given(given: &Given) -> Result<Settings, Vec<String>> {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("holdfast.toml");
    std::fs::write(&file, given.text).expect("written");
    let environment: BTreeMap<String, String> =
        given.environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let flags = given.flags.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
    load(&Sources { file: Some(file), environment, flags }).map_err(|findings| {
        let prefix = format!("{}/", directory.path().display());
        findings.0.iter().map(|finding| finding.to_string().replace(&prefix, "")).collect()
    })
}

fn wrong(text: &'static str) -> Vec<String> {
    load_given(&Given { text, environment: &[], flags: &[] }).expect_err("it is wrong")
}

#[test]
fn later_layers_win() {
    let settings = load_given(&Given {
        text: "node.name = \"file\"\n[store]\ndirectory = \"from-file\"\n[stop]\ndeadline = \"5s\"\n",
        environment: &[
            ("HOLDFAST_STORE__DIRECTORY", "from-env"),
            ("HOLDFAST_LISTEN__PUBLIC__CONNECTIONS", "7"),
        ],
        flags: &[("store.directory", "from-flag")],
    })
    .expect("it is right");
    assert_eq!(settings.node.name, "file");
    assert_eq!(settings.store.directory, std::path::Path::new("from-flag"));
    assert_eq!(settings.listen.public.connections, 7);
    assert_eq!(settings.stop.deadline, Millis(5_000));
    assert_eq!(settings.listen.staff.address.port(), 7081);
}

#[test]
fn foreign_variables_are_ignored() {
    let environment = &[("HOLDFAST_PORT", "tcp://10.0.0.1:7080"), ("HOLDFAST_SERVICE_HOST", "10.0.0.1")];
    assert!(load_given(&Given { text: "", environment, flags: &[] }).is_ok());
}

#[test]
fn names_file_line_key_and_allowed_values() {
    let findings = wrong("\n[log]\nformat = \"xml\"\n\n[listen.public]\naddress = \"nowhere\"\n");
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(findings[0].starts_with("holdfast.toml:6: listen.public.address: "), "{findings:?}");
    assert!(findings[0].contains("(allowed: address:port"), "{findings:?}");
    assert!(findings[1].starts_with("holdfast.toml:3: log.format: "), "{findings:?}");
    assert!(findings[1].ends_with("(allowed: json, text)"), "{findings:?}");
}

#[test]
fn unknown_keys_are_refused_with_the_nearest() {
    assert_eq!(
        wrong("[store]\ndirectry = \"x\"\n"),
        ["holdfast.toml:2: store.directry: unknown key; did you mean store.directory?"]
    );
    let findings = wrong("[store]\nzzzzzzzzzzzzzzzzzzzzzz = 1\n");
    assert!(
        findings[0].ends_with("unknown key; allowed: store.kind, store.directory, store.reserve"),
        "{findings:?}"
    );
}

#[test]
fn every_syntax_error_has_a_line() {
    let findings = wrong("[log]\nlevel = \n");
    assert!(findings[0].starts_with("holdfast.toml:2: "), "{findings:?}");
}

#[test]
fn a_variable_that_is_wrong_is_named() {
    let environment = &[("HOLDFAST_STOP__DEADLINE", "soon")];
    let findings = load_given(&Given { text: "", environment, flags: &[] }).expect_err("wrong");
    assert!(findings[0].starts_with("environment HOLDFAST_STOP__DEADLINE: stop.deadline: "), "{findings:?}");
}

#[test]
fn values_out_of_range_are_found_together() {
    let findings = wrong("stop.deadline = \"1ms\"\nnode.name = \"A B\"\n[traces]\nratio = 2.0\n");
    let keys: Vec<&str> = findings.iter().filter_map(|finding| finding.split(": ").nth(1)).collect();
    assert_eq!(keys, ["node.name", "traces.ratio", "stop.deadline"]);
}

#[test]
fn two_listeners_on_one_address_are_refused() {
    let findings = wrong("[listen.staff]\naddress = \"127.0.0.1:7080\"\n");
    assert!(findings[0].contains("already the public listener's"), "{findings:?}");
}

#[test]
fn secrets_stay_secret() {
    let secret = "0123456789012345678901234567890123456789";
    let settings = load_given(&Given {
        text: "",
        environment: &[("HOLDFAST_CLUSTER__SECRET", "0123456789012345678901234567890123456789")],
        flags: &[],
    })
    .expect("it is right");
    assert_eq!(settings.secret.as_ref().map(ExposeSecret::expose_secret), Some(secret));
    assert!(!format!("{settings:?}").contains(secret));
    let short =
        load_given(&Given { text: "", environment: &[("HOLDFAST_CLUSTER__SECRET", "hunter2")], flags: &[] })
            .expect_err("too short");
    assert!(short[0].contains("shorter than 32") && !short[0].contains("hunter2"), "{short:?}");
    let inline = wrong("cluster.secret = \"hunter2\"\n");
    assert!(inline[0].contains("do not belong") && !inline[0].contains("hunter2"), "{inline:?}");
}

#[test]
fn the_table_of_keys_is_the_structure() {
    let defaults = toml::Table::try_from(Settings::default()).expect("it serializes");
    let text = toml::to_string(&defaults).expect("it prints");
    let lines = Lines::of(&text).expect("it parses");
    let optional = |key: &&Key| !key.default.is_empty();
    let mut known: Vec<&str> = KEYS.iter().filter(optional).map(|key| key.path).collect();
    known.sort_unstable();
    assert_eq!(lines.keys().collect::<Vec<_>>(), known);
    for key in KEYS.iter().filter(optional) {
        let line = text.lines().nth(lines.line(key.path) - 1).expect("it has a line");
        assert!(line.ends_with(&format!("= {}", key.default)), "{} is {line}", key.path);
    }
}

#[test]
fn durations_and_sizes_come_back_as_written() {
    for text in ["500ms", "30s", "5m", "24h", "2d"] {
        let parsed: Millis = text.parse().expect("a duration");
        assert!(parsed.to_string() == text || text == "24h", "{text} became {parsed}");
    }
    assert_eq!("256MiB".parse::<ByteSize>().map(|size| size.to_string()), Ok("256MiB".to_owned()));
    assert!("30".parse::<Millis>().is_err() && "256MB".parse::<ByteSize>().is_err());
    assert!("99999999999999999999d".parse::<Millis>().is_err());
}

#[test]
fn cassandra_is_reached_by_a_list_or_by_a_variable() {
    let text = "store.kind = \"cassandra\"\n[store.cassandra]\ncontact_points = [\"a\", \"10.0.0.1:9043\", \"[::1]\", \"::1\"]\ndatacenter = \"dc1\"\n";
    let found = load_given(&Given { text, environment: &[], flags: &[] }).expect_err("one is wrong");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("contact_points: \"::1:9042\" is no address"), "{found:?}");
    let environment = &[
        ("HOLDFAST_STORE__KIND", "cassandra"),
        ("HOLDFAST_STORE__CASSANDRA__CONTACT_POINTS", "a, 10.0.0.1:9043,[::1]"),
        ("HOLDFAST_STORE__CASSANDRA__DATACENTER", "dc1"),
        ("HOLDFAST_STORE__CASSANDRA__TLS_VERIFY_HOST", "false"),
        ("HOLDFAST_STORE__CASSANDRA__TIMEOUT_MS", "900"),
    ];
    let settings = load_given(&Given { text: "", environment, flags: &[] }).expect("it is right");
    let cassandra = &settings.store.cassandra;
    assert_eq!(settings.store.kind, StoreKind::Cassandra);
    assert_eq!(cassandra.contact_points.0, ["a:9042", "10.0.0.1:9043", "[::1]:9042"]);
    assert_eq!((cassandra.tls_verify_host, cassandra.timeout_ms), (false, 900));
    assert_eq!(cassandra.keyspace, "holdfast");
}

#[test]
fn what_cassandra_needs_is_asked_for() {
    let found = wrong(
        "store.kind = \"cassandra\"\n[store.cassandra]\nkeyspace = \"system_x\"\nusername = \"hf\"\ntimeout_ms = 1\ntls_key = \"/nowhere\"\n",
    );
    let keys: Vec<&str> = found.iter().filter_map(|finding| finding.split(": ").nth(1)).collect();
    let expected = [
        "contact_points",
        "datacenter",
        "keyspace",
        "password_file",
        "tls_key",
        "tls_certificate",
        "timeout_ms",
    ];
    assert_eq!(keys, expected.map(|key| format!("store.cassandra.{key}")), "{found:?}");
    assert!(wrong("store.kind = \"casandra\"\n")[0].contains("(allowed: embedded, cassandra)"));
}

#[test]
fn the_password_comes_from_a_variable_or_a_file_only() {
    let environment = &[("HOLDFAST_STORE__CASSANDRA__PASSWORD", "hunter2hunter2")];
    let text = "store.cassandra.username = \"hf\"\n";
    let settings = load_given(&Given { text, environment, flags: &[] }).expect("it is right");
    assert_eq!(settings.cassandra_password.as_ref().map(ExposeSecret::expose_secret), Some("hunter2hunter2"));
    assert!(!format!("{settings:?}").contains("hunter2"));
    let inline = wrong("store.cassandra.password = \"hunter2\"\n");
    assert!(inline[0].contains("do not belong") && !inline[0].contains("hunter2"), "{inline:?}");
}

#[test]
fn nodes_speak_tls_with_certificate_key_and_authorities_or_not_at_all() {
    let found = wrong("[listen.peer]\ntls_ca = \"/nowhere\"\n");
    assert!(found[0].contains("tls_certificate: is missing, but tls_ca is set"), "{found:?}");
    let found = wrong("[listen.peer]\ntls_name = \"peer.holdfast\"\n");
    assert!(found[0].contains("tls_name: is set, but TLS between nodes is not on"), "{found:?}");
    let found = wrong("[listen.peer]\ntls_certificate = \"/nowhere\"\ntls_key = \"/nowhere\"\n");
    assert!(found.iter().any(|line| line.contains("tls_ca: is missing: nodes must know")), "{found:?}");
    let found = wrong("[listen.public]\ntls_ca = \"/nowhere\"\n");
    assert!(found[0].contains("listen.public.tls_ca: unknown key"), "{found:?}");
}

const EDGE_SECRET: (&str, &str) = ("HOLDFAST_CLUSTER__EDGE_SECRET", "of edges, with at least 32 characters");

/// An edge that is told what stands in `flags` besides.
fn edge(
    environment: &'static [(&'static str, &'static str)],
    flags: &'static [(&'static str, &'static str)],
) -> Result<Settings, Vec<String>> {
    load_given(&Given { text: "node.role = \"edge\"\n", environment, flags })
}

#[test]
fn an_edge_needs_its_secret_somebody_to_ask_and_tls_but_on_one_machine() {
    let settings = edge(&[EDGE_SECRET], &[("cluster.join", "127.0.0.1,[::1]:7083")]).expect("it is right");
    assert_eq!(settings.node.role, Role::Edge);
    assert!(settings.edge_secret.is_some() && !format!("{settings:?}").contains(EDGE_SECRET.1));
    let found = edge(&[], &[]).expect_err("it knows nothing");
    assert!(found.iter().any(|line| line.contains("cluster.edge_secret_file: is missing")), "{found:?}");
    assert!(found.iter().any(|line| line.contains("cluster.join: is missing")), "{found:?}");
    let found =
        edge(&[EDGE_SECRET], &[("cluster.join", "127.0.0.1,10.0.0.1")]).expect_err("it leaves the machine");
    assert!(found[0].contains("listen.peer.tls_certificate: is missing: what nodes tell edges"), "{found:?}");
    let flags = &[("listen.peer.address", "10.0.0.1:7083")];
    let found =
        load_given(&Given { text: "", environment: &[EDGE_SECRET], flags }).expect_err("a node as well");
    assert!(found[0].contains("listen.peer.tls_certificate: is missing"), "{found:?}");
}

#[test]
fn an_edge_is_given_nothing_of_a_node() {
    let environment = &[
        EDGE_SECRET,
        ("HOLDFAST_CLUSTER__SECRET", "the secret of nodes, 32 characters long"),
        ("HOLDFAST_STORE__CASSANDRA__PASSWORD", "hunter2hunter2"),
        ("HOLDFAST_STORE__CASSANDRA__KEYSPACE", "holdfast"),
    ];
    let flags = &[
        ("cluster.join", "127.0.0.1"),
        ("store.kind", "cassandra"),
        ("store.directory", "for-addresses"),
        ("listen.staff.address", "127.0.0.1:0"),
        ("listen.peer.address", "127.0.0.1:0"),
        ("cluster.voters", "5"),
    ];
    let found = edge(environment, flags).expect_err("none of it is for edges");
    let keys: Vec<&str> = found.iter().filter_map(|finding| finding.split(": ").nth(1)).collect();
    let expected = [
        "store.kind",
        "store.cassandra.keyspace",
        "listen.staff.address",
        "listen.peer.address",
        "cluster.voters",
        "cluster.secret_file",
        "store.cassandra.password_file",
    ];
    assert_eq!(keys, expected, "{found:?}");
    assert!(
        found.iter().all(|line| line.contains("not for edges") && !line.contains("hunter2")),
        "{found:?}"
    );
    assert!(found[0].starts_with("command line: ") && found[1].starts_with("environment "), "{found:?}");
}

#[test]
fn the_secret_of_edges_is_another_one() {
    let same = "one secret for both, 32 characters long";
    let environment = &[("HOLDFAST_CLUSTER__SECRET", "one secret for both, 32 characters long"), EDGE_SECRET];
    assert!(load_given(&Given { text: "", environment, flags: &[] }).is_ok());
    let environment = &[
        ("HOLDFAST_CLUSTER__SECRET", "one secret for both, 32 characters long"),
        ("HOLDFAST_CLUSTER__EDGE_SECRET", "one secret for both, 32 characters long"),
    ];
    let found = load_given(&Given { text: "", environment, flags: &[] }).expect_err("one for both");
    assert!(found[0].contains("an edge could speak as a node") && !found[0].contains(same), "{found:?}");
    let short = &[("HOLDFAST_CLUSTER__EDGE_SECRET", "hunter2")];
    let found = load_given(&Given { text: "", environment: short, flags: &[] }).expect_err("too short");
    assert!(found[0].contains("shorter than 32") && !found[0].contains("hunter2"), "{found:?}");
    assert!(wrong("cluster.edge_secret = \"hunter2\"\n")[0].contains("HOLDFAST_CLUSTER__EDGE_SECRET"));
}
