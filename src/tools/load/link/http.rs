//! A customer without a WebSocket: sends are requests of their own, events come by server-sent events or by long polls.
//! Answers and events come out as the frames that a socket would have given.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::super::options::Transport;
use super::super::run::Run;
use super::Got;
use super::wire::Page;
use crate::limits::{LOAD_CONNECT_WAIT, LOAD_INBOX_FRAMES};
use crate::tools::clock::Clock;

/// Seconds that a poll may wait at the server; shorter than the client waits for an answer.
const POLL_SECONDS: u64 = 5;
/// Longest wait for the answer to a poll: the server's own wait, and that of a connection that carries something.
const POLL_WAIT: Duration = Duration::from_secs(POLL_SECONDS).saturating_add(LOAD_CONNECT_WAIT);

/// A customer's requests and stream.
pub(in super::super) struct HttpLink {
    shared: Arc<Shared>,
    inbox: Receiver<Got>,
    /// Its number in the history.
    pub number: u32,
    /// Ends the tasks of this link when it is dropped.
    _stop: DropGuard,
}

struct Shared {
    run: Arc<Run>,
    /// Address of the session at one node.
    session: String,
    token: String,
    frames: Sender<Got>,
    stop: CancellationToken,
}

impl HttpLink {
    /// Begins to listen after seq `from`; `session` is the session's address at one node.
    pub fn open(run: &Arc<Run>, session: String, token: &str, from: u64) -> Self {
        let (frames, inbox) = channel(LOAD_INBOX_FRAMES);
        let stop = CancellationToken::new();
        let token = token.to_owned();
        let shared = Arc::new(Shared { run: Arc::clone(run), session, token, frames, stop: stop.clone() });
        let listener = Arc::clone(&shared);
        shared.spawn(async move {
            let end = match listener.run.options.transport {
                Transport::Poll => listener.poll(from).await,
                Transport::Ws | Transport::Sse => listener.stream(from).await,
            };
            let _ = listener.frames.send(end).await;
        });
        Self { shared, inbox, number: run.connection(), _stop: stop.drop_guard() }
    }

    /// Sends a request without waiting; its answer comes out as a frame. It always says that the connection stands.
    pub fn post(&self, what: &'static str, body: String) -> bool {
        let shared = Arc::clone(&self.shared);
        self.shared.spawn(async move {
            let got = shared.request(what, body).await.unwrap_or(Got::Lost);
            let _ = shared.frames.send(got).await;
        });
        true
    }

    /// The next that comes out.
    pub async fn next(&mut self) -> Got {
        self.inbox.recv().await.unwrap_or(Got::Lost)
    }
}

impl Shared {
    /// Runs a task that ends with the link.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        Clock::spawn(async move {
            stop.run_until_cancelled(task).await;
        });
    }

    async fn request(&self, what: &str, body: String) -> Option<Got> {
        let id = serde_json::from_str::<Id<'_>>(&body).map(|body| body.id.to_owned()).ok()?;
        let request = self.run.http.post(format!("{}/{what}", self.session)).bearer_auth(&self.token);
        let answer = request.header("content-type", "application/json").body(body).send().await.ok()?;
        let (good, status) = (answer.status().is_success(), answer.status().as_u16());
        let text = answer.text().await.ok()?;
        let fields = text.trim().strip_prefix('{').unwrap_or("}");
        let comma = if fields.trim_start().starts_with('}') { "" } else { "," };
        Some(Got::Frame(match good {
            true if fields.contains("\"id\":") => format!("{{\"ack\":{{{fields}}}").into(),
            true => format!("{{\"ack\":{{\"id\":\"{id}\"{comma}{fields}}}").into(),
            false if fields.contains("\"status\":") => {
                format!("{{\"refused\":{{\"id\":\"{id}\"{comma}{fields}}}").into()
            }
            // Not of our server: a proxy, or a node that is going down.
            false => format!("{{\"refused\":{{\"id\":\"{id}\",\"status\":{status}}}}}").into(),
        }))
    }

    async fn poll(&self, mut from: u64) -> Got {
        loop {
            let url = format!("{}/events?from={from}&wait={POLL_SECONDS}&limit=500", self.session);
            let request = self.run.http.get(url).bearer_auth(&self.token).timeout(POLL_WAIT);
            let Ok(answer) = request.send().await else { return Got::Lost };
            if let Some(end) = ended(answer.status().as_u16()) {
                return end;
            }
            let Ok(text) = answer.text().await else { return Got::Lost };
            let Ok(page) = serde_json::from_str::<Page<'_>>(&text) else { return Got::Lost };
            for event in &page.events {
                self.event(event.get()).await;
            }
            from = page.next.max(from);
        }
    }

    async fn stream(&self, from: u64) -> Got {
        let url = format!("{}/events?from={from}", self.session);
        let request = self.run.http.get(url).bearer_auth(&self.token).timeout(Duration::MAX);
        let asked = request.header("accept", "text/event-stream").send();
        let Ok(Ok(mut answer)) = timeout(LOAD_CONNECT_WAIT, asked).await else { return Got::Lost };
        if let Some(end) = ended(answer.status().as_u16()) {
            return end;
        }
        let mut buffer = Vec::new();
        while let Ok(Some(chunk)) = answer.chunk().await {
            buffer.extend_from_slice(&chunk);
            let whole = buffer.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
            for line in String::from_utf8_lossy(&buffer[..whole]).lines() {
                if let Some(data) = line.strip_prefix("data:") {
                    self.event(data.trim_start()).await;
                }
            }
            buffer.drain(..whole);
        }
        Got::Lost
    }

    async fn event(&self, json: &str) {
        let _ = self.frames.send(Got::Frame(format!("{{\"event\":{json}}}").into())).await;
    }
}

#[derive(serde::Deserialize)]
struct Id<'a> {
    id: &'a str,
}

/// What a status says about the rest of a stream; `None` if it goes on.
fn ended(status: u16) -> Option<Got> {
    match status {
        200..=299 => None,
        401 | 403 => Some(Got::Denied),
        404 | 410 => Some(Got::Over),
        _ => Some(Got::Lost),
    }
}
