//! What `/metrics` shows after some traffic: every name of the documentation, and figures that moved.

use super::support::http::ask;
use super::support::{Customer, Node};

/// The value of one line, by its name with labels.
fn value(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|value| value.parse().ok()).unwrap_or(f64::NAN)
}

#[tokio::test]
async fn documented_names_are_scraped_and_figures_move() {
    let node = Node::start().await;
    let customer = Customer::create(&node, "support").await;
    customer.send("m1", "hello").await.good();
    let text = ask("GET", &format!("{}/metrics", node.ops())).send().await.text;

    for metric in holdfast::metrics::table::ALL.iter().filter(|metric| metric.labels.is_empty()) {
        assert!(text.contains(&format!("# HELP {} ", metric.name)), "{} is missing", metric.name);
    }
    assert!(value(&text, "holdfast_sends_acknowledged_total") >= 1.0, "{text}");
    assert!(value(&text, "holdfast_sessions_active") >= 1.0, "{text}");
    assert!(value(&text, "holdfast_store_commits_total") >= 1.0, "{text}");
    assert!(value(&text, "holdfast_connections_total{listener=\"public\"}") >= 2.0, "{text}");
    assert!(value(&text, "holdfast_config_version") >= 1.0, "{text}");
    assert!((value(&text, "holdfast_ready") - 1.0).abs() < f64::EPSILON, "{text}");
    assert!(value(&text, "process_resident_memory_bytes") > 0.0, "{text}");
    assert!(!text.contains("hello") && !text.contains(&customer.session), "no content in metrics");
}

#[tokio::test]
async fn no_content_is_logged() {
    let node = super::support::node::Plan::new().set("HOLDFAST_LOG__LEVEL", "trace").start().await;
    let customer = Customer::create(&node, "support").await;
    customer.send("m1", "xyzzy-secret-text").await.good();
    customer.ask("POST", "/messages").text("{\"id\":\"m2\",\"text\":\"plugh-secret-text\"").send().await;
    let log = node.log();
    assert!(!log.is_empty());
    assert!(!log.contains("xyzzy") && !log.contains("plugh") && !log.contains(&customer.token), "{log}");
}
