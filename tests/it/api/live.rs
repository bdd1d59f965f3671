//! Delivery: the same events in the same order by page, long poll, SSE and WebSocket, from any seq; and every text as it
//! was typed.

use serde_json::{Value, json};

use crate::support::customer::texts;
use crate::support::http::sse_events;
use crate::support::{Agent, Customer, Node};

const TEXTS: [&str; 5] = [
    "lines\r\nand\ttabs \"quoted\" \\ <b>&amp;</b> ]]>",
    "עברית العربية हिन्दी 日本語 ไทย",
    "👩‍👩‍👧‍👦 🏳️‍🌈 e\u{301} \u{202e}right-to-left\u{202c}",
    "  spaces kept  ",
    "\u{2028}\u{feff}\u{10ffff}",
];

fn seqs(events: &[Value]) -> Vec<u64> {
    events.iter().map(|event| event["seq"].as_u64().expect("a seq")).collect()
}

#[tokio::test]
async fn every_way_shows_the_same_events_in_the_same_order() {
    let node = Node::start().await;
    let customer = Customer::create(&node, "support").await;
    let large = "ÿ€𐍈\r\n\"".repeat(32 * 1024 / 12);
    let all: Vec<&str> = TEXTS.into_iter().chain([large.as_str()]).collect();
    let mut page = customer.socket(0).await.expect("a socket");
    for (number, text) in all.iter().enumerate() {
        let id = format!("m{number}");
        assert!(page.send(&json!({"op": "send", "id": id, "text": text})).await);
        page.ack(&id).await;
    }
    let transcript = customer.events().await;
    let mine: Vec<String> =
        texts(&transcript).into_iter().filter(|text| !text.is_ascii() || text.len() < 30).collect();
    assert!(all.iter().all(|text| mine.iter().any(|got| got == text) || text.is_ascii()));

    let mut again = customer.socket(0).await.expect("a socket");
    for expected in &transcript {
        let got = again.find(|frame| frame.get("event").cloned()).await;
        assert_eq!(&got, expected);
    }
    let mut paged = Vec::new();
    loop {
        let from = seqs(&paged).last().copied().unwrap_or(0);
        let page = customer.ask("GET", &format!("/events?from={from}&limit=3")).send().await.good();
        paged.extend(page["events"].as_array().expect("events").iter().cloned());
        if page["more"] == false {
            break;
        }
    }
    assert_eq!(paged, transcript);
    let mut stream = customer.ask("GET", "/events").header("accept", "text/event-stream").open().await;
    let mut body = Vec::new();
    while sse_events(&body).len() < transcript.len() {
        body.extend(stream.part().await);
    }
    assert_eq!(sse_events(&body), transcript);
}

#[tokio::test]
async fn a_reader_resumes_after_any_seq() {
    let node = Node::start().await;
    let customer = Customer::create(&node, "support").await;
    for number in 0..5 {
        customer.send(&format!("m{number}"), "text").await.good();
    }
    let transcript = customer.events().await;
    for (index, from) in seqs(&transcript).into_iter().enumerate() {
        let rest = customer.ask("GET", &format!("/events?from={from}")).send().await.good();
        assert_eq!(rest["events"].as_array().expect("events"), &transcript[index + 1..]);
        if let Some(next) = transcript.get(index + 1) {
            let mut page = customer.socket(from).await.expect("a socket");
            assert_eq!(&page.find(|frame| frame.get("event").cloned()).await, next);
        }
    }
}

#[tokio::test]
async fn a_long_poll_waits_for_the_next_event_and_no_longer() {
    let node = Node::start().await;
    let customer = Customer::create(&node, "support").await;
    let seen = *seqs(&customer.events().await).last().expect("events");
    let empty = customer.ask("GET", &format!("/events?from={seen}&wait=1")).send().await.good();
    assert_eq!((&empty["events"], &empty["next"]), (&json!([]), &json!(seen)));
    let polling = customer.ask("GET", &format!("/events?from={seen}&wait=15")).send();
    let (polled, sent) = tokio::join!(polling, customer.send("m1", "news"));
    sent.good();
    assert_eq!(texts(polled.good()["events"].as_array().expect("events")), ["news"]);
}

#[tokio::test]
async fn many_sends_in_flight_are_acknowledged_and_shown_in_order() {
    let node = Node::start().await;
    let customer = Customer::create(&node, "support").await;
    let mut page = customer.socket(0).await.expect("a socket");
    for number in 0..50 {
        assert!(
            page.send(&json!({"op": "send", "id": format!("m{number}"), "text": format!("t{number}")})).await
        );
    }
    let (mut acks, mut shown) = (Vec::new(), Vec::new());
    while acks.len() < 50 || shown.len() < 50 {
        let frame = page.find(|frame| Some(frame.clone())).await;
        assert!(frame.get("refused").is_none(), "{frame}");
        if let Some(seq) = frame["ack"]["seq"].as_u64() {
            acks.push(seq);
        } else if frame["event"]["text"].as_str().is_some_and(|text| text.starts_with('t')) {
            shown.push(frame["event"]["seq"].as_u64().expect("a seq"));
        }
    }
    assert!(acks.is_sorted() && shown.is_sorted());
    assert_eq!(acks, shown);
}

#[tokio::test]
async fn typing_reaches_the_agent_with_its_preview_and_is_not_stored() {
    let node = Node::start().await;
    let ann = Agent::sign_in(&node, "ann").await;
    let mut desk = ann.ready().await;
    let customer = Customer::create(&node, "support").await;
    ann.accept(&mut desk, &customer.session).await;
    let mut page = customer.socket(0).await.expect("a socket");
    page.joined("customer").await;
    assert!(page.send(&json!({"op": "typing", "on": true, "preview": "My par"})).await);
    let typing = desk.find(|frame| frame.get("typing").cloned()).await;
    assert_eq!(typing, json!({"party": customer.party, "on": true, "preview": "My par"}));
    assert!(!format!("{:?}", customer.events().await).contains("My par"));
}
