//! What is assumed of a cluster, on a real one: found when it is not so.

use std::sync::Arc;

use holdfast::shard::birth::{self, BirthError, Change};
use holdfast::store::rows::cassandra::assumed::judge::CODES;
use holdfast::store::rows::cassandra::assumed::{self, Facts, Finding, Severity, Wanted};
use holdfast::store::rows::cassandra::{Cassandra, unchecked};

use super::fresh::Fresh;

async fn look(fresh: &Fresh, change: impl FnOnce(&mut Wanted)) -> (Facts, Vec<Finding>) {
    let mut wanted = Wanted {
        datacenter: fresh.options.datacenter.clone(),
        keyspace: fresh.options.keyspace.clone(),
        shards: 256,
        contact_points: fresh.options.contact_points.clone(),
    };
    change(&mut wanted);
    let looked = assumed::check(&fresh.session, &fresh.runtime, wanted).await;
    let (facts, findings) = looked.expect("the cluster answers");
    assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), CODES);
    (facts, findings)
}

#[track_caller]
fn is(findings: &[Finding], code: &str, severity: Severity, words: &str) {
    let found = findings.iter().find(|finding| finding.code == code).expect("every code comes out");
    assert!(found.severity == severity && found.sentence.contains(words), "{found}");
}

async fn store(fresh: &Fresh) -> Arc<Cassandra> {
    let store = Cassandra::open(fresh.runtime.clone(), fresh.options.clone(), unchecked());
    store.reachable().await;
    store
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_is_looked_at_before_and_after_the_first_node() {
    let Some(fresh) = Fresh::of("looked").await else { return };
    let (_, findings) = look(&fresh, |_| {}).await;
    is(&findings, "schema", Severity::Refuse, "run holdfast schema apply");
    is(&findings, "strategy", Severity::Refuse, "there is no keyspace");

    fresh.apply(fresh.wish()).await.expect("applied");
    let (facts, findings) = look(&fresh, |_| {}).await;
    is(&findings, "schema", Severity::Ok, "complete");
    is(&findings, "redundancy", Severity::Warn, "no redundancy");
    is(&findings, "shards", Severity::Ok, "no node was here yet");
    for code in
        ["ttl", "read_repair", "gc_grace", "compaction", "fences", "durable_writes", "datacenter", "servers"]
    {
        is(&findings, code, Severity::Ok, "");
    }
    // A server of ours says its release and its settings.
    is(&findings, "versions", Severity::Ok, "Apache Cassandra ");
    for (server, said) in facts.answered() {
        for name in
            ["commitlog_sync", "tombstone_failure_threshold", "hinted_handoff_enabled", "max_mutation_size"]
        {
            assert!(said.settings.contains_key(name), "{} did not say {name}: {said:?}", server.address);
        }
        assert!(said.ahead_ms.abs() < 2_000, "{said:?}");
    }

    let store = store(&fresh).await;
    for generation in 1..=2 {
        let born = birth::generation(&*store, 256, [9; 32]).await.expect("born");
        assert_eq!(born.generation, generation);
    }
    let (facts, findings) = look(&fresh, |_| {}).await;
    is(&findings, "generation", Severity::Ok, "generation 2");
    is(&findings, "fences", Severity::Ok, "of generation 1");
    assert_eq!(facts.cluster.as_ref().map(|cluster| cluster.generation), Some(2));
    let (_, findings) = look(&fresh, |wanted| wanted.shards = 64).await;
    is(&findings, "shards", Severity::Refuse, "born with 256 shards");
    let refused = birth::generation(&*store, 64, [9; 32]).await;
    assert!(matches!(refused, Err(BirthError::Shards { stored: 256, wanted: 64 })), "{refused:?}");
    store.close();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_operator_altered_is_found() {
    let Some(fresh) = Fresh::of("operator").await else { return };
    fresh.apply(fresh.wish()).await.expect("applied");
    let store = store(&fresh).await;
    for _ in 0..2 {
        birth::generation(&*store, 256, [9; 32]).await.expect("born");
    }
    fresh.run("ALTER TABLE @.fences WITH default_time_to_live = 86400").await;
    fresh.run("ALTER TABLE @.journal WITH read_repair = 'NONE'").await;
    fresh.run("ALTER TABLE @.active_sessions WITH gc_grace_seconds = 864000").await;
    fresh.run("ALTER TABLE @.journal WITH compaction = {'class': 'TimeWindowCompactionStrategy'}").await;
    let (_, findings) = look(&fresh, |_| {}).await;
    is(&findings, "ttl", Severity::Refuse, "fences has default_time_to_live = 86400");
    is(&findings, "read_repair", Severity::Warn, "journal has read_repair = 'NONE'");
    is(&findings, "gc_grace", Severity::Warn, "active_sessions has gc_grace_seconds = 864000 instead of");
    is(&findings, "compaction", Severity::Warn, "journal has TimeWindowCompactionStrategy");

    // Fences that were written meanwhile keep their time to live after the table was mended.
    birth::generation(&*store, 256, [9; 32]).await.expect("born");
    fresh.run("ALTER TABLE @.fences WITH default_time_to_live = 0").await;
    let (_, findings) = look(&fresh, |_| {}).await;
    is(&findings, "ttl", Severity::Ok, "");
    is(&findings, "fences", Severity::Refuse, "of generation 2 have a TTL");
    fresh.run("DELETE FROM @.fences WHERE bucket = 0x0000000203").await;
    birth::generation(&*store, 256, [9; 32]).await.expect("born");
    fresh.run("DELETE FROM @.fences WHERE bucket = 0x0000000305").await;
    let (_, findings) = look(&fresh, |_| {}).await;
    is(&findings, "fences", Severity::Refuse, "1 fences of generation 3 are gone");
    // As the runbook says.
    fresh
        .run("INSERT INTO @.fences (bucket, incarnation, body) VALUES (0x0000000305, 0x0000000000000000, 0x)")
        .await;
    let (_, findings) = look(&fresh, |_| {}).await;
    is(&findings, "fences", Severity::Ok, "of generation 3");
    store.close();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replication_that_was_changed_is_refused_until_it_is_accepted() {
    let Some(fresh) = Fresh::of("replicas").await else { return };
    fresh.apply(fresh.wish()).await.expect("applied");
    let store = store(&fresh).await;
    birth::generation(&*store, 256, [9; 32]).await.expect("born");
    let (noted, later) = (fresh.replicas(1).to_string(), fresh.replicas(3).to_string());
    birth::note_replication(&*store, &noted, Change::First).await.expect("noted");
    let (_, findings) = look(&fresh, |_| {}).await;
    is(&findings, "replication_changed", Severity::Ok, &noted);

    // Where there are three servers the row that was noted is found, although a quorum may never have seen it; with fewer
    // no quorum answers any more.
    fresh.run(&format!("ALTER KEYSPACE @ WITH replication = {}", fresh.replicas(3).cql())).await;
    let (facts, findings) = look(&fresh, |_| {}).await;
    if facts.local().count() < 3 {
        is(&findings, "quorum", Severity::Refuse, "could not be read");
        is(&findings, "redundancy", Severity::Refuse, "a quorum is 2");
    } else {
        let what = format!("schema accept --replication \"{later}\"");
        is(&findings, "replication_changed", Severity::Refuse, &what);
    }
    fresh.run(&format!("ALTER KEYSPACE @ WITH replication = {}", fresh.replicas(2).cql())).await;
    let (_, findings) = look(&fresh, |_| {}).await;
    is(&findings, "redundancy", Severity::Refuse, "even");
    fresh.run(&format!("ALTER KEYSPACE @ WITH replication = {}", fresh.one().cql())).await;
    birth::note_replication(&*store, &later, Change::OnPurpose).await.expect("noted");
    let (_, findings) = look(&fresh, |_| {}).await;
    is(&findings, "replication_changed", Severity::Refuse, &format!("but {later} was noted"));
    let (_, findings) = look(&fresh, |wanted| wanted.datacenter = "elsewhere".into()).await;
    is(&findings, "datacenter", Severity::Refuse, "no server is in data centre elsewhere");
    fresh.run("ALTER KEYSPACE @ WITH durable_writes = false").await;
    let (_, findings) = look(&fresh, |_| {}).await;
    is(&findings, "durable_writes", Severity::Refuse, "commit log");
    store.close();
}
