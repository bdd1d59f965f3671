//! One connection of a client and the one to the server that belongs to it: frames go up and down, and the rules say which do
//! not. Never keeps more than what a rule makes it keep.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinSet;

use super::Shared;
use super::body;
use super::fault;
use super::frame::{Frame, opcode};
use super::order;
use super::rules::Action;

/// A request that is with the server, and what becomes of its answer.
struct Asked {
    request: Frame,
    action: Action,
}

/// What both directions of a connection share.
struct Link {
    shared: Arc<Shared>,
    to_client: UnboundedSender<Frame>,
    to_server: UnboundedSender<Frame>,
    asked: Mutex<BTreeMap<i16, Asked>>,
    /// What waits for a time or a gate; ends with the connection.
    waiting: Mutex<JoinSet<()>>,
}

/// Serves a client until it or the server hangs up, or a rule cuts the connection.
pub async fn serve(client: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
    let server = TcpStream::connect(shared.server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, client) = client.into_split();
    let (from_server, server) = server.into_split();
    let (to_client, for_client) = mpsc::unbounded_channel();
    let (to_server, for_server) = mpsc::unbounded_channel();
    let (asked, waiting) = (Mutex::default(), Mutex::default());
    let link = Arc::new(Link { shared, to_client, to_server, asked, waiting });
    tokio::select! {
        ended = up(&link, from_client) => ended,
        ended = down(&link, from_server) => ended,
        ended = write(&link.shared, for_client, client) => ended,
        ended = write(&link.shared, for_server, server) => ended,
    }
}

/// Everything that the client asks.
async fn up(link: &Arc<Link>, mut from: OwnedReadHalf) -> io::Result<()> {
    while let Some(request) = next(&link.shared, &mut from).await? {
        if request.opcode == opcode::STARTUP && body::asks_for_compression(&request) {
            give(&link.to_client, fault::no_compression(&request));
            continue;
        }
        let action = link.shared.rules.lock().decide(&request);
        match action {
            Action::Answer(fault) => give(&link.to_client, fault.answer(&request)),
            Action::Swallow => {}
            Action::Cut => return Ok(()),
            Action::Late(late, fault) => {
                if let Some(fault) = fault {
                    give(&link.to_client, fault.answer(&request));
                }
                late.keep(request);
            }
            Action::Hold(mut gate) => {
                let held = Arc::clone(link);
                link.waiting.lock().spawn(async move {
                    let _ = gate.wait_for(|open| *open).await;
                    held.ask(request, Action::Count);
                });
            }
            Action::Weaken => link.ask(body::weakened(&request), Action::Count),
            action => link.ask(request, action),
        }
    }
    Ok(())
}

/// Everything that the server answers.
async fn down(link: &Arc<Link>, mut from: OwnedReadHalf) -> io::Result<()> {
    while let Some(answer) = next(&link.shared, &mut from).await? {
        let answer =
            if answer.opcode == opcode::SUPPORTED { body::without_compression(&answer) } else { answer };
        let Some(asked) = link.asked.lock().remove(&answer.stream) else {
            give(&link.to_client, answer);
            continue;
        };
        link.learn(&asked.request, &answer);
        match asked.action {
            Action::AnswerAfter(fault) => give(&link.to_client, fault.answer(&asked.request)),
            Action::DropAnswer => {}
            Action::CutAfter => return Ok(()),
            Action::Delay(by) => {
                let to = link.to_client.clone();
                link.waiting.lock().spawn(async move {
                    pause(by).await;
                    give(&to, answer);
                });
            }
            Action::Shuffle(shuffle) => {
                shuffle.keep(&link.to_client, answer);
                link.waiting.lock().spawn(async move {
                    pause(order::WINDOW).await;
                    shuffle.flush();
                });
            }
            _ => give(&link.to_client, answer),
        }
    }
    Ok(())
}

impl Link {
    fn ask(&self, request: Frame, action: Action) {
        self.asked.lock().insert(request.stream, Asked { request: request.clone(), action });
        give(&self.to_server, request);
    }

    fn learn(&self, request: &Frame, answer: &Frame) {
        if let (opcode::PREPARE, Some(id)) = (request.opcode, body::prepared(answer)) {
            let texts = body::runs(request).into_iter().filter_map(|runs| match runs {
                body::Runs::Text(text) => Some(text),
                body::Runs::Prepared(_) => None,
            });
            texts.for_each(|text| self.shared.rules.lock().learn(id.clone(), &text));
        }
    }
}

/// The next frame; not before a frozen server thaws.
async fn next(shared: &Shared, from: &mut OwnedReadHalf) -> io::Result<Option<Frame>> {
    shared.thawed().await;
    let frame = Frame::read(from).await?;
    shared.thawed().await;
    Ok(frame)
}

async fn write(
    shared: &Shared,
    mut frames: UnboundedReceiver<Frame>,
    mut to: OwnedWriteHalf,
) -> io::Result<()> {
    while let Some(frame) = frames.recv().await {
        shared.thawed().await;
        to.write_all(&frame.bytes()).await?;
    }
    Ok(())
}

fn give(to: &UnboundedSender<Frame>, frame: Frame) {
    // A side that is gone ends the connection, which nobody needs to be told of twice.
    let _ = to.send(frame);
}

#[expect(clippy::disallowed_methods, reason = "an answer that comes late is what the proxy is for")]
async fn pause(length: std::time::Duration) {
    tokio::time::sleep(length).await;
}
