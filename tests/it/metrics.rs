//! What operators see of a node: every documented metric, figures that move, log lines and traces by request id, and
//! nothing of what people say.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::support::http::ask;
use super::support::node::Plan;
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
    customer.send("m1", "xyzzy-secret-text").await.good();
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
    assert!(!text.contains("xyzzy") && !text.contains(&customer.session), "no content in metrics");
}

#[tokio::test]
async fn no_content_is_logged() {
    let node = Plan::new().set("HOLDFAST_LOG__LEVEL", "trace").start().await;
    let customer = Customer::create(&node, "support").await;
    customer.send("m1", "xyzzy-secret-text").await.good();
    customer.ask("POST", "/messages").text("{\"id\":\"m2\",\"text\":\"plugh-secret-text\"").send().await;
    let log = node.log();
    assert!(!log.is_empty());
    assert!(!log.contains("xyzzy") && !log.contains("plugh") && !log.contains(&customer.token), "{log}");
}

/// A collector that takes one batch of traces and answers its bytes.
async fn collect(collector: tokio::net::TcpListener) -> Vec<u8> {
    let (mut stream, _) = collector.accept().await.expect("the exporter connects");
    let mut bytes = Vec::new();
    // The exporter waits for an answer before it closes, so the end of the body is found by its length.
    loop {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        let length =
            text.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse::<usize>().ok());
        let body = text.find("\r\n\r\n").map(|at| text.len() - at - 4);
        if length.zip(body).is_some_and(|(length, body)| body >= length) {
            break;
        }
        assert!(stream.read_buf(&mut bytes).await.expect("read") > 0, "the exporter closed early");
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.expect("answered");
    bytes
}

#[tokio::test]
async fn a_request_is_found_by_its_id_in_logs_and_traces() {
    let collector = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let endpoint = format!("http://{}", collector.local_addr().expect("an address"));
    let plan = Plan::new().set("HOLDFAST_TRACES__ENDPOINT", &endpoint).set("HOLDFAST_TRACES__RATIO", "1.0");
    let mut node = plan.set("HOLDFAST_LOG__LEVEL", "debug").start().await;
    let request = async {
        let url = format!("{}/v1/records", node.staff());
        let answer = ask("GET", &url).header("x-request-id", "find-me.1").send().await;
        assert_eq!((answer.status, answer.id.as_str()), (401, "find-me.1"));
        assert!(node.stop().await.success());
        node.log()
    };
    let (log, bytes) = tokio::join!(request, collect(collector));
    assert!(log.lines().any(|line| line.contains("\"request_id\":\"find-me.1\"")), "{log}");
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.starts_with("POST /v1/traces ") && text.contains("find-me.1"), "{text}");
}
