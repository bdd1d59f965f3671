//! Every text comes back byte for byte on every surface, while the chat lives and from its record.

mod surfaces;
mod table;

use serde_json::{Value, json};

use crate::support::node::{KEY, Plan, center};
use crate::support::wait::until;
use crate::support::{Agent, Customer, Node, Socket};
use surfaces::{of_csv, of_page, of_poll, of_sse, of_xml, same};

/// Texts as (name, text), in the order in which they were said.
type Said = Vec<(&'static str, String)>;

fn all() -> Said {
    let small = table::TEXTS.iter().map(|(name, text)| (*name, (*text).to_owned()));
    small.chain(table::large()).collect()
}

/// A node that lets one sender say all of it at once.
async fn node() -> Node {
    let unlimited = "[service.support.limits]\nevents_per_second = 0\nburst = 0\n";
    Plan::new().center(&format!("{}\n{unlimited}", center())).start().await
}

/// The text of the next message of a party.
async fn next_of(socket: &mut Socket, party: &Value) -> String {
    let said = |frame: &Value| {
        let event = &frame["event"];
        (event["type"] == "message" && &event["by"] == party)
            .then(|| event["text"].as_str().map(ToOwned::to_owned))
    };
    socket.find(said).await.expect("a text")
}

/// Customer and agent say every text, in turn over REST and WebSocket; each hears the other's at once.
async fn talk((customer, page): (&Customer, &mut Socket), (ann, desk): (&Agent, &mut Socket)) -> Said {
    let agent = page.joined("agent").await["party"]["party"].clone();
    let (party, path) = (json!(customer.party), format!("/v1/sessions/{}/messages", customer.session));
    for (number, (name, text)) in all().iter().enumerate() {
        let id = format!("c{number}");
        if number % 2 == 0 {
            customer.send(&id, text).await.good();
        } else {
            assert!(page.send(&json!({"op": "send", "id": id, "text": text})).await);
        }
        assert!(next_of(desk, &party).await == *text, "customer to agent: {name}");
        let body = json!({"id": format!("a{number}"), "text": text});
        if number % 2 == 0 {
            ann.say(desk, &customer.session, (&format!("a{number}"), text)).await;
        } else {
            ann.ask("POST", &path).json(&body).send().await.good();
        }
        assert!(next_of(page, &agent).await == *text, "agent to customer: {name}");
    }
    all().into_iter().flat_map(|(name, text)| [(name, text.clone()), (name, text)]).collect()
}

/// Every way in which a customer reads.
async fn customer_reads(customer: &Customer, said: &Said) {
    let json = customer.ask("GET", "/transcript").send().await;
    same("customer's transcript", said, &of_page(&json.good()));
    let xml = customer.ask("GET", "/transcript?format=xml").send().await;
    same("customer's XML", said, &of_xml(&xml.text));
    same("customer's pages", said, &of_poll(&|below| customer.ask("GET", &below)).await);
    same("customer's SSE", said, &of_sse(customer.ask("GET", "/events"), said.len()).await);
}

/// Every way in which staff read.
async fn staff_read(ann: &Agent, session: &str, said: &Said) {
    for part in ["sessions", "records"] {
        let path = format!("/v1/{part}/{session}/transcript");
        same(&format!("{part} JSON"), said, &of_page(&ann.ask("GET", &path).send().await.good()));
        let xml = ann.ask("GET", &path).header("accept", "application/xml").send().await;
        same(&format!("{part} XML"), said, &of_xml(&xml.text));
    }
    let path = format!("/v1/sessions/{session}");
    same("staff's pages", said, &of_poll(&|below| ann.ask("GET", &format!("{path}{below}"))).await);
    same("staff's SSE", said, &of_sse(ann.ask("GET", &format!("{path}/events")), said.len()).await);
}

#[tokio::test]
async fn every_text_comes_back_byte_for_byte_on_every_surface() {
    let node = node().await;
    let ann = Agent::sign_in(&node, "ann").await;
    let mut desk = ann.ready().await;
    let customer = Customer::create(&node, "support").await;
    let session = customer.session.clone();
    ann.accept(&mut desk, &session).await;
    let mut page = customer.socket(0).await.expect("a socket");
    let said = talk((&customer, &mut page), (&ann, &mut desk)).await;

    customer_reads(&customer, &said).await;
    staff_read(&ann, &session, &said).await;
    let mut again = customer.socket(0).await.expect("a socket");
    for (name, text) in &said {
        let got = again.find(|frame| surfaces::spoken(&frame["event"])).await;
        assert!(got == *text, "a resumed socket: {name}");
    }

    customer.ask("POST", "/leave").json(&json!({"id": "l", "then": "close"})).send().await.good();
    let conclude = json!({"id": "d", "disposition": "solved"});
    ann.ask("POST", &format!("/v1/sessions/{session}/conclude")).json(&conclude).send().await.good();
    until("the record to be closed", || async {
        let head = ann.ask("GET", &format!("/v1/records/{session}")).send().await.good();
        (head["state"] == "closed").then_some(())
    })
    .await;
    customer_reads(&customer, &said).await;
    staff_read(&ann, &session, &said).await;
}

#[tokio::test]
async fn every_text_comes_back_from_data_contact_notes_and_notices() {
    let node = node().await;
    let ann = Agent::sign_in(&node, "ann").await;
    let mut desk = ann.ready().await;
    let small: Vec<(String, &str)> =
        table::TEXTS.iter().enumerate().map(|(number, (_, text))| (format!("k{number:02}"), *text)).collect();
    let contact: Value =
        small.iter().map(|(key, text)| (key.clone(), json!(text))).collect::<serde_json::Map<_, _>>().into();
    let data: Value = small
        .iter()
        .map(|(key, text)| (format!("customer.{key}"), json!(text)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let nick = "Zoë 👩🏽‍🚀 \u{202e}عليكم\u{202c} <&\"'";
    let customer = Customer::create_with(
        &node,
        &json!({"service": "support", "nick": nick, "contact": contact, "data": data}),
    )
    .await;
    let session = customer.session.clone();
    ann.accept(&mut desk, &session).await;
    for (key, text) in &small {
        let notice = json!({"id": format!("n{key}"), "kind": "custom", "name": "traps", "data": text});
        customer.ask("POST", "/notices").json(&notice).send().await.good();
        let note = json!({"id": format!("o{key}"), "text": text});
        ann.ask("POST", &format!("/v1/sessions/{session}/notes")).json(&note).send().await.good();
    }

    let transcript = ann.ask("GET", &format!("/v1/sessions/{session}/transcript")).send().await.good();
    let events = transcript["events"].as_array().expect("events");
    let created = events.iter().find(|event| event["type"] == "created").expect("a birth");
    assert_eq!((&created["contact"], &created["data"]), (&contact, &data));
    let texts: Vec<&str> = small.iter().map(|(_, text)| *text).collect();
    let of = |kind: &str, field: &str| -> Vec<String> {
        let those = events.iter().filter(|event| event["type"] == kind && event[field].is_string());
        those.map(|event| event[field].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(of("notice", "data"), texts);
    assert_eq!(of("note", "text"), texts);

    let xml = ann.ask("GET", &format!("/v1/sessions/{session}/transcript?format=xml")).send().await;
    assert_eq!(surfaces::notices_of_xml(&xml.text), texts);
    let (found, items) = surfaces::party_of_xml(&xml.text, "CLIENT");
    assert_eq!(found, nick);
    assert_eq!(items.into_iter().collect::<serde_json::Map<_, _>>(), *data.as_object().expect("data"));

    let csv = crate::support::http::ask("GET", &format!("{}/v1/records?format=csv", node.staff()));
    let csv = csv.bearer(KEY).send().await;
    assert_eq!(
        serde_json::from_str::<Value>(&of_csv(&csv.text, &session, "contact")).expect("JSON"),
        contact
    );
}
