//! A reader that does not read: it is cut off with "resume", harms nobody, and loses nothing.

use serde_json::{Value, json};

use crate::support::http::ask;
use crate::support::node::{Plan, center};
use crate::support::socket::Next;
use crate::support::{Customer, Socket};

/// More than a connection's buffers and its mailbox of 1,024 places hold.
const MESSAGES: usize = 2_400;
/// Sends that the fast side has in flight.
const AT_ONCE: usize = 48;

fn seq(frame: &Value) -> Option<u64> {
    frame["event"]["seq"].as_u64()
}

/// Says everything over one socket and reads its acknowledgements; answers the last seq.
async fn say_all(page: &mut Socket, text: &str) -> u64 {
    let (mut sent, mut acked, mut last) = (0, 0, 0);
    while acked < MESSAGES {
        while sent < MESSAGES && sent - acked < AT_ONCE {
            assert!(page.send(&json!({"op": "send", "id": format!("m{sent}"), "text": text})).await);
            sent += 1;
        }
        last = page.find(|frame| frame["ack"]["seq"].as_u64()).await;
        acked += 1;
    }
    last
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_cut_off_and_resumes_without_loss() {
    let unlimited = "[service.support.limits]\nevents_per_second = 0\nburst = 0\n";
    let node = Plan::new().center(&format!("{}\n{unlimited}", center())).start().await;
    let customer = Customer::create(&node, "support").await;
    let url = format!("{}/v1/sessions/{}/ws", node.public(), customer.session);
    let mut slow = Socket::open_narrow(&url, &customer.token).await;
    let mut fast = customer.socket(0).await.expect("a socket");
    let last = say_all(&mut fast, &"x".repeat(4_000)).await;

    let mut seen: Vec<u64> = Vec::new();
    let code = loop {
        match slow.next().await {
            Next::Frame(frame) => seen.extend(seq(&frame)),
            Next::Closed(code) => break code,
        }
    };
    let before = seen.last().copied().unwrap_or(0);
    assert!(before < last, "it was not slow enough to be cut off: it saw {before} of {last}");
    assert_eq!(code, 4000, "after {before} of {last}");
    let mut page = customer.socket(before).await.expect("a socket");
    while seen.last() < Some(&last) {
        seen.push(page.find(seq).await);
    }
    let all: Vec<u64> = customer.events().await.iter().filter_map(|event| event["seq"].as_u64()).collect();
    assert_eq!(seen, all, "every event once, in order");
    let metrics = ask("GET", &format!("{}/metrics", node.ops())).send().await.text;
    assert!(metrics.contains("holdfast_shed_total{reason=\"slow_reader\"} 1"), "{metrics}");
    println!("cut off after {} of {} events; the rest came after it resumed", before, last);
}
