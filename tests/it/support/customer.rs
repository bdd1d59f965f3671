//! A customer as the public API knows one.

use serde_json::{Value, json};

use super::http::{Answer, Ask, ask};
use super::{Node, Socket};

/// A customer in a session.
#[derive(Clone, Debug)]
pub struct Customer {
    base: String,
    /// The session.
    pub session: String,
    /// The party.
    pub party: u64,
    /// The token.
    pub token: String,
}

impl Customer {
    /// Creates a session on a service.
    pub async fn create(node: &Node, service: &str) -> Self {
        Self::create_with(node, &json!({"service": service, "nick": "Cleo"})).await
    }

    /// Creates a session as the body says.
    pub async fn create_with(node: &Node, body: &Value) -> Self {
        let made = ask("POST", &format!("{}/v1/sessions", node.public())).json(body).send().await.good();
        let session = made["session"].as_str().expect("a session").to_owned();
        Self {
            base: format!("{}/v1/sessions/{session}", node.public()),
            session,
            party: made["party"].as_u64().expect("a party"),
            token: made["token"].as_str().expect("a token").to_owned(),
        }
    }

    /// A request about the session.
    pub fn ask(&self, method: &str, below: &str) -> Ask {
        ask(method, &format!("{}{below}", self.base)).bearer(&self.token)
    }

    /// Sends a message over REST.
    pub async fn send(&self, id: &str, text: &str) -> Answer {
        self.ask("POST", "/messages").json(&json!({"id": id, "text": text})).send().await
    }

    /// Every event that the customer may see.
    pub async fn events(&self) -> Vec<Value> {
        let answer = self.ask("GET", "/transcript").send().await.good();
        answer["events"].as_array().cloned().unwrap_or_default()
    }

    /// Opens the socket.
    pub async fn socket(&self, from: u64) -> Option<Socket> {
        Socket::open(&format!("{}/ws?from={from}", self.base), &self.token).await
    }
}

/// The texts of the messages among events.
pub fn texts(events: &[Value]) -> Vec<String> {
    let messages = events.iter().filter(|event| event["type"] == "message");
    messages.filter_map(|event| event["text"].as_str().map(ToOwned::to_owned)).collect()
}
