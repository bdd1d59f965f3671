//! One request on a connection of its own, or many on one. As little of HTTP/1.1 as a node's answers need.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, ensure};

/// An answer.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body, as text.
    pub body: String,
}

/// A connection that is kept alive.
pub struct Client {
    address: SocketAddr,
    stream: BufReader<TcpStream>,
}

impl Client {
    /// Connects.
    pub fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, Duration::from_secs(10))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self { address, stream: BufReader::new(stream) })
    }

    /// Asks and waits for the answer.
    pub fn ask(
        &mut self,
        method: &str,
        path: &str,
        (bearer, json): (Option<&str>, Option<&str>),
    ) -> anyhow::Result<Answer> {
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.address);
        if let Some(bearer) = bearer {
            request.push_str(&format!("authorization: Bearer {bearer}\r\n"));
        }
        if let Some(json) = json {
            request
                .push_str(&format!("content-type: application/json\r\ncontent-length: {}\r\n", json.len()));
        }
        request.push_str("\r\n");
        request.push_str(json.unwrap_or_default());
        self.stream.get_mut().write_all(request.as_bytes())?;
        self.answer()
    }

    fn answer(&mut self) -> anyhow::Result<Answer> {
        let head = head(&mut self.stream)?;
        let status = head.split(' ').nth(1).context("no status")?.parse()?;
        let field = |name: &str| {
            let fields = head.lines().filter_map(|line| line.split_once(':'));
            fields
                .into_iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.trim().to_owned())
        };
        let mut body = Vec::new();
        if let Some(length) = field("content-length") {
            body.resize(length.parse()?, 0);
            self.stream.read_exact(&mut body)?;
        } else if field("transfer-encoding").is_some() {
            while let Some(chunk) = self.chunk()? {
                body.extend(chunk);
            }
        }
        Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned() })
    }

    fn chunk(&mut self) -> anyhow::Result<Option<Vec<u8>>> {
        let mut size = String::new();
        self.stream.read_line(&mut size)?;
        let mut chunk = vec![0; usize::from_str_radix(size.trim(), 16)? + 2];
        self.stream.read_exact(&mut chunk)?;
        chunk.truncate(chunk.len() - 2);
        Ok(if chunk.is_empty() { None } else { Some(chunk) })
    }
}

/// The lines up to the empty one.
pub fn head(stream: &mut impl std::io::BufRead) -> anyhow::Result<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        ensure!(stream.read_line(&mut head)? > 0, "the connection was closed");
    }
    Ok(head)
}

/// One GET.
pub fn get(address: SocketAddr, path: &str, bearer: Option<&str>) -> anyhow::Result<Answer> {
    let answer = Client::connect(address)?.ask("GET", path, (bearer, None))?;
    ensure!(answer.status == 200, "GET {path}: {} {}", answer.status, answer.body);
    Ok(answer)
}
