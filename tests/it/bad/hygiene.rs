//! Eyes on the log: whatever people say, own or prove never is in it, at the most talkative level, nor in the metrics.

use serde_json::{Value, json};

use crate::support::agent::PASSWORD;
use crate::support::http::ask;
use crate::support::node::{KEY, Plan};
use crate::support::wait::until;
use crate::support::{Agent, Customer, Node};

/// In everything that must not be seen.
const MARK: &str = "Xyzzyq7";

fn mark(of: &str) -> String {
    format!("{MARK}-{of}")
}

/// A customer with a mark in all that a customer can give.
async fn create(node: &Node) -> Customer {
    let body = json!({
        "service": "support", "nick": mark("nick"), "text": mark("first"),
        "contact": {mark("contactkey"): mark("contact")},
        "data": {format!("customer.{}", mark("key")): mark("value")},
    });
    Customer::create_with(node, &body).await
}

/// Everything that a customer does, right and wrong.
async fn customer_acts(customer: &Customer) {
    customer.send(&mark("id"), &mark("text")).await.good();
    let post = |below: &str, body: Value| customer.ask("POST", below).json(&body).send();
    for notice in [
        json!({"kind": "url", "url": format!("https://x/{}", mark("url"))}),
        json!({"kind": "custom", "name": mark("custom"), "data": mark("customdata")}),
        json!({"kind": "file", "file": mark("file"), "name": mark("filename.pdf"), "bytes": 3, "mime": "text/plain"}),
        json!({"kind": "nick", "nick": mark("newnick")}),
    ] {
        post("/notices", notice).await.good();
    }
    post("/data", json!({"set": {"customer.x": mark("set")}})).await.good();
    post("/typing", json!({"on": true, "preview": mark("preview")})).await;
    // What is refused is content, too.
    customer.send(&mark("id"), &mark("othertext")).await;
    customer.send("ctl", &format!("{}\u{0}", mark("control"))).await;
    post("/data", json!({"set": {format!("staff.{}", mark("wrongkey")): mark("wrongvalue")}})).await;
    post("/messages", json!({"id": "u", "text": "x", mark("unknownfield"): 1})).await;
    customer.ask("POST", "/messages").text(format!("{{\"text\":\"{}", mark("malformed"))).send().await;
    customer.ask("GET", &format!("/events?from={}", mark("query"))).send().await;
    customer.ask("GET", &format!("/{}", mark("path"))).send().await;
}

async fn staff_act(ann: &Agent, session: &str) {
    let post = |below: &str, body: Value| {
        ann.ask("POST", &format!("/v1/sessions/{session}/{below}")).json(&body).send()
    };
    post("messages", json!({"id": "a1", "text": mark("agenttext")})).await.good();
    post("messages", json!({"id": "a2", "text": mark("coaching"), "audience": "staff"})).await.good();
    post("notes", json!({"id": "a3", "text": mark("note")})).await.good();
    post("data", json!({"set": {"staff.x": mark("staffdata")}})).await.good();
    let state = json!({"state": "not_ready", "reason": mark("reason")});
    ann.ask("POST", "/v1/agents/me/state").json(&state).send().await.good();
    post("conclude", json!({"id": "a4", "disposition": mark("disposition"), "note": mark("closingnote")}))
        .await
        .good();
    for form in ["json", "xml"] {
        ann.ask("GET", &format!("/v1/records/{session}/transcript?format={form}")).send().await.good();
    }
    ann.ask("GET", &format!("/v1/records?contact.{}={}", mark("contactkey"), mark("contact")))
        .send()
        .await
        .good();
}

/// A line of the log in which a secret stands, cut around it.
fn leak<'a>(log: &'a str, secret: &str) -> Option<&'a str> {
    log.lines().find(|line| line.contains(secret))
}

#[tokio::test]
async fn what_people_say_and_prove_is_in_no_log_line_and_no_metric() {
    let mut node = Plan::new().set("HOLDFAST_LOG__LEVEL", "trace").start().await;
    let ann = Agent::sign_in(&node, "ann").await;
    let wrong = json!({"agent": "ben", "password": mark("password")});
    ask("POST", &format!("{}/v1/sign-in", node.staff())).json(&wrong).send().await;
    let mut desk = ann.ready().await;
    let customer = create(&node).await;
    ann.accept(&mut desk, &customer.session).await;
    let mut page = customer.socket(0).await.expect("a socket");
    assert!(page.send(&json!({"op": "send", "id": "w1", "text": mark("sockettext")})).await);
    page.ack("w1").await;
    assert!(page.send(&json!({"op": "typing", "on": true, "preview": mark("socketpreview")})).await);
    assert!(page.send(&json!({"op": mark("op"), "text": mark("malformedframe")})).await);
    customer_acts(&customer).await;
    staff_act(&ann, &customer.session).await;
    let made =
        json!({"service": "support", "nick": mark("invited"), "contact": {"x": mark("invitedcontact")}});
    let made =
        ask("POST", &format!("{}/v1/sessions", node.staff())).bearer(KEY).json(&made).send().await.good();
    let invitation = made["invitation"].as_str().expect("an invitation").to_owned();
    let metrics = ask("GET", &format!("{}/metrics", node.ops())).send().await.text;
    customer.ask("POST", "/close").json(&json!({"id": "bye"})).send().await;
    until("the record", || async {
        let head = ann.ask("GET", &format!("/v1/records/{}", customer.session)).send().await;
        (head.status == 200).then_some(())
    })
    .await;
    node.kill();
    node.start_again().await;
    customer.events().await;
    assert!(node.stop().await.success());

    let log = node.log();
    assert!(
        log.lines().filter(|line| line.contains("\"level\":\"DEBUG\"")).count() > 20,
        "the log says much"
    );
    let secrets = [MARK, &customer.token, &ann.token, &invitation, KEY, PASSWORD];
    for secret in secrets {
        assert_eq!(leak(&log, secret), None, "in the log");
        assert_eq!(leak(&metrics, secret), None, "in the metrics");
    }
    assert!(!metrics.contains(&customer.session));
    println!("{} log lines, {} metrics lines, no mark in them", log.lines().count(), metrics.lines().count());
}
