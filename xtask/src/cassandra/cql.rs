//! As much of CQL's protocol (version 4) as a readiness probe needs: sign in, one statement at a time, rows as text. Never
//! for the server, which has a real driver.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};

/// Longest wait for a connection and for each answer; a write that a server gives up takes two seconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest answer, bytes.
const LONGEST: usize = 1 << 20;

/// How many replicas have to answer.
#[derive(Debug, Clone, Copy)]
#[repr(u16)]
pub enum Consistency {
    /// Any one.
    One = 1,
    /// More than half.
    Quorum = 4,
    /// Each.
    All = 5,
}

/// How to reach a server.
#[derive(Debug, Clone, Copy, Default)]
pub struct Door<'a> {
    /// User and password.
    pub login: Option<(&'a str, &'a str)>,
    /// The certificate to trust, if the server speaks TLS.
    pub certificate: Option<&'a Path>,
}

/// A connection.
pub struct Client {
    stream: Stream,
}

enum Stream {
    Plain(TcpStream),
    /// TLS is left to `openssl s_client`: it ends with its time limit, or with us.
    Tls(Child),
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Stream::Tls(child) = &mut self.stream {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Client {
    /// Connects and signs in.
    pub fn connect(address: SocketAddr, door: Door<'_>) -> anyhow::Result<Self> {
        let stream = match door.certificate {
            Some(certificate) => tls(address, certificate)?,
            None => plain(address)?,
        };
        let mut client = Self { stream };
        // One option: the version of the language.
        let mut startup = 1_u16.to_be_bytes().to_vec();
        for text in ["CQL_VERSION", "3.0.0"] {
            startup.extend(u16::try_from(text.len())?.to_be_bytes());
            startup.extend(text.as_bytes());
        }
        let (opcode, _) = client.ask(0x01, &startup)?;
        match (opcode, door.login) {
            (0x02, _) => Ok(client),
            (0x03, Some((user, password))) => {
                let token = format!("\0{user}\0{password}");
                let mut response = i32::try_from(token.len())?.to_be_bytes().to_vec();
                response.extend(token.as_bytes());
                let (opcode, _) = client.ask(0x0f, &response)?;
                ensure!(opcode == 0x10, "{address} answered a sign-in with {opcode:#x}");
                Ok(client)
            }
            (0x03, None) => bail!("{address} asks for a password"),
            (opcode, _) => bail!("{address} answered a start with {opcode:#x}"),
        }
    }

    /// Runs one statement; its rows as text, columns in their order, nothing for a null.
    pub fn run(&mut self, statement: &str, consistency: Consistency) -> anyhow::Result<Vec<Vec<String>>> {
        let mut body = i32::try_from(statement.len())?.to_be_bytes().to_vec();
        body.extend(statement.as_bytes());
        body.extend((consistency as u16).to_be_bytes());
        body.push(0);
        let (opcode, body) = self.ask(0x07, &body).with_context(|| statement.to_owned())?;
        ensure!(opcode == 0x08, "{statement} was answered with {opcode:#x}");
        let mut bytes = Bytes(&body);
        if bytes.int()? == 2 { rows(&mut bytes) } else { Ok(Vec::new()) }
    }

    fn ask(&mut self, opcode: u8, body: &[u8]) -> anyhow::Result<(u8, Vec<u8>)> {
        let mut frame = vec![0x04, 0, 0, 0, opcode];
        frame.extend(i32::try_from(body.len())?.to_be_bytes());
        frame.extend(body);
        self.write(&frame)?;
        let mut header = [0; 9];
        self.read(&mut header)?;
        let [_, _, _, _, opcode, length @ ..] = header;
        let length = usize::try_from(i32::from_be_bytes(length))?;
        ensure!(length <= LONGEST, "an answer of {length} bytes");
        let mut body = vec![0; length];
        self.read(&mut body)?;
        if opcode == 0 {
            let mut bytes = Bytes(&body);
            let code = bytes.int()?;
            bail!("{code:#06x}: {}", bytes.string()?);
        }
        Ok((opcode, body))
    }

    fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        match &mut self.stream {
            Stream::Plain(stream) => stream.write_all(bytes)?,
            Stream::Tls(child) => {
                let input = child.stdin.as_mut().context("openssl has ended")?;
                input.write_all(bytes)?;
                input.flush()?;
            }
        }
        Ok(())
    }

    fn read(&mut self, bytes: &mut [u8]) -> anyhow::Result<()> {
        let read = match &mut self.stream {
            Stream::Plain(stream) => stream.read_exact(bytes),
            Stream::Tls(child) => child.stdout.as_mut().context("openssl has ended")?.read_exact(bytes),
        };
        read.map_err(|error| match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => anyhow::anyhow!("no answer within {PATIENCE:?}"),
            _ => error.into(),
        })
    }
}

fn plain(address: SocketAddr) -> anyhow::Result<Stream> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(Stream::Plain(stream))
}

fn tls(address: SocketAddr, certificate: &Path) -> anyhow::Result<Stream> {
    let mut openssl = Command::new("timeout");
    openssl.arg(PATIENCE.as_secs().to_string()).args([
        "openssl",
        "s_client",
        "-quiet",
        "-verify_return_error",
    ]);
    openssl.args(["-verify_ip", &address.ip().to_string(), "-CAfile"]).arg(certificate);
    openssl.args(["-connect", &address.to_string()]);
    let child = openssl.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    Ok(Stream::Tls(child.context("openssl (package openssl) speaks TLS")?))
}

/// What is left of an answer.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> anyhow::Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).context("an answer is too short")?;
        self.0 = rest;
        Ok(taken)
    }

    fn short(&mut self) -> anyhow::Result<u16> {
        Ok(u16::from_be_bytes(self.take(2)?.try_into()?))
    }

    fn int(&mut self) -> anyhow::Result<i32> {
        Ok(i32::from_be_bytes(self.take(4)?.try_into()?))
    }

    fn string(&mut self) -> anyhow::Result<String> {
        let length = self.short()?;
        Ok(String::from_utf8_lossy(self.take(length.into())?).into_owned())
    }

    /// The names of a keyspace and of a table.
    fn skip_table(&mut self) -> anyhow::Result<()> {
        self.string()?;
        self.string()?;
        Ok(())
    }
}

fn rows(bytes: &mut Bytes<'_>) -> anyhow::Result<Vec<Vec<String>>> {
    let (flags, columns) = (bytes.int()?, bytes.int()?);
    ensure!(flags & 0b110 == 0, "an answer in pages");
    let global = flags & 1 != 0;
    if global {
        bytes.skip_table()?;
    }
    let mut kinds = Vec::new();
    for _ in 0..columns {
        if !global {
            bytes.skip_table()?;
        }
        let (name, kind) = (bytes.string()?, bytes.short()?);
        // Collections have more to tell about themselves.
        ensure!((1..0x20).contains(&kind), "column {name} has a type that a probe does not read");
        kinds.push(kind);
    }
    let count = bytes.int()?;
    (0..count).map(|_| kinds.iter().map(|kind| cell(bytes, *kind)).collect()).collect()
}

fn cell(bytes: &mut Bytes<'_>, kind: u16) -> anyhow::Result<String> {
    let Ok(length) = usize::try_from(bytes.int()?) else { return Ok(String::new()) };
    let value = bytes.take(length)?;
    Ok(match (kind, value.len()) {
        (0x01 | 0x0a | 0x0d, _) => String::from_utf8_lossy(value).into_owned(),
        (0x09, 4) => i32::from_be_bytes(value.try_into()?).to_string(),
        (0x02 | 0x05, 8) => i64::from_be_bytes(value.try_into()?).to_string(),
        (0x10, 4) => IpAddr::from(<[u8; 4]>::try_from(value)?).to_string(),
        (0x10, 16) => IpAddr::from(<[u8; 16]>::try_from(value)?).to_string(),
        _ => value.iter().map(|byte| format!("{byte:02x}")).collect(),
    })
}
