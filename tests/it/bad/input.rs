//! Bad input: each gets its refusal by name, and nothing is stored.

use serde_json::{Value, json};

use crate::support::http::{Answer, ask};
use crate::support::node::KEY;
use crate::support::{Agent, Customer, Node};

/// Fails unless the answer is this refusal; answers its body.
#[track_caller]
pub fn refused(answer: &Answer, status: u16, code: &str) -> Value {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.text);
    assert_eq!(answer.kind, "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["type"], format!("/problems/{code}"));
    assert!(problem["title"].is_string() && problem["detail"].is_string());
    problem
}

async fn raw(customer: &Customer, kind: &str, body: impl Into<reqwest::Body>) -> Answer {
    customer.ask("POST", "/messages").header("content-type", kind).text_body(body).send().await
}

#[tokio::test]
async fn bodies_that_are_not_what_they_should_be() {
    let node = Node::start().await;
    let customer = Customer::create(&node, "support").await;
    let before = customer.events().await;

    refused(&raw(&customer, "application/json", "{\"text\":").await, 400, "malformed_json");
    refused(
        &raw(&customer, "application/json", b"{\"text\":\"\xff\"}".to_vec()).await,
        400,
        "malformed_utf8",
    );
    refused(&raw(&customer, "text/plain", "{\"text\":\"a\"}").await, 415, "media_type");
    let missing = refused(&raw(&customer, "application/json", "{\"id\":\"m\"}").await, 400, "malformed_json");
    assert_eq!(missing["field"], "text");
    let large = format!("{{\"text\":\"{}\"}}", "x".repeat(300 * 1024));
    refused(&raw(&customer, "application/json", large).await, 413, "too_large");

    let over = refused(&customer.send("m1", &"x".repeat(32 * 1024 + 1)).await, 413, "too_large");
    assert_eq!((&over["field"], &over["limit"]), (&json!("text"), &json!(32 * 1024)));
    for text in ["", "nul\0", "bell\u{7}", "escape\u{1b}[31m"] {
        assert_eq!(refused(&customer.send("m2", text).await, 422, "malformed_field")["field"], "text");
    }
    for id in ["", "with space", "ü", &"x".repeat(65)] {
        assert_eq!(refused(&customer.send(id, "text").await, 422, "malformed_field")["field"], "id");
    }
    let data = json!({"set": {"staff.vip": "1"}});
    refused(&customer.ask("POST", "/data").json(&data).send().await, 403, "wrong_namespace");
    let data = json!({"set": {"customer.big": "x".repeat(70 * 1024)}});
    refused(&customer.ask("POST", "/data").json(&data).send().await, 413, "too_large");
    assert_eq!(customer.events().await, before);
}

#[tokio::test]
async fn repeated_ids_closed_sessions_and_foreign_tokens() {
    let node = Node::start().await;
    let (one, two) = (Customer::create(&node, "support").await, Customer::create(&node, "support").await);
    assert_eq!(one.send("m1", "hello").await.good()["repeated"], false);
    assert_eq!(one.send("m1", "hello").await.good()["repeated"], true);
    refused(&one.send("m1", "other").await, 409, "message_id_reused");

    let url = format!("{}/v1/sessions/{}/messages", node.public(), one.session);
    let body = json!({"id": "x", "text": "x"});
    refused(&ask("POST", &url).bearer(&two.token).json(&body).send().await, 403, "wrong_session");
    refused(&ask("POST", &url).json(&body).send().await, 401, "token_missing");
    refused(&ask("POST", &url).bearer("nonsense").json(&body).send().await, 401, "token_bad");
    let ann = Agent::sign_in(&node, "ann").await;
    refused(&ask("POST", &url).bearer(&ann.token).json(&body).send().await, 401, "token_bad");
    let unknown = format!("{}/v1/sessions/00000000-0000-7000-8000-000000000000", node.staff());
    refused(&ask("GET", &unknown).bearer(KEY).send().await, 404, "no_session");
    refused(
        &ask("GET", &format!("{}/v1/sessions/xyz", node.staff())).bearer(KEY).send().await,
        404,
        "no_session",
    );

    one.ask("POST", "/close").json(&json!({"id": "bye"})).send().await.good();
    // Nobody served it, so the interaction may be over at once.
    let late = one.send("m2", "late").await;
    assert!(late.status == 410 && ["session_closed", "session_stopped"].contains(&late.code().as_str()));
    assert_eq!(one.send("m1", "hello").await.good()["repeated"], true, "a repeat after the close");
}

#[tokio::test]
async fn creation_keys_find_the_first_session() {
    let node = Node::start().await;
    let url = format!("{}/v1/sessions", node.public());
    let body = json!({"service": "support", "nick": "Zoë", "text": "hi"});
    let with = |key: &str| ask("POST", &url).header("idempotency-key", key);
    refused(&with("short").json(&body).send().await, 400, "creation_key_short");
    let key = "0123456789abcdefghijkl";
    let first = with(key).json(&body).send().await.good();
    let again = with(key).json(&body).send().await.good();
    assert_eq!((&first["session"], &first["party"]), (&again["session"], &again["party"]));
    assert_eq!(again["repeated"], true);
    let other = json!({"service": "support", "nick": "Zoë", "contact": {"phone": "1"}});
    refused(&with(key).json(&other).send().await, 409, "creation_key_reused");
    let unknown = json!({"service": "nowhere"});
    assert_eq!(
        refused(&ask("POST", &url).json(&unknown).send().await, 404, "no_service")["field"],
        "service"
    );
}

#[tokio::test]
async fn sign_ins_are_counted_and_say_nothing_of_who_exists() {
    let node = Node::start().await;
    let url = format!("{}/v1/sign-in", node.staff());
    let try_as = |agent: &str| ask("POST", &url).json(&json!({"agent": agent, "password": "wrong"}));
    let (known, unknown) = (try_as("ben").send().await, try_as("nobody").send().await);
    assert_eq!((known.status, &known.text), (401, &unknown.text));
    for _ in 0..9 {
        refused(&try_as("ben").send().await, 401, "sign_in_failed");
    }
    let refusal = refused(&try_as("ben").send().await, 429, "too_many_attempts");
    assert!(refusal["retry_ms"].as_u64().is_some_and(|wait| wait > 0));
}

#[tokio::test]
async fn a_signed_out_token_is_refused() {
    let node = Node::start().await;
    let ann = Agent::sign_in(&node, "ann").await;
    ann.ask("GET", "/v1/agents/me").send().await.good();
    assert_eq!(ann.ask("POST", "/v1/sign-out").send().await.status, 204);
    refused(&ann.ask("GET", "/v1/agents/me").send().await, 401, "token_expired");
}

#[tokio::test]
async fn frames_that_are_not_the_protocol() {
    let node = Node::start().await;
    let customer = Customer::create(&node, "support").await;
    let mut page = customer.socket(0).await.expect("a socket");
    let code = |frame: &Value| frame["refused"]["code"].as_str().map(ToOwned::to_owned);
    for (frame, wanted) in [
        (json!({"op": "fly"}), "malformed_json"),
        (json!({"op": "send", "id": "a"}), "malformed_field"),
        (json!({"op": "watch", "session": customer.session}), "not_allowed"),
        (json!({"op": "send", "id": "a", "text": "a\u{0}"}), "malformed_field"),
        (
            json!({"op": "send", "id": "b", "text": "x", "session": "00000000-0000-7000-8000-000000000000"}),
            "wrong_session",
        ),
        (json!({"op": "note", "id": "c", "text": "x"}), "not_allowed"),
    ] {
        assert!(page.send(&frame).await);
        assert_eq!(page.find(code).await, wanted, "{frame}");
    }
    assert!(page.send(&json!({"op": "send", "id": "ok", "text": "still here"})).await);
    page.ack("ok").await;
    for _ in 0..20 {
        page.send(&json!("nonsense")).await;
    }
    assert_eq!(page.end().await, 4003);
}
