//! A WebSocket as pages open it: frames in, frames out, each wait bounded. Never answers anything by itself.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::Request;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::wait::PATIENCE;

/// An open WebSocket.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// What a socket gives next.
#[derive(Clone, Debug)]
pub enum Next {
    /// A frame.
    Frame(Value),
    /// The server closed it with this code; 0 when the connection was cut.
    Closed(u16),
}

fn request(url: &str, token: &str) -> Request<()> {
    let mut request = url.replacen("http", "ws", 1).into_client_request().expect("a URL");
    let protocols = format!("holdfast.v1, bearer.{token}");
    request.headers_mut().insert("sec-websocket-protocol", protocols.parse().expect("a header"));
    request
}

impl Socket {
    /// Opens it; `None` when nothing answers or the token is refused.
    pub async fn open(url: &str, token: &str) -> Option<Self> {
        let (stream, _) = tokio_tungstenite::connect_async(request(url, token)).await.ok()?;
        Some(Self { stream })
    }

    /// Opens it over a connection whose system keeps hardly anything for a reader that does not read.
    pub async fn open_narrow(url: &str, token: &str) -> Self {
        let address = url.trim_start_matches("http://").split('/').next().unwrap_or_default();
        let narrow = tokio::net::TcpSocket::new_v4().expect("a socket");
        narrow.set_recv_buffer_size(4096).expect("a small buffer");
        let stream = narrow.connect(address.parse().expect("an address")).await.expect("connected");
        let stream = MaybeTlsStream::Plain(stream);
        let (stream, _) =
            tokio_tungstenite::client_async(request(url, token), stream).await.expect("a WebSocket");
        Self { stream }
    }

    /// Sends a frame; `false` when the connection is gone.
    pub async fn send(&mut self, frame: &Value) -> bool {
        self.stream.send(Message::text(frame.to_string())).await.is_ok()
    }

    /// The next frame or the end.
    pub async fn next(&mut self) -> Next {
        tokio::time::timeout(PATIENCE, self.read()).await.expect("a frame in time")
    }

    async fn read(&mut self) -> Next {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => {
                    return Next::Frame(serde_json::from_str(&text).expect("frames are JSON"));
                }
                Some(Ok(Message::Close(frame))) => {
                    return Next::Closed(frame.map_or(0, |frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Next::Closed(0),
            }
        }
    }

    /// Reads on to the first frame that `wanted` wants, and answers what it made of it.
    pub async fn find<T>(&mut self, mut wanted: impl FnMut(&Value) -> Option<T>) -> T {
        loop {
            match self.next().await {
                Next::Frame(frame) => {
                    if let Some(found) = wanted(&frame) {
                        return found;
                    }
                }
                Next::Closed(code) => panic!("closed with {code} before what was waited for"),
            }
        }
    }

    /// Reads on to the end; answers its code.
    pub async fn end(&mut self) -> u16 {
        loop {
            if let Next::Closed(code) = self.next().await {
                return code;
            }
        }
    }

    /// Reads on to the joining of a party with this role.
    pub async fn joined(&mut self, role: &str) -> Value {
        let came =
            |frame: &Value| frame["event"]["type"] == "joined" && frame["event"]["party"]["role"] == role;
        self.find(|frame| came(frame).then(|| frame["event"].clone())).await
    }

    /// Reads on to a message with this text; answers the event.
    pub async fn message(&mut self, text: &str) -> Value {
        let said = |frame: &Value| frame["event"]["type"] == "message" && frame["event"]["text"] == text;
        self.find(|frame| said(frame).then(|| frame["event"].clone())).await
    }

    /// Reads on to the acknowledgement of a message; answers its seq.
    pub async fn ack(&mut self, id: &str) -> u64 {
        self.find(|frame| {
            assert!(frame["refused"]["id"] != id, "{frame}");
            (frame["ack"]["id"] == id).then(|| frame["ack"]["seq"].as_u64().expect("a seq"))
        })
        .await
    }
}
