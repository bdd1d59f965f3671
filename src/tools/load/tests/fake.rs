//! A pretended server: the few routes that the load tool uses, in memory, with faults on demand. It keeps the promises and
//! nothing else; the real server is tested elsewhere.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::tools::clock::Clock;

/// What goes wrong; 0 is never.
#[derive(Clone, Copy)]
pub(super) struct Faults {
    /// Stores it, and loses the connection instead of answering.
    pub lose_answer_every: u64,
    /// Loses the connection and stores nothing.
    pub lose_send_every: u64,
    /// Answers 503 unknown, having stored it.
    pub busy_every: u64,
    /// Says on the socket that it is about to stop, before it answers.
    pub leave_every: u64,
}

impl Faults {
    pub const NONE: Self = Self { lose_answer_every: 0, lose_send_every: 0, busy_every: 0, leave_every: 0 };
}

#[derive(Default)]
struct Session {
    nick: String,
    events: Vec<Value>,
    ids: HashMap<String, u64>,
    /// To whom it is offered.
    offered: Option<String>,
}

#[derive(Default)]
struct World {
    sessions: HashMap<String, Session>,
    keys: HashMap<String, String>,
}

struct Inner {
    world: Mutex<World>,
    changed: watch::Sender<()>,
    faults: Faults,
    sends: AtomicU64,
    sockets: AtomicU64,
}

type Server = Arc<Inner>;

/// The pretended cluster: several addresses of one memory.
pub(super) struct Fake {
    ports: Vec<u16>,
    server: Server,
}

/// What becomes of a send.
enum Fate {
    Acked(u64),
    Busy,
    Gone,
}

impl Fake {
    pub async fn start(nodes: usize, faults: Faults) -> Self {
        let changed = watch::channel(()).0;
        let inner = Inner {
            world: Mutex::default(),
            changed,
            faults,
            sends: AtomicU64::new(0),
            sockets: AtomicU64::new(0),
        };
        let server = Arc::new(inner);
        let mut ports = Vec::new();
        for _ in 0..nodes {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            ports.push(listener.local_addr().unwrap().port());
            let app = router(Arc::clone(&server));
            Clock::spawn(async move {
                axum::serve(listener, app).await.unwrap();
            });
        }
        Self { ports, server }
    }

    /// WebSockets that were opened.
    pub fn sockets(&self) -> u64 {
        self.server.sockets.load(Ordering::Relaxed)
    }

    pub fn urls(&self) -> Vec<String> {
        self.ports.iter().map(|port| format!("http://127.0.0.1:{port}")).collect()
    }
}

fn router(server: Server) -> Router {
    Router::new()
        .route("/v1/sessions", post(create))
        .route("/v1/sessions/{s}/ws", get(customer_socket))
        .route("/v1/sessions/{s}/events", get(events))
        .route("/v1/sessions/{s}/messages", post(message))
        .route("/v1/sessions/{s}/close", post(close))
        .route("/v1/sessions/{s}/transcript", get(transcript))
        .route("/v1/sign-in", post(sign_in))
        .route("/v1/agents/me/ws", get(staff_socket))
        .with_state(server)
}

impl Inner {
    /// Whether the node is about to stop, by the count of sends.
    fn leaves(&self, frame: &Value) -> bool {
        let sends = self.sends.load(Ordering::Relaxed) + 1;
        frame["op"] == "send" && self.faults.leave_every > 0 && sends.is_multiple_of(self.faults.leave_every)
    }

    /// Adds an event once per id; its seq.
    fn add(&self, session: &str, mut event: Value) -> u64 {
        let mut world = self.world.lock();
        let session = world.sessions.get_mut(session).expect("the session exists");
        let id = event["id"].as_str().map(str::to_owned);
        if let Some(seq) = id.as_ref().and_then(|id| session.ids.get(id)) {
            return *seq;
        }
        let seq = session.events.len() as u64 + 1;
        event["seq"] = seq.into();
        event["audience"] = "all".into();
        session.events.push(event);
        session.ids.extend(id.map(|id| (id, seq)));
        drop(world);
        self.changed.send_replace(());
        seq
    }

    fn after(&self, session: &str, from: u64) -> Vec<Value> {
        let world = self.world.lock();
        let events = world.sessions.get(session).map(|session| &session.events[..]).unwrap_or_default();
        events.get(from as usize..).unwrap_or_default().to_vec()
    }

    fn send(&self, session: &str, by: u64, body: &Value) -> Fate {
        let count = self.sends.fetch_add(1, Ordering::Relaxed) + 1;
        let hit = |every: u64| every > 0 && count.is_multiple_of(every);
        if hit(self.faults.lose_send_every) {
            return Fate::Gone;
        }
        let event = json!({"type": "message", "by": by, "id": body["id"], "text": body["text"]});
        let seq = self.add(session, event);
        match (hit(self.faults.lose_answer_every), hit(self.faults.busy_every)) {
            (true, _) => Fate::Gone,
            (false, true) => Fate::Busy,
            (false, false) => Fate::Acked(seq),
        }
    }
}

async fn create(State(server): State<Server>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    let mut world = server.world.lock();
    let fresh = uuid::Uuid::from_u128(world.sessions.len() as u128 + 1).to_string();
    let id = world.keys.entry(key).or_insert_with(|| fresh.clone()).clone();
    if id == fresh {
        let nick = body["nick"].as_str().unwrap().to_owned();
        world.sessions.insert(id.clone(), Session { nick, ..Session::default() });
    }
    drop(world);
    server.add(&id, json!({"type": "created", "id": "create"}));
    (StatusCode::CREATED, Json(json!({"session": id, "token": "t", "party": 1, "seq": 1}))).into_response()
}

async fn sign_in(Json(body): Json<Value>) -> Response {
    if body["password"] != "secret" {
        let problem = json!({"status": 401, "code": "sign_in_failed", "detail": "no such agent or password"});
        return (StatusCode::UNAUTHORIZED, Json(problem)).into_response();
    }
    Json(json!({"token": body["agent"], "agent": body["agent"]})).into_response()
}

async fn transcript(State(server): State<Server>, Path(session): Path<String>) -> Json<Value> {
    Json(json!({"session": session, "events": server.after(&session, 0)}))
}

async fn message(State(server): State<Server>, Path(s): Path<String>, Json(body): Json<Value>) -> Response {
    match server.send(&s, 1, &body) {
        Fate::Acked(seq) => Json(json!({"id": body["id"], "seq": seq, "repeated": false})).into_response(),
        Fate::Busy => {
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"status": 503, "code": "unknown"}))).into_response()
        }
        Fate::Gone => StatusCode::BAD_GATEWAY.into_response(),
    }
}

async fn close(State(server): State<Server>, Path(session): Path<String>) -> Json<Value> {
    Json(json!({"seq": server.add(&session, json!({"type": "closed", "by": 1, "id": "close"}))}))
}

async fn events(
    State(server): State<Server>,
    Path(session): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let from = query["from"].parse().unwrap();
    let mut changed = server.changed.subscribe();
    let mut events = server.after(&session, from);
    while events.is_empty() {
        changed.changed().await.unwrap();
        events = server.after(&session, from);
    }
    let next = from + events.len() as u64;
    if headers.get("accept").is_some_and(|accept| accept == "text/event-stream") {
        // A stream that breaks off after what there is: the client must resume.
        let text: Vec<_> =
            events.iter().map(|e| format!("id: {}\nevent: x\ndata: {e}\n\n", e["seq"])).collect();
        return ([("content-type", "text/event-stream")], text.concat()).into_response();
    }
    Json(json!({"events": events, "next": next, "state": "online"})).into_response()
}

async fn customer_socket(
    State(server): State<Server>,
    Path(session): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let mut watched = HashMap::from([(session, query["from"].parse().unwrap())]);
    upgrade.on_upgrade(async move |mut socket| {
        serve(&server, &mut socket, &mut watched, None).await;
    })
}

async fn staff_socket(
    State(server): State<Server>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let agent = headers["authorization"].to_str().unwrap().trim_start_matches("Bearer ").to_owned();
    upgrade.on_upgrade(async move |mut socket| {
        serve(&server, &mut socket, &mut HashMap::new(), Some(&agent)).await;
    })
}

/// Serves a socket until it is gone; `watched` says from where which session is shown.
async fn serve(
    server: &Server,
    socket: &mut WebSocket,
    watched: &mut HashMap<String, u64>,
    agent: Option<&str>,
) {
    server.sockets.fetch_add(1, Ordering::Relaxed);
    let mut changed = server.changed.subscribe();
    let mut told = HashSet::new();
    loop {
        if let Some(agent) = agent {
            for offer in offers(server, agent, &mut told) {
                let _ = socket.send(Message::text(offer.to_string())).await;
            }
        }
        for (session, from) in watched.iter_mut() {
            for event in server.after(session, *from) {
                *from = event["seq"].as_u64().unwrap();
                let frame = match agent {
                    Some(_) => json!({"event": event, "session": session}),
                    None => json!({"event": event}),
                };
                let _ = socket.send(Message::text(frame.to_string())).await;
            }
        }
        tokio::select! {
            _ = changed.changed() => {}
            got = socket.recv() => {
                let Some(Ok(Message::Text(text))) = got else { return };
                let frame: Value = serde_json::from_str(&text).unwrap();
                if server.leaves(&frame) {
                    let _ = socket.send(Message::text(r#"{"resume":{"within_ms":2000}}"#)).await;
                }
                match operate(server, watched, agent, &frame) {
                    Some(Value::Null) => {}
                    Some(answer) => drop(socket.send(Message::text(answer.to_string())).await),
                    None => {
                        let resume = CloseFrame { code: 4000, reason: "resume".into() };
                        let _ = socket.send(Message::Close(Some(resume))).await;
                        return;
                    }
                }
            }
        }
    }
}

/// Sessions that are offered to an agent, or to nobody yet; each once per socket.
fn offers(server: &Server, agent: &str, told: &mut HashSet<String>) -> Vec<Value> {
    let mut world = server.world.lock();
    let waiting = world.sessions.iter_mut().filter(|(id, session)| {
        !session.ids.contains_key("join")
            && session.offered.as_deref().is_none_or(|other| other == agent)
            && told.insert((*id).clone())
    });
    let offer = |(id, session): (&String, &mut Session)| {
        session.offered = Some(agent.to_owned());
        json!({"offer": {"reservation": "r", "session": id, "queue": "q", "nick": session.nick}})
    };
    waiting.map(offer).collect()
}

/// Does what a frame asks for; `None` loses the connection, null is no answer.
fn operate(
    server: &Server,
    watched: &mut HashMap<String, u64>,
    agent: Option<&str>,
    frame: &Value,
) -> Option<Value> {
    let own = watched.keys().next().cloned().unwrap_or_default();
    let session = frame["session"].as_str().map_or(own, str::to_owned);
    let id = frame["id"].clone();
    let ack = |seq: u64| Some(json!({"ack": {"id": id, "seq": seq, "session": session}}));
    match frame["op"].as_str().unwrap() {
        "send" => match server.send(&session, if agent.is_some() { 2 } else { 1 }, frame) {
            Fate::Acked(seq) => ack(seq),
            Fate::Busy => {
                Some(json!({"refused": {"id": id, "status": 503, "code": "unknown", "session": session}}))
            }
            Fate::Gone => None,
        },
        "accept" => {
            let party = json!({"party": 2, "role": "agent", "agent": agent});
            server.add(&session, json!({"type": "joined", "id": "join", "party": party}));
            watched.insert(session.clone(), 0);
            ack(2)
        }
        "watch" => {
            watched.insert(session, frame["from"].as_u64().unwrap());
            Some(Value::Null)
        }
        "unwatch" => {
            watched.remove(&session);
            Some(Value::Null)
        }
        "close" => ack(server.add(&session, json!({"type": "closed", "by": 1, "id": "close"}))),
        "conclude" => ack(server.add(&session, json!({"type": "concluded", "id": "conclude"}))),
        _ => Some(Value::Null),
    }
}
