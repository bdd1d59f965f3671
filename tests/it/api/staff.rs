//! Staff through their door: invitations, work after the customer has gone, records, and who may see what.

use serde_json::{Value, json};

use crate::support::http::ask;
use crate::support::node::KEY;
use crate::support::wait::until;
use crate::support::{Agent, Customer, Node};

#[tokio::test]
async fn an_integration_invites_and_the_customer_joins_once() {
    let node = Node::start().await;
    let url = format!("{}/v1/sessions", node.staff());
    let body = json!({"service": "support", "nick": "Zoë", "contact": {"phone": "+1"}, "data": {"system.case": "7"}});
    let made = ask("POST", &url).bearer(KEY).json(&body).send().await.good();
    let session = made["session"].as_str().expect("a session");
    let join = format!("{}/v1/sessions/{session}/join", node.public());
    let first = ask("POST", &join).json(&json!({"invitation": made["invitation"]})).send().await.good();
    let again = ask("POST", &join).json(&json!({"invitation": made["invitation"]})).send().await.good();
    assert_eq!((&first["party"], &again["repeated"]), (&again["party"], &json!(true)));
    let token = first["token"].as_str().expect("a token");
    let own = format!("{}/v1/sessions/{session}/transcript", node.public());
    let seen = ask("GET", &own).bearer(token).send().await.good();
    assert!(seen.to_string().contains("Zoë"));
    for hidden in ["system.case", "phone", "tests"] {
        assert!(!seen.to_string().contains(hidden), "{hidden} in {seen}");
    }
    let bad = ask("POST", &join).json(&json!({"invitation": token})).send().await;
    assert_eq!(bad.code(), "token_bad");
}

#[tokio::test]
async fn work_goes_on_after_the_customer_and_ends_in_the_record() {
    let node = Node::start().await;
    let ann = Agent::sign_in(&node, "ann").await;
    let mut desk = ann.ready().await;
    let body =
        json!({"service": "support", "nick": "=cmd", "contact": {"mail": "a@b"}, "text": "line\r\nline"});
    let customer = Customer::create_with(&node, &body).await;
    let session = customer.session.clone();
    ann.accept(&mut desk, &session).await;
    let note = ann.ask("POST", &format!("/v1/sessions/{session}/notes"));
    note.json(&json!({"id": "n1", "text": "for staff only"})).send().await.good();
    let whisper = json!({"id": "w1", "text": "whisper", "audience": "staff"});
    ann.ask("POST", &format!("/v1/sessions/{session}/messages")).json(&whisper).send().await.good();
    customer.ask("POST", "/leave").json(&json!({"id": "l1", "then": "close"})).send().await.good();
    let conclude = json!({"id": "d1", "disposition": "solved", "note": "done"});
    let path = format!("/v1/sessions/{session}/conclude");
    let first = ann.ask("POST", &path).json(&conclude).send().await.good();
    let again = ann.ask("POST", &path).json(&conclude).send().await.good();
    assert_eq!((&first["seq"], &again["repeated"]), (&again["seq"], &json!(true)));

    let path = format!("/v1/records/{session}");
    let head = until("the record to be closed", || async {
        let head = ann.ask("GET", &path).send().await.good();
        (head["state"] == "closed").then_some(head)
    });
    let head = head.await;
    assert_eq!((&head["disposition"], &head["agents"]), (&json!("solved"), &json!(["ann"])));
    let transcript = ann.ask("GET", &format!("{path}/transcript")).send().await.good().to_string();
    assert_eq!(transcript.matches("\"disposition\"").count(), 1, "{transcript}");
    assert!(transcript.contains("for staff only") && transcript.contains("whisper"));
    let own = format!("{:?}", customer.events().await);
    assert!(!own.contains("for staff only") && !own.contains("whisper") && own.contains("line\\r\\nline"));
    let xml = customer.ask("GET", "/transcript?format=xml").send().await;
    assert_eq!(xml.kind, "application/xml; charset=utf-8");
    assert!(xml.text.contains("<msgText>line&#13;\nline</msgText>"), "{}", xml.text);
}

#[tokio::test]
async fn records_are_listed_by_filter_and_page() {
    let node = Node::start().await;
    for number in 0..5 {
        let body = json!({"service": "support", "contact": {"case": format!("{number}")}});
        Customer::create_with(&node, &body).await;
    }
    Customer::create(&node, "sales").await;
    let list = |query: String| {
        let url = format!("{}/v1/records?{query}", node.staff());
        async move { ask("GET", &url).bearer(KEY).send().await.good() }
    };
    let count = |page: &Value| page["records"].as_array().expect("records").len();
    // Heads follow the published events; the last may take a moment.
    until("all records", || async { (count(&list("limit=500".into()).await) == 6).then_some(()) }).await;
    let (mut all, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let at = cursor.as_ref().map_or(String::new(), |cursor| format!("&cursor={cursor}"));
        let page = list(format!("limit=2{at}")).await;
        all.extend(
            page["records"].as_array().expect("records").iter().map(|head| head["session"].to_string()),
        );
        match page["cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    let distinct: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!((all.len(), distinct.len()), (6, 6));
    assert_eq!(count(&list("service=sales".into()).await), 1);
    assert_eq!(count(&list("contact.case=3".into()).await), 1);
    assert_eq!(count(&list("to=2020-01-01T00:00:00Z".into()).await), 0);
    assert_eq!(count(&list("agent=ann".into()).await), 0);
    let url = format!("{}/v1/records?format=csv", node.staff());
    let csv = ask("GET", &url).bearer(KEY).send().await;
    assert_eq!((csv.kind.as_str(), csv.text.lines().count()), ("text/csv; charset=utf-8", 7));
    let bad = ask("GET", &format!("{}/v1/records?from=yesterday", node.staff())).bearer(KEY).send().await;
    assert_eq!(bad.code(), "malformed_query");
}

#[tokio::test]
async fn an_agent_sees_only_what_they_took_part_in() {
    let node = Node::start().await;
    let customer = Customer::create(&node, "support").await;
    let ben = Agent::sign_in(&node, "ben").await;
    for path in ["", "/events", "/transcript"] {
        let answer = ben.ask("GET", &format!("/v1/sessions/{}{path}", customer.session)).send().await;
        assert!(matches!(answer.status, 403 | 404), "{path}: {} {}", answer.status, answer.text);
    }
    let answer = ben.ask("GET", &format!("/v1/records/{}", customer.session)).send().await;
    assert!(matches!(answer.status, 403 | 404));
    assert_eq!(ben.ask("GET", "/v1/records?agent=ann").send().await.code(), "not_allowed");
    let silent = json!({"as": "supervisor", "audience": "supervisors"});
    let path = format!("/v1/sessions/{}/join", customer.session);
    assert_eq!(ben.ask("POST", &path).json(&silent).send().await.code(), "not_allowed");
}

#[tokio::test]
async fn a_declined_offer_ends_and_the_feed_tells_pollers_too() {
    let node = Node::start().await;
    let ann = Agent::sign_in(&node, "ann").await;
    let mut desk = ann.ready().await;
    let customer = Customer::create(&node, "support").await;
    let offer = desk.find(|frame| frame.get("offer").cloned()).await;
    assert_eq!((&offer["session"], &offer["nick"]), (&json!(customer.session), &json!("Cleo")));
    let polled = ann.ask("GET", "/v1/agents/me/events").send().await.good();
    assert_eq!(polled["offers"][0]["reservation"], offer["reservation"]);
    let path = format!("/v1/offers/{}/decline", offer["reservation"].as_str().expect("a reservation"));
    ann.ask("POST", &path).json(&json!({"session": customer.session})).send().await.good();
    let ended = desk.find(|frame| frame.get("offer_ended").cloned()).await;
    assert_eq!(ended["reservation"], offer["reservation"]);
}

#[tokio::test]
async fn each_listener_documents_its_own_routes() {
    let node = Node::start().await;
    for (base, own, other) in [
        (node.public(), "/v1/sessions/{session}/messages", "/v1/records"),
        (node.staff(), "/v1/records", "/v1/sessions/{session}/token"),
    ] {
        let document = ask("GET", &format!("{base}/openapi.json")).send().await.good();
        assert!(document["paths"][own].is_object() && document["paths"][other].is_null());
        let text = document.to_string();
        for (at, mark) in text.match_indices("#/components/schemas/") {
            let name = text[at + mark.len()..].split('"').next().unwrap_or_default();
            assert!(document["components"]["schemas"][name].is_object(), "{name} is not described");
        }
        let page = ask("GET", &format!("{base}/docs")).send().await;
        assert_eq!((page.status, page.kind.as_str()), (200, "text/html; charset=utf-8"));
    }
}
