//! Many idle WebSockets in one thread: each says hello, then only answers pings. Never sends a message.

use std::io::{BufReader, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::{Context as _, bail, ensure};

use super::server::http;

/// A masked pong without content, with the mask 0.
const PONG: [u8; 6] = [0x8a, 0x80, 0, 0, 0, 0];

/// One socket.
pub struct Idle {
    stream: TcpStream,
    /// What was read of a frame that is not complete.
    rest: Vec<u8>,
}

impl Idle {
    /// Opens the socket of a session.
    pub fn open(address: SocketAddr, path: &str, token: &str) -> anyhow::Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\nconnection: upgrade\r\nupgrade: \
             websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes())?;
        let mut reader = BufReader::new(stream.try_clone()?);
        let head = http::head(&mut reader)?;
        ensure!(head.starts_with("HTTP/1.1 101"), "no socket: {head}");
        let rest = reader.buffer().to_vec();
        stream.set_nonblocking(true)?;
        Ok(Self { stream, rest })
    }

    /// Reads what is there and answers pings; an error when the other side has closed.
    pub fn attend(&mut self) -> anyhow::Result<()> {
        let mut buffer = [0; 4096];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => bail!("the node closed an idle socket"),
                Ok(count) => self.rest.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error).context("an idle socket broke"),
            }
        }
        while let Some((kind, length)) = frame(&self.rest) {
            self.rest.drain(..length);
            match kind {
                9 => self.stream.write_all(&PONG)?,
                8 => bail!("the node said goodbye to an idle socket"),
                _ => {}
            }
        }
        self.rest.shrink_to_fit();
        Ok(())
    }
}

/// Kind and length of the first whole frame of a server.
fn frame(bytes: &[u8]) -> Option<(u8, usize)> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let (from, length) = match second & 0x7f {
        126 => (4, usize::from(*bytes.get(2)?) << 8 | usize::from(*bytes.get(3)?)),
        127 => (10, bytes.get(2..10)?.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte))),
        short => (2, usize::from(short)),
    };
    (bytes.len() >= from + length).then_some((first & 0x0f, from + length))
}

/// Begins this task again with more open files, if it has too few for so many sockets.
pub fn need_files(count: usize) -> anyhow::Result<()> {
    const AGAIN: &str = "HOLDFAST_BENCH_AGAIN";
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let line =
        limits.lines().find_map(|line| line.strip_prefix("Max open files")).context("no limit of files")?;
    let soft: usize = line.split_whitespace().next().and_then(|soft| soft.parse().ok()).unwrap_or(usize::MAX);
    if soft > count + 100 {
        return Ok(());
    }
    ensure!(
        std::env::var_os(AGAIN).is_none(),
        "{soft} open files are too few for {count} sockets: raise ulimit -n"
    );
    let script = format!("ulimit -n {} && exec \"$0\" \"$@\"", count + 1_000);
    let mut again = Command::new("sh");
    again
        .args(["-c", &script])
        .arg(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .env(AGAIN, "1");
    Err(again.exec()).context("cannot begin again")
}
