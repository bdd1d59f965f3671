//! Customers, each with one session and one WebSocket, who send a text and wait for its acknowledgement before the next.
//! The same for the node and for the floor; never judges what it is told.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::spread::Spread;

/// Before a figure counts.
const WARM: Duration = Duration::from_secs(2);

#[derive(Deserialize)]
struct Entered {
    session: String,
    token: String,
}

/// A send's answer, or anything else that comes.
#[derive(Deserialize)]
struct Frame {
    ack: Option<serde_json::Value>,
    refused: Option<serde_json::Value>,
}

/// Sends for so many seconds.
#[expect(clippy::disallowed_methods, reason = "a bench has its own clock and tasks")]
pub async fn run(url: &str, sessions: u64, (seconds, bytes): (u64, usize)) -> Result<()> {
    let mut customers = Vec::new();
    for number in 0..sessions {
        customers.push(enter(url, number).await?);
    }
    let began = Instant::now() + WARM;
    let time = Duration::from_secs(seconds);
    let mut tasks = JoinSet::new();
    for customer in customers {
        let text = "x".repeat(bytes);
        tasks.spawn(async move { converse(customer, &text, (began, time)).await });
    }
    let (mut whole, mut sends) = (Spread::new(), 0);
    while let Some(done) = tasks.join_next().await {
        let (spread, count) = done??;
        whole.add(&spread);
        sends += count;
    }
    let mut said = whole.json(time);
    said["sends"] = sends.into();
    println!("{said}");
    Ok(())
}

async fn enter(url: &str, number: u64) -> Result<WebSocketStream<TcpStream>> {
    let body = serde_json::json!({ "service": "default", "nick": format!("Customer {number}") });
    let answer = reqwest::Client::new().post(format!("{url}/v1/sessions")).json(&body).send().await?;
    let (status, text) = (answer.status(), answer.text().await?);
    ensure!(status.is_success(), "a session was refused: {text}");
    let entered: Entered = serde_json::from_str(&text)?;
    let host = url.strip_prefix("http://").context("an http address")?;
    let stream = TcpStream::connect(host).await?;
    stream.set_nodelay(true)?;
    let mut request =
        format!("ws://{host}/v1/sessions/{}/ws?from=0", entered.session).into_client_request()?;
    let bearer = format!("holdfast.v1, bearer.{}", entered.token);
    request.headers_mut().insert("sec-websocket-protocol", bearer.parse()?);
    Ok(client_async(request, stream).await?.0)
}

#[expect(clippy::disallowed_methods, reason = "a bench has its own clock and tasks")]
/// The latencies once it was warm, and how many were sent in all.
async fn converse(
    mut socket: WebSocketStream<TcpStream>,
    text: &str,
    (began, time): (Instant, Duration),
) -> Result<(Spread, u64)> {
    let mut spread = Spread::new();
    let mut number = 0_u64;
    loop {
        let sent = Instant::now();
        if sent > began + time {
            break;
        }
        let frame =
            format!("{{\"op\":\"send\",\"id\":\"m{number}\",\"text\":\"{text}\",\"after\":{number}}}");
        socket.send(Message::text(frame)).await?;
        acknowledged(&mut socket).await?;
        if sent > began {
            spread.note(sent.elapsed());
        }
        number += 1;
    }
    Ok((spread, number))
}

async fn acknowledged(socket: &mut WebSocketStream<TcpStream>) -> Result<()> {
    loop {
        let message = socket.next().await.context("the connection ended")??;
        let Message::Text(text) = message else { continue };
        let frame: Frame = serde_json::from_str(&text)?;
        ensure!(frame.refused.is_none(), "a send was refused: {text}");
        if frame.ack.is_some() {
            return Ok(());
        }
    }
}
