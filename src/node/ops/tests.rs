//! The ops routes before the store is open: probes and metrics answer, admin routes say "starting".

use axum::body::{Body, to_bytes};
use axum::http::Request;
use tower::ServiceExt as _;

use super::super::lifecycle::Phase;
use super::*;
use crate::runtime::Real;

async fn get_from(router: &Router, path: &str) -> (StatusCode, String) {
    let request = Request::builder().uri(path).body(Body::empty()).expect("a request");
    let response = router.clone().oneshot(request).await.expect("an answer");
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

#[tokio::test]
async fn probes_follow_the_phase() {
    let life = Life::default();
    let router = Ops::new(life.clone(), Real::start()).router(Role::Node);
    assert_eq!(get_from(&router, "/livez").await.0, StatusCode::OK);
    let (status, body) = get_from(&router, "/readyz").await;
    assert_eq!(
        (status, body.as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, r#"{"ready":false,"phase":"starting"}"#)
    );
    life.wait_for(Some("Cassandra".into()));
    let (status, body) = get_from(&router, "/readyz").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(body, r#"{"ready":false,"phase":"starting","reason":"Cassandra"}"#);
    life.enter(Phase::Ready);
    assert_eq!(
        get_from(&router, "/readyz").await,
        (StatusCode::OK, r#"{"ready":true,"phase":"ready"}"#.into())
    );
    life.enter(Phase::Draining);
    life.enter(Phase::Ready);
    let (status, body) = get_from(&router, "/readyz").await;
    assert_eq!(
        (status, body.as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, r#"{"ready":false,"phase":"draining"}"#)
    );
}

#[tokio::test]
async fn what_is_not_there_is_a_problem() {
    let router = Ops::new(Life::default(), Real::start()).router(Role::Node);
    let (status, body) = get_from(&router, "/v1/sessions").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(body.contains(r#""type":"/problems/not_found""#), "{body}");
    let (status, body) = get_from(&router, "/v1/config").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.contains("starting"), "{body}");
}

#[tokio::test]
async fn requests_of_the_ops_listener_are_counted() {
    let router = Ops::new(Life::default(), Real::start()).router(Role::Node);
    let (_, _) = get_from(&router, "/livez").await;
    let (_, text) = get_from(&router, "/metrics").await;
    assert!(text.contains(r#"holdfast_requests_total{outcome="ok",surface="ops"}"#), "{text}");
}

#[tokio::test]
async fn an_edge_tells_of_itself_and_has_no_route_for_admins() {
    let router = Ops::new(Life::default(), Real::start()).router(Role::Edge);
    assert_eq!(get_from(&router, "/livez").await.0, StatusCode::OK);
    assert_eq!(get_from(&router, "/metrics").await.0, StatusCode::OK);
    for path in ["/v1/config", "/v1/config/1", "/cluster", "/cluster.json"] {
        assert_eq!(get_from(&router, path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}
