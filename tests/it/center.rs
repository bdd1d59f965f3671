//! The contact center's configuration while a node runs: apply, diff, export, roll back, without a restart.

use std::process::Output;

use super::support::http::ask;
use super::support::node::center;
use super::support::{Customer, Node};

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn write(node: &Node, name: &str, text: &str) {
    std::fs::write(node.scratch().join(name), text).expect("written");
}

/// Whether a customer can reach a service.
async fn reachable(node: &Node, service: &str) -> bool {
    let body = serde_json::json!({"service": service});
    let answer = ask("POST", &format!("{}/v1/sessions", node.public())).json(&body).send().await;
    answer.status == 201
}

#[tokio::test]
async fn a_new_service_is_there_without_a_restart_and_gone_after_rolling_back() {
    let node = Node::start().await;
    let more = format!("{}\n[service.claims]\nunit = \"demo\"\nqueue = \"support\"\n", center());
    write(&node, "more.toml", &more);

    let diff = node.command_line(&["diff", "more.toml"]).await;
    assert_eq!(diff.status.code(), Some(1), "{}", said(&diff));
    assert!(said(&diff).contains("+ service.claims"), "{}", said(&diff));
    assert!(!reachable(&node, "claims").await);

    let applied = node.command_line(&["apply", "more.toml"]).await;
    assert!(applied.status.success(), "{}", said(&applied));
    assert!(said(&applied).contains("version 2 is in force"), "{}", said(&applied));
    assert!(reachable(&node, "claims").await);
    let same = node.command_line(&["diff", "more.toml"]).await;
    assert_eq!(same.status.code(), Some(0), "{}", said(&same));

    let back = node.command_line(&["apply", "--version", "1"]).await;
    assert!(said(&back).contains("version 3 is in force"), "{}", said(&back));
    assert!(!reachable(&node, "claims").await);
}

#[tokio::test]
async fn what_is_exported_can_be_applied() {
    let node = Node::start().await;
    let export = node.command_line(&["export"]).await;
    assert!(export.status.success(), "{}", said(&export));
    write(&node, "export.toml", &String::from_utf8_lossy(&export.stdout));
    let diff = node.command_line(&["diff", "export.toml"]).await;
    assert_eq!(diff.status.code(), Some(0), "{}", said(&diff));
}

#[tokio::test]
async fn several_files_are_one_configuration() {
    let node = Node::start().await;
    write(&node, "one.toml", &center());
    write(&node, "two.toml", "[service.claims]\nunit = \"demo\"\nqueue = \"sales\"\n");
    let applied = node.command_line(&["apply", "one.toml", "two.toml"]).await;
    assert!(applied.status.success(), "{}", said(&applied));
    assert!(reachable(&node, "claims").await && reachable(&node, "support").await);
}

#[tokio::test]
async fn a_wrong_configuration_changes_nothing() {
    let node = Node::start().await;
    let wrong = "[service.claims]\nunit = \"demo\"\nqueue = \"support\"\n";
    let answer = node.admin("PUT", "/v1/config").header("if-match", "1").text(wrong).send().await;
    assert_eq!((answer.status, answer.code().as_str()), (422, "invalid_config"), "{}", answer.text);
    assert!(
        answer.json()["findings"][0].as_str().is_some_and(|line| line.contains("service.claims")),
        "{}",
        answer.text
    );
    assert_eq!(node.admin("GET", "/v1/config").send().await.tag, "1");
    assert!(reachable(&node, "support").await);
}

#[tokio::test]
async fn two_people_cannot_overwrite_each_other() {
    let node = Node::start().await;
    let put = |base: &'static str| node.admin("PUT", "/v1/config").header("if-match", base).text(center());
    assert_eq!(put("1").send().await.status, 200);
    let second = put("1").send().await;
    assert_eq!((second.status, second.code().as_str()), (412, "version_conflict"), "{}", second.text);
    assert_eq!(second.json()["version"], 2);
    let blind = node.admin("PUT", "/v1/config").text(center()).send().await;
    assert_eq!(blind.status, 428, "{}", blind.text);
}

#[tokio::test]
async fn only_admins_reach_it() {
    let node = Node::start().await;
    let url = format!("{}/v1/config", node.ops());
    assert_eq!(ask("GET", &url).send().await.status, 401);
    assert_eq!(ask("GET", &url).bearer("hk_wrong").send().await.status, 401);
    let ann = super::support::Agent::sign_in(&node, "ann").await;
    assert_eq!(ask("GET", &url).bearer(&ann.token).send().await.status, 403);
    let sue = super::support::Agent::sign_in(&node, "sue").await;
    assert_eq!(ask("GET", &url).bearer(&sue.token).send().await.status, 200);
    let customer = Customer::create(&node, "support").await;
    assert_eq!(ask("GET", &url).bearer(&customer.token).send().await.status, 401);
}

#[tokio::test]
async fn it_survives_a_kill_and_changes_are_audited() {
    let mut node = Node::start().await;
    let answer = node.admin("PUT", "/v1/config").header("if-match", "1").text(center()).send().await;
    assert_eq!(answer.good()["version"], 2);
    node.kill();
    node.start_again().await;
    let answer = node.admin("GET", "/v1/config").send().await;
    assert_eq!((answer.status, answer.tag.as_str()), (200, "2"));
    assert_eq!(node.admin("GET", "/v1/config/1").send().await.status, 200);
    assert_eq!(node.admin("GET", "/v1/config/9").send().await.status, 404);
    let log = node.log();
    let audited =
        log.lines().find(|line| line.contains("\"target\":\"audit\"") && line.contains("version 2"));
    assert!(audited.is_some_and(|line| line.contains("key:tests")), "{log}");
}
