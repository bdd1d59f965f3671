//! The customer leaves, the node is killed, the agent files the interaction and never learns whether that arrived: the
//! disposition is in the record, once, however often it is repeated and however often the node is killed in between.

use serde_json::{Value, json};

use super::super::support::wait::until;
use super::super::support::{Agent, Customer, Node};
use super::{Dice, instant};

const ROUNDS: u64 = 6;

#[tokio::test]
async fn a_disposition_survives_kills_and_is_filed_once() {
    let mut dice = Dice::new();
    let mut node = Node::start().await;
    let ann = Agent::sign_in(&node, "ann").await;
    let (mut kills, mut asked) = (0, 0);
    for round in 0..ROUNDS {
        let mut desk = ann.ready().await;
        let customer = Customer::create(&node, "support").await;
        let session = customer.session.clone();
        ann.accept(&mut desk, &session).await;
        customer.send("m1", "Thank you, bye.").await.good();
        customer.ask("POST", "/leave").json(&json!({"id": "l1", "then": "close"})).send().await.good();
        // Between the customer's leaving and the disposition.
        node.kill();
        node.start_again().await;

        let filed = json!({"id": "d1", "code": "solved"});
        let first = repeated(&mut node, (&ann, &session, "disposition"), &filed, &mut dice, &mut asked).await;
        let again = repeated(&mut node, (&ann, &session, "disposition"), &filed, &mut dice, &mut asked).await;
        assert_eq!((&first["seq"], &again["repeated"]), (&again["seq"], &json!(true)), "round {round}");
        let other = json!({"id": "d1", "code": "unsolved"});
        let path = format!("/v1/sessions/{session}/disposition");
        assert_eq!(ann.ask("POST", &path).json(&other).send().await.code(), "message_id_reused");
        // The same in the middle of concluding, after which the interaction is sealed.
        let done = json!({"id": "c1", "note": "done"});
        repeated(&mut node, (&ann, &session, "conclude"), &done, &mut dice, &mut asked).await;
        sealed(&ann, &session).await;
        let late = repeated(&mut node, (&ann, &session, "disposition"), &filed, &mut dice, &mut asked).await;
        assert_eq!((&first["seq"], &late["repeated"]), (&late["seq"], &json!(true)), "round {round}");
        kills += 5;

        let transcript = format!("/v1/records/{session}/transcript");
        let transcript = ann.ask("GET", &transcript).send().await.good();
        let events = transcript["events"].as_array().expect("events").clone();
        let of = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
        assert_eq!(
            (of("disposition"), of("concluded"), of("note")),
            (1, 1, 1),
            "round {round}: {transcript}"
        );
        let head = ann.ask("GET", &format!("/v1/records/{session}")).send().await.good();
        assert_eq!(head["disposition"], "solved", "round {round}");
    }
    println!("seed {}: {ROUNDS} interactions, {kills} kills, {asked} requests", dice.seed);
}

/// Asks under the same id, through a kill at some instant after the request has left, until it is answered.
async fn repeated(
    node: &mut Node,
    (ann, session, what): (&Agent, &str, &str),
    body: &Value,
    dice: &mut Dice,
    asked: &mut u32,
) -> Value {
    let path = format!("/v1/sessions/{session}/{what}");
    let after = dice.below(12);
    *asked += 1;
    let kill = async {
        instant(after).await;
        node.kill();
    };
    let (first, ()) = tokio::join!(ann.ask("POST", &path).json(body).maybe(), kill);
    node.start_again().await;
    let first = first.filter(|answer| answer.status < 500).map(|answer| answer.good());
    let answer = until("an answer", || async {
        let answer = ann.ask("POST", &path).json(body).maybe().await?;
        (answer.status < 500).then(|| answer.good())
    });
    *asked += 1;
    let answer = answer.await;
    if let Some(first) = first {
        assert_eq!((&first["seq"], &answer["repeated"]), (&answer["seq"], &json!(true)), "{what}");
    }
    answer
}

async fn sealed(ann: &Agent, session: &str) {
    let path = format!("/v1/records/{session}");
    until("the record to be closed", || async {
        let head = ann.ask("GET", &path).send().await.good();
        (head["state"] == "closed").then_some(())
    })
    .await;
}
