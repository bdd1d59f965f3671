//! Requests as clients make them, and answers as tests read them. Never repeats a request by itself.

use std::sync::LazyLock;

use serde_json::Value;

/// One client for all tests of the process.
static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    // A connection that outlives the node it led to would fail the request after a restart.
    let client = reqwest::Client::builder().pool_max_idle_per_host(0).timeout(super::wait::PATIENCE).build();
    client.expect("a client")
});

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Content type.
    pub kind: String,
    /// `etag`, without quotes.
    pub tag: String,
    /// `x-request-id`.
    pub id: String,
    /// `retry-after`, in seconds.
    pub retry: Option<u64>,
    /// The body as text.
    pub text: String,
}

impl Answer {
    /// The body as JSON; `null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The body as JSON of an answer that must be a success.
    #[track_caller]
    pub fn good(&self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.text);
        self.json()
    }

    /// The `code` of a problem.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// A request that is being made.
pub struct Ask(reqwest::RequestBuilder);

/// A request to a URL.
pub fn ask(method: &str, url: &str) -> Ask {
    let method = method.parse().expect("a method");
    Ask(CLIENT.request(method, url))
}

impl Ask {
    /// With a token or key.
    pub fn bearer(self, token: &str) -> Self {
        Self(self.0.bearer_auth(token))
    }

    /// With a header.
    pub fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    /// With a JSON body.
    pub fn json(self, body: &Value) -> Self {
        Self(self.0.json(body))
    }

    /// With a body of text.
    pub fn text(self, body: impl Into<String>) -> Self {
        Self(self.0.body(body.into()))
    }

    /// With a body of bytes.
    pub fn text_body(self, body: impl Into<reqwest::Body>) -> Self {
        Self(self.0.body(body))
    }

    /// Sends it and leaves the body open, as a stream is.
    pub async fn open(self) -> Stream {
        Stream(self.0.send().await.expect("an answer"))
    }

    /// Sends it; `None` when nothing came back, as from a node that is gone.
    pub async fn maybe(self) -> Option<Answer> {
        let response = self.0.send().await.ok()?;
        let header = |name: &str| {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().trim_matches('"').to_owned()
        };
        let (status, kind) = (response.status().as_u16(), header("content-type"));
        let (tag, id) = (header("etag"), header("x-request-id"));
        let retry = header("retry-after").parse().ok();
        let text = response.text().await.ok()?;
        Some(Answer { status, kind, tag, id, retry, text })
    }

    /// Sends it and answers what came back.
    pub async fn send(self) -> Answer {
        self.maybe().await.expect("an answer")
    }
}

/// A body that is still coming.
pub struct Stream(reqwest::Response);

impl Stream {
    /// The next part; fails the test when the stream ends.
    pub async fn part(&mut self) -> Vec<u8> {
        self.0.chunk().await.expect("a readable body").expect("more of the stream").to_vec()
    }
}

/// Events of an SSE body that ends with `ended`, or that was cut.
pub fn sse_events(body: &[u8]) -> Vec<Value> {
    let body = String::from_utf8_lossy(body);
    let data = body.lines().filter_map(|line| line.strip_prefix("data: "));
    let events = data.filter_map(|data| serde_json::from_str::<Value>(data).ok());
    events.filter(|event| event["seq"].is_u64()).collect()
}
