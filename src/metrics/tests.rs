//! That what is declared is what is scraped, and that the documentation says the same.

use super::table::{ALL, Kind};
use super::*;

#[test]
fn every_declared_metric_is_scraped() {
    edge("public", "ok", 0.003);
    shed("test");
    sockets("public", 1);
    shard().queue_waiting.with_label_values(&["support"]).set(2);
    listeners().open.with_label_values(&["public"]).set(1);
    listeners().accepted.with_label_values(&["public"]).inc();
    listeners().tls_failures.with_label_values(&["public"]).inc();
    cassandra().requests("write", "ok", 3);
    cassandra().in_flight.with_label_values(&["write"]).set(1);
    cassandra().assumption("ttl", 2);
    cluster().proposals.with_label_values(&["answered"]).set(1);
    cluster().links.with_label_values(&["connected"]).set(2);
    let mut buckets = vec![0; table::SECONDS.len() + 1];
    (buckets[0], buckets[3]) = (1, 2);
    buckets[table::SECONDS.len()] = 1;
    cassandra().seconds.copy("write", buckets, 12.5);
    let text = String::from_utf8(scrape()).expect("text");
    for (end, count) in
        [("bucket{kind=\"write\",le=\"0.002\"}", 1), ("bucket{kind=\"write\",le=\"0.005\"}", 3)]
    {
        let line = format!("holdfast_cassandra_request_seconds_{end} {count}");
        assert!(text.contains(&line), "{line}\n{text}");
    }
    assert!(
        text.contains("holdfast_cassandra_request_seconds_bucket{kind=\"write\",le=\"+Inf\"} 4"),
        "{text}"
    );
    assert!(text.contains("holdfast_cassandra_request_seconds_sum{kind=\"write\"} 12.5"), "{text}");
    for metric in ALL {
        assert!(text.contains(&format!("# HELP {} ", metric.name)), "{} is missing", metric.name);
    }
    assert!(text.contains("holdfast_request_seconds_bucket{surface=\"public\",le=\"0.005\"} 1"), "{text}");
    assert!(text.contains("process_resident_memory_bytes"), "{text}");
}

#[test]
fn names_follow_the_conventions() {
    for metric in ALL {
        assert!(metric.name.starts_with("holdfast_"), "{}", metric.name);
        assert_eq!(metric.name.ends_with("_total"), metric.kind == Kind::Counter, "{}", metric.name);
        assert!(metric.help.ends_with('.'), "{}", metric.name);
    }
}

#[test]
fn figures_that_others_keep_are_copied_before_a_scrape() {
    before_scrape(|| Store::catch_up(&store().commits, 41));
    before_scrape(|| Store::catch_up(&store().commits, 42));
    let text = String::from_utf8(scrape()).expect("text");
    assert!(text.contains("holdfast_store_commits_total 42"), "{text}");
}
