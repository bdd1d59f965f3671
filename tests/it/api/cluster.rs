//! The cluster's routes and commands on a node that has none: it says so, to admins only.

use super::super::support::http::ask;
use super::super::support::{Agent, Node};

const CHANGES: [&str; 4] = ["promote", "drain", "undrain", "remove"];

#[tokio::test]
async fn a_node_on_the_embedded_store_has_no_cluster_and_says_so() {
    let node = Node::start().await;
    let status = node.admin("GET", "/cluster.json").send().await;
    assert_eq!((status.status, status.code().as_str()), (409, "no_cluster"), "{}", status.text);
    for change in CHANGES {
        let path = format!("/cluster/{change}");
        let answer = node.admin("POST", &path).text("{\"node\":\"n1\"}").send().await;
        assert_eq!((answer.status, answer.code().as_str()), (409, "no_cluster"), "{}", answer.text);
    }
    let said = node.command_line(&["cluster", "status"]).await;
    assert_eq!(said.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&said.stderr).contains("no member of a cluster"), "{said:?}");
    let drain = node.command_line(&["cluster", "drain", "n1"]).await;
    assert_eq!(drain.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&drain.stderr).contains("no member of a cluster"), "{drain:?}");
}

#[tokio::test]
async fn only_admins_reach_the_cluster() {
    let node = Node::start().await;
    let ann = Agent::sign_in(&node, "ann").await;
    let status = format!("{}/cluster.json", node.ops());
    assert_eq!(ask("GET", &status).send().await.status, 401);
    assert_eq!(ask("GET", &status).bearer(&ann.token).send().await.status, 403);
    for change in CHANGES {
        let url = format!("{}/cluster/{change}", node.ops());
        let body = "{\"node\":\"n1\"}";
        assert_eq!(ask("POST", &url).text(body).send().await.status, 401);
        assert_eq!(ask("POST", &url).bearer(&ann.token).text(body).send().await.status, 403);
    }
}

#[tokio::test]
async fn the_page_is_there_for_everybody_and_tells_nothing() {
    let node = Node::start().await;
    let page = ask("GET", &format!("{}/cluster", node.ops())).send().await;
    assert_eq!((page.status, page.kind.as_str()), (200, "text/html; charset=utf-8"));
    for asset in ["cluster.js", "cluster.css", "style.css"] {
        assert_eq!(ask("GET", &format!("{}/assets/{asset}", node.ops())).send().await.status, 200, "{asset}");
    }
}
