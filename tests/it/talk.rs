//! The main job, once through the front door: a customer and an agent talk, the node is killed in between, and the
//! conversation goes on where it was.

use serde_json::json;

use super::support::customer::texts;
use super::support::{Agent, Customer, Node};

#[tokio::test]
async fn a_customer_and_an_agent_talk_through_a_kill() {
    let mut node = Node::start().await;
    let ann = Agent::sign_in(&node, "ann").await;
    let mut desk = ann.ready().await;
    let customer = Customer::create(&node, "support").await;
    let session = customer.session.clone();
    ann.accept(&mut desk, &session).await;

    let mut page = customer.socket(0).await.expect("a socket");
    page.joined("agent").await;
    assert!(page.send(&json!({"op": "send", "id": "c1", "text": "My parcel is late."})).await);
    page.ack("c1").await;
    assert_eq!(desk.message("My parcel is late.").await["by"], customer.party);
    let me = ann.ask("GET", "/v1/agents/me").send().await.good();
    assert_eq!((&me["state"], &me["busy"]), (&json!("ready"), &json!(1)), "{me}");
    ann.say(&mut desk, &session, ("a1", "Let me look.")).await;
    let seen = page.message("Let me look.").await["seq"].as_u64().expect("a seq");

    node.kill();
    node.start_again().await;
    // What was acknowledged is repeated under its id, as a client does that lost the answer: nothing is added.
    let repeated = customer.send("c1", "My parcel is late.").await.good();
    assert_eq!(repeated["repeated"], true);

    let mut page = customer.socket(seen).await.expect("a socket");
    let mut desk = ann.socket().await.expect("a socket");
    assert!(page.send(&json!({"op": "send", "id": "c2", "text": "Any news?"})).await);
    page.ack("c2").await;
    desk.message("Any news?").await;
    ann.say(&mut desk, &session, ("a2", "It arrives today.")).await;
    page.message("It arrives today.").await;

    let said = texts(&customer.events().await);
    let talk: Vec<&str> =
        said.iter().map(String::as_str).filter(|text| !text.starts_with("Welcome")).collect();
    assert!(node.stop().await.success());
    assert_eq!(talk, ["My parcel is late.", "Let me look.", "Any news?", "It arrives today."]);
}
