//! An agent as the staff API knows one.

use serde_json::{Value, json};

use super::http::{Ask, ask};
use super::{Node, Socket};

/// The password of every agent of the tests.
pub const PASSWORD: &str = "holdfast-demo";

/// A signed-in agent.
#[derive(Clone, Debug)]
pub struct Agent {
    base: String,
    /// The token.
    pub token: String,
}

impl Agent {
    /// Signs in.
    pub async fn sign_in(node: &Node, name: &str) -> Self {
        let body = json!({"agent": name, "password": PASSWORD, "device": "test"});
        let answer = ask("POST", &format!("{}/v1/sign-in", node.staff())).json(&body).send().await.good();
        Self { base: node.staff(), token: answer["token"].as_str().expect("a token").to_owned() }
    }

    /// A request of this agent.
    pub fn ask(&self, method: &str, path: &str) -> Ask {
        ask(method, &format!("{}{path}", self.base)).bearer(&self.token)
    }

    /// Opens the agent's socket.
    pub async fn socket(&self) -> Option<Socket> {
        Socket::open(&format!("{}/v1/agents/me/ws", self.base), &self.token).await
    }

    /// Opens the socket and says that offers may come.
    pub async fn ready(&self) -> Socket {
        let mut socket = self.socket().await.expect("a socket");
        assert!(socket.send(&json!({"op": "state", "state": "ready"})).await);
        socket.find(|frame| (frame["agent"]["state"] == "ready").then_some(())).await;
        socket
    }

    /// Waits for the offer of a session and takes it; answers the reservation.
    pub async fn accept(&self, socket: &mut Socket, session: &str) -> String {
        let offered = |frame: &Value| frame["offer"]["session"] == session;
        let reservation = socket
            .find(|frame| {
                offered(frame).then(|| frame["offer"]["reservation"].as_str().map(ToOwned::to_owned))
            })
            .await
            .expect("a reservation");
        assert!(socket.send(&json!({"op": "accept", "reservation": reservation, "session": session})).await);
        let assigned = |frame: &Value| frame["event"]["type"] == "assigned" && frame["session"] == session;
        socket.find(|frame| assigned(frame).then_some(())).await;
        reservation
    }

    /// Sends a message in a session.
    pub async fn say(&self, socket: &mut Socket, session: &str, (id, text): (&str, &str)) -> u64 {
        assert!(socket.send(&json!({"op": "send", "session": session, "id": id, "text": text})).await);
        socket.ack(id).await
    }
}
