//! Requests that land late: kept by the proxy, sent to the server when the test says so, over a connection of their own, for
//! the client's may be gone by then. Never answers a client.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::frame::{Frame, opcode};

/// A `STARTUP` that asks for nothing but a version of CQL.
const STARTUP: &[u8] = b"\x00\x01\x00\x0bCQL_VERSION\x00\x053.0.0";

/// A place where requests wait for their landing.
#[derive(Clone, Debug, Default)]
pub struct Late {
    waiting: Arc<Mutex<Vec<Frame>>>,
}

impl Late {
    /// Keeps a request.
    pub fn keep(&self, request: Frame) {
        self.waiting.lock().push(request);
    }

    /// Lands all that is kept on a server, and waits for its answers: how many went well.
    pub async fn land(&self, on: SocketAddr) -> io::Result<usize> {
        let waiting = std::mem::take(&mut *self.waiting.lock());
        let mut server = TcpStream::connect(on).await?;
        send(&mut server, Frame { version: 4, ..Frame::answer(0, opcode::STARTUP, STARTUP.to_vec()) })
            .await?;
        let ready = answer(&mut server).await?;
        assert_eq!(ready.opcode, opcode::READY, "a server without passwords");
        let mut well = BTreeMap::new();
        for (stream, request) in (0..).zip(waiting) {
            send(&mut server, Frame { stream, ..request }).await?;
            well.insert(stream, answer(&mut server).await?.opcode == opcode::RESULT);
        }
        Ok(well.values().filter(|well| **well).count())
    }
}

async fn send(server: &mut TcpStream, frame: Frame) -> io::Result<()> {
    server.write_all(&frame.bytes()).await
}

async fn answer(server: &mut TcpStream) -> io::Result<Frame> {
    Frame::read(server).await?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}
