//! A WebSocket of a load client, with small buffers since a run has thousands. Never reconnects.

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::{Got, Refusal};
use crate::limits::{LOAD_ANSWER_WAIT, LOAD_CONNECT_WAIT};

/// A WebSocket.
pub(in super::super) struct SocketLink {
    stream: WebSocketStream<TcpStream>,
    /// Its number in the history.
    pub number: u32,
}

impl SocketLink {
    /// Connects to `base` (http) and asks for the socket at `path`. A node that takes the connection and says nothing, as one
    /// that was stopped does, is given up as soon as one that is not there.
    pub async fn connect(base: &str, path: &str, token: &str, number: u32) -> Result<Self, Refusal> {
        let opened = timeout(LOAD_CONNECT_WAIT, Self::open(base, path, token)).await;
        opened.unwrap_or(Err(Refusal::Passing)).map(|stream| Self { stream, number })
    }

    async fn open(base: &str, path: &str, token: &str) -> Result<WebSocketStream<TcpStream>, Refusal> {
        let url = reqwest::Url::parse(base).map_err(|_| Refusal::Passing)?;
        let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(80));
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let Ok(tcp) = TcpStream::connect((host, port)).await else { return Err(Refusal::Passing) };
        // Without it small frames wait for acknowledgements of the network; a failure only costs time.
        let _ = tcp.set_nodelay(true);
        let address = format!("{}{path}", base.replacen("http", "ws", 1));
        let mut request = address.into_client_request().map_err(|_| Refusal::Passing)?;
        let bearer = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| Refusal::Denied)?;
        request.headers_mut().insert("authorization", bearer);
        let config = WebSocketConfig::default().read_buffer_size(8 * 1024).write_buffer_size(4 * 1024);
        match client_async_with_config(request, tcp, Some(config)).await {
            Ok((stream, _)) => Ok(stream),
            Err(Error::Http(response)) => Err(Refusal::of(response.status().as_u16())),
            Err(_) => Err(Refusal::Passing),
        }
    }

    /// Sends a frame with the next flush. Says whether the connection still stands.
    pub async fn feed(&mut self, text: String) -> bool {
        matches!(timeout(LOAD_ANSWER_WAIT, self.stream.feed(Message::text(text))).await, Ok(Ok(())))
    }

    /// Sends a frame at once.
    pub async fn send(&mut self, text: String) -> bool {
        self.feed(text).await && self.flush().await
    }

    /// Lets out what was fed.
    pub async fn flush(&mut self) -> bool {
        matches!(timeout(LOAD_ANSWER_WAIT, self.stream.flush()).await, Ok(Ok(())))
    }

    /// The next that comes out.
    pub async fn next(&mut self) -> Got {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => return Got::Frame(text),
                Some(Ok(Message::Close(frame))) => return closed(frame.as_ref()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Got::Lost,
            }
        }
    }

    /// Says goodbye; nobody waits for the answer.
    pub async fn leave(&mut self) {
        let _ = timeout(LOAD_CONNECT_WAIT, self.stream.close(None)).await;
    }
}

fn closed(frame: Option<&CloseFrame>) -> Got {
    match frame.map(|frame| u16::from(frame.code)) {
        Some(4001) => Got::Denied,
        Some(4002) => Got::Over,
        _ => Got::Lost,
    }
}
