//! Creating sessions: one key has one content, and strangers may create so many and no more.

use serde_json::{Value, json};

use super::input::refused;
use crate::support::http::ask;
use crate::support::node::{KEY, Plan};
use crate::support::{Agent, Node};

const FULL: &str = "{\"service\":\"support\",\"nick\":\"Zoë\",\"text\":\"hi\",\"contact\":{\"phone\":\"1\"},\"data\":{\"customer.a\":\"1\"}}";

/// The full body with one field changed; `null` takes it away.
fn but(field: &str, value: Value) -> Value {
    let mut body: Value = serde_json::from_str(FULL).expect("JSON");
    let fields = body.as_object_mut().expect("an object");
    fields.remove(field);
    if !value.is_null() {
        fields.insert(field.to_owned(), value);
    }
    body
}

#[tokio::test]
async fn a_creation_key_has_one_content_in_every_field() {
    let node = Node::start().await;
    let url = format!("{}/v1/sessions", node.public());
    let with = |body: &Value| {
        ask("POST", &url).header("idempotency-key", "0123456789abcdefghijkl").json(body).send()
    };
    let full: Value = serde_json::from_str(FULL).expect("JSON");
    let first = with(&full).await.good();
    let others = [
        but("nick", json!("Zoe")),
        but("nick", Value::Null),
        but("text", json!("ho")),
        but("text", Value::Null),
        but("contact", json!({"phone": "2"})),
        but("contact", Value::Null),
        but("data", json!({"customer.a": "2"})),
        but("data", json!({"customer.b": "1"})),
    ];
    for other in &others {
        refused(&with(other).await, 409, "creation_key_reused");
    }
    let again = with(&full).await.good();
    assert_eq!((&again["session"], &again["repeated"]), (&first["session"], &json!(true)));

    let session = first["session"].as_str().expect("a session");
    let token = first["token"].as_str().expect("a token");
    ask("POST", &format!("{url}/{session}/close"))
        .bearer(token)
        .json(&json!({"id": "c"}))
        .send()
        .await
        .good();
    refused(&with(&others[2]).await, 409, "creation_key_reused");
    assert_eq!(with(&full).await.good()["repeated"], true, "after the close");
}

#[tokio::test]
async fn staff_and_invited_customers_repeat_themselves_exactly() {
    let node = Node::start().await;
    let url = format!("{}/v1/sessions", node.staff());
    let with =
        |body: &Value| ask("POST", &url).bearer(KEY).header("idempotency-key", "case-7").json(body).send();
    let made = with(&json!({"service": "support", "nick": "Zoë"})).await.good();
    assert_eq!(with(&json!({"service": "support", "nick": "Zoë"})).await.good()["session"], made["session"]);
    refused(&with(&json!({"service": "support", "nick": "Zoe"})).await, 409, "creation_key_reused");
    refused(
        &with(&json!({"service": "support", "data": {"system.x": "1"}})).await,
        409,
        "creation_key_reused",
    );

    let join = format!("{}/v1/sessions/{}/join", node.public(), made["session"].as_str().expect("a session"));
    let enter =
        |nick: &str| ask("POST", &join).json(&json!({"invitation": made["invitation"], "nick": nick})).send();
    let first = enter("Zed").await.good();
    assert_eq!(enter("Zed").await.good()["party"], first["party"]);
    refused(&enter("Zack").await, 409, "message_id_reused");
}

#[tokio::test]
async fn strangers_may_create_so_many_and_no_more() {
    let plan = Plan::new().set("HOLDFAST_CREATE__PER_NODE", "5");
    let node = plan.start().await;
    let url = format!("{}/v1/sessions", node.public());
    let body = json!({"service": "support"});
    for _ in 0..5 {
        ask("POST", &url).json(&body).send().await.good();
    }
    let answer = ask("POST", &url).json(&body).send().await;
    let problem = refused(&answer, 429, "too_many_sessions");
    assert!(answer.retry.is_some_and(|wait| (1..=12).contains(&wait)), "{answer:?}");
    assert!(problem["retry_ms"].as_u64().is_some_and(|wait| wait > 0));
    // Who is known, and what is going on already, is not a stranger's.
    ask("POST", &format!("{}/v1/sessions", node.staff())).bearer(KEY).json(&body).send().await.good();
    let ann = Agent::sign_in(&node, "ann").await;
    ann.ask("GET", "/v1/agents/me").send().await.good();
    let metrics = ask("GET", &format!("{}/metrics", node.ops())).send().await.text;
    assert!(metrics.contains("holdfast_shed_total{reason=\"creations\"} 1"), "{metrics}");
}
