//! The cluster's routes over a steward that remembers what it was asked.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use parking_lot::Mutex;
use tower::ServiceExt as _;

use super::super::super::config::Role;
use super::super::super::lifecycle::Life;
use super::super::{Admit, Person};
use super::*;
use crate::runtime::Real;
use crate::shard::door::StaffDoor;

/// Knows `n1`; `n2` is asked at the wrong moment, and of `n3` nothing is certain.
#[derive(Default)]
struct Recorder(Mutex<Vec<(Act, String)>>);

impl Steward for Recorder {
    fn report(&self) -> Report {
        Report {
            node: "n1".into(),
            release: "1".into(),
            at: 1,
            generation: 1,
            level: 1,
            raft: Raft::default(),
            nodes: vec![Node { name: "n1".into(), ..Node::default() }],
            shards: Vec::new(),
            edges: 0,
            takeovers: Vec::new(),
        }
    }

    fn act(&self, act: Act, node: &str) -> Wait<Result<bool, Unable>> {
        self.0.lock().push((act, node.to_owned()));
        let done = match node {
            "n1" => Ok(act == Act::Drain),
            "n2" => Err(Unable::NotNow("it is up".into())),
            "n3" => Err(Unable::Unknown("no answer".into())),
            _ => Err(Unable::NoSuchNode),
        };
        Box::pin(std::future::ready(done))
    }
}

/// `admin` is one, `ann` is known, nobody else is.
struct Known;

impl Admit for Known {
    fn admit(&self, bearer: &str) -> Option<Person> {
        let admin = bearer == "admin";
        (admin || bearer == "ann").then(|| Person { name: bearer.to_owned(), admin })
    }
}

async fn ops(cluster: Option<Arc<dyn Steward>>) -> Router {
    let runtime = Real::start();
    let ops = Ops::new(Life::default(), runtime.clone());
    ops.open(Inside { door: door().await, admit: Arc::new(Known), cluster });
    ops.router(Role::Node)
}

/// The door of a node that is never asked anything here.
async fn door() -> Arc<dyn StaffDoor> {
    use crate::store::rows::embedded::tests::disk::Disk;
    use crate::store::rows::embedded::{Options, open_at};
    let options =
        Options { reserve_bytes: 0, cache_bytes: 1 << 20, die: Arc::new(|_| ()), ..Options::new("unused") };
    let store = open_at(Box::new(Disk::new()), options).expect("it opens");
    crate::shard::start(Real::start(), store, 1).await.expect("the shards start").door
}

async fn ask(
    router: &Router,
    (method, path): (&str, &str),
    bearer: &str,
    body: &str,
) -> (StatusCode, String) {
    let request = Request::builder().method(method).uri(path);
    let request = request.header("authorization", format!("Bearer {bearer}"));
    let request = request.body(Body::from(body.to_owned())).expect("a request");
    let response = router.clone().oneshot(request).await.expect("an answer");
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

const ROUTES: [(&str, &str); 5] = [
    ("GET", "/cluster.json"),
    ("POST", "/cluster/promote"),
    ("POST", "/cluster/drain"),
    ("POST", "/cluster/undrain"),
    ("POST", "/cluster/remove"),
];

#[tokio::test]
async fn nobody_but_an_admin_sees_or_changes_the_cluster() {
    let recorder = Arc::<Recorder>::default();
    let router = ops(Some(recorder.clone())).await;
    for route in ROUTES {
        let body = r#"{"node":"n1"}"#;
        assert_eq!(ask(&router, route, "nobody", body).await.0, StatusCode::UNAUTHORIZED, "{route:?}");
        assert_eq!(ask(&router, route, "ann", body).await.0, StatusCode::FORBIDDEN, "{route:?}");
    }
    assert!(recorder.0.lock().is_empty(), "nothing was done");
    for route in ROUTES {
        assert_eq!(ask(&router, route, "admin", r#"{"node":"n1"}"#).await.0, StatusCode::OK, "{route:?}");
    }
    let done: Vec<Act> = recorder.0.lock().iter().map(|(act, _)| *act).collect();
    assert_eq!(done, [Act::Promote, Act::Drain, Act::Undrain, Act::Remove]);
}

#[tokio::test]
async fn what_is_not_done_says_why() {
    let router = ops(Some(Arc::<Recorder>::default())).await;
    let drain = ("POST", "/cluster/drain");
    for (body, status, code) in [
        (r#"{"node":"n1"}"#, StatusCode::OK, r#""outcome":"done""#),
        (r#"{"node":"n2"}"#, StatusCode::CONFLICT, "not_now"),
        (r#"{"node":"n3"}"#, StatusCode::SERVICE_UNAVAILABLE, "unknown"),
        (r#"{"node":"n9"}"#, StatusCode::NOT_FOUND, "no_such_node"),
        (r#"{"name":"n1"}"#, StatusCode::BAD_REQUEST, "malformed"),
        ("", StatusCode::BAD_REQUEST, "malformed"),
    ] {
        let (found, text) = ask(&router, drain, "admin", body).await;
        assert!(found == status && text.contains(code), "{body}: {found} {text}");
    }
    let (_, text) = ask(&router, ("POST", "/cluster/undrain"), "admin", r#"{"node":"n1"}"#).await;
    assert!(text.contains(r#""outcome":"unchanged""#), "{text}");
}

#[tokio::test]
async fn a_node_without_a_cluster_says_so() {
    let router = ops(None).await;
    for route in ROUTES {
        let (status, text) = ask(&router, route, "admin", r#"{"node":"n1"}"#).await;
        assert_eq!(status, StatusCode::CONFLICT, "{route:?}");
        assert!(text.contains("no_cluster") && text.contains("embedded"), "{text}");
    }
}

#[tokio::test]
async fn the_page_finds_its_files_and_holds_nothing_in_itself() {
    let router = ops(None).await;
    let (status, page) = ask(&router, ("GET", "/cluster"), "", "").await;
    assert_eq!(status, StatusCode::OK);
    assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains(" onclick="), "{page}");
    let named = ["src=\"", "href=\""].into_iter().flat_map(|mark| page.split(mark).skip(1));
    let named: Vec<&str> = named.filter_map(|rest| rest.split('"').next()).collect();
    let files = named.iter().filter(|name| name.starts_with("assets/"));
    let mut count = 0;
    for file in files {
        count += 1;
        assert_eq!(ask(&router, ("GET", &format!("/{file}")), "", "").await.0, StatusCode::OK, "{file}");
    }
    assert!(count >= 3, "{named:?}");
}
