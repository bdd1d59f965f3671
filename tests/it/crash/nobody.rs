//! Nobody sends, the node is killed and started again, and everything still happens at its time (promise P6): an offer
//! expires, the customer next in line is offered, an idle alert fires.

use serde_json::{Value, json};

use super::super::support::http::ask;
use super::super::support::node::{KEY, Plan, center};
use super::super::support::wait::until;
use super::super::support::{Agent, Customer, Node};
use super::began_millis;

/// How late a deadline may be, milliseconds.
const LATE: i64 = 1_000;

/// Beside the center of all tests: a queue whose offers are short, and a service that soon asks whether anybody is there.
fn short() -> String {
    let all = center();
    let hash = all.lines().find(|line| line.starts_with("password_hash")).expect("a password");
    let agent = |name: &str, queue: &str| {
        format!(
            "[agent.{name}]\nnick = \"{name}\"\nunits = [\"demo\"]\nroles = [\"agent\"]\nqueues = [\"{queue}\"]\n\
             capacity = 1\n{hash}\n"
        )
    };
    format!(
        "{all}\n[queue.quick]\nunit = \"demo\"\noffer_timeout = \"4s\"\n[queue.quiet]\nunit = \"demo\"\n\
         [service.quick]\nunit = \"demo\"\nqueue = \"quick\"\n\
         [service.quiet]\nunit = \"demo\"\nqueue = \"quiet\"\ntimers = {{ idle_alert_after = \"4s\" }}\n{}{}",
        agent("kim", "quick"),
        agent("lee", "quiet")
    )
}

#[tokio::test]
async fn everything_happens_at_its_time_though_nobody_sends() {
    let mut node = Plan::new().center(&short()).start().await;
    let (kim, lee) = (Agent::sign_in(&node, "kim").await, Agent::sign_in(&node, "lee").await);
    let mut quiet_desk = lee.ready().await;
    let quiet = Customer::create(&node, "quiet").await;
    lee.accept(&mut quiet_desk, &quiet.session).await;
    let mut desk = kim.ready().await;
    let offered = Customer::create(&node, "quick").await;
    desk.find(|frame| (frame["offer"]["session"] == offered.session.as_str()).then_some(())).await;
    let waiting = Customer::create(&node, "quick").await;
    drop((desk, quiet_desk));
    node.kill();
    let began = began_millis();
    node.start_again().await;
    let back = began_millis() - began;

    // Only the metrics are asked, so that no request of this test can wake anything.
    until("three timers", || async {
        let page = ask("GET", &format!("{}/metrics", node.ops())).send().await.text;
        let fired = page.lines().find_map(|line| line.strip_prefix("holdfast_timers_fired_total "));
        fired.and_then(|fired| fired.parse::<f64>().ok()).filter(|fired| *fired >= 2.0)
    })
    .await;
    let offer = event(&node, &offered.session, |event| event["type"] == "offered").await;
    let ended = event(&node, &offered.session, |event| event["type"] == "offer_ended").await;
    assert_eq!(ended["why"], "timed_out", "{ended}");
    let next = event(&node, &waiting.session, |event| event["type"] == "offered").await;
    let alert = event(&node, &quiet.session, |event| event["type"] == "idle_alert").await;
    let talked = event(&node, &quiet.session, |event| event["type"] == "assigned").await;

    let expiry = millis(&ended["at"]) - millis(&offer["deadline"]);
    let turn = millis(&next["at"]) - millis(&ended["at"]);
    let idle = millis(&alert["at"]) - millis(&talked["at"]) - 4_000;
    println!(
        "back after {back} ms; late: the offer's end {expiry} ms, the next offer {turn} ms, the idle alert {idle} ms"
    );
    for (what, late) in [("the offer's end", expiry), ("the next offer", turn), ("the idle alert", idle)] {
        assert!((0..=LATE).contains(&late), "{what} was {late} ms late");
    }
}

/// The first such event of a session, as a supervisor reads it.
async fn event(node: &Node, session: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let url = format!("{}/v1/sessions/{session}/transcript", node.staff());
    until("an event", || async {
        let transcript = ask("GET", &url).bearer(KEY).send().await.good();
        transcript["events"].as_array().and_then(|events| events.iter().find(|event| wanted(event)).cloned())
    })
    .await
}

fn millis(at: &Value) -> i64 {
    let text = at.as_str().unwrap_or_else(|| panic!("no time in {}", json!(at)));
    text.parse::<jiff::Timestamp>().expect("a time").as_millisecond()
}
