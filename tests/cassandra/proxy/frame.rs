//! Frames of the native protocol, version 4: nine bytes of header and a body. Never looks into a body.

use std::io;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Bytes of a header.
const HEADER: usize = 9;

/// A body larger than this is no frame of a test.
const BODY: usize = 64 << 20;

/// The kinds of frames that the proxy knows by name.
pub mod opcode {
    /// An answer: it did not work.
    pub const ERROR: u8 = 0x00;
    /// A request: the first of every connection.
    pub const STARTUP: u8 = 0x01;
    /// An answer: the connection may be used.
    pub const READY: u8 = 0x02;
    /// An answer: what the server can do.
    pub const SUPPORTED: u8 = 0x06;
    /// A request: a statement as text.
    pub const QUERY: u8 = 0x07;
    /// An answer: rows, nothing, or the id of a prepared statement.
    pub const RESULT: u8 = 0x08;
    /// A request: prepare a statement.
    pub const PREPARE: u8 = 0x09;
    /// A request: run a prepared statement.
    pub const EXECUTE: u8 = 0x0a;
    /// A request: run several statements.
    pub const BATCH: u8 = 0x0d;
}

/// One frame, from either side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// 0x04 from a client, 0x84 from a server.
    pub version: u8,
    /// Compression, tracing, payload, warnings.
    pub flags: u8,
    /// Which answer belongs to which request.
    pub stream: i16,
    /// The kind.
    pub opcode: u8,
    /// All behind the header.
    pub body: Bytes,
}

impl Frame {
    /// An answer to a request.
    pub fn answer(stream: i16, opcode: u8, body: Vec<u8>) -> Self {
        Self { version: 0x84, flags: 0, stream, opcode, body: body.into() }
    }

    /// The form on the wire.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER + self.body.len());
        out.extend([self.version, self.flags]);
        out.extend(self.stream.to_be_bytes());
        out.push(self.opcode);
        out.extend(u32::try_from(self.body.len()).expect("a body below 4 GiB").to_be_bytes());
        out.extend_from_slice(&self.body);
        out
    }

    /// The next frame of a connection; `None` when the other side has closed it between two frames.
    pub async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Self>> {
        let mut header = [0_u8; HEADER];
        if from.read(&mut header[..1]).await? == 0 {
            return Ok(None);
        }
        from.read_exact(&mut header[1..]).await?;
        let [version, flags, stream_high, stream_low, opcode, length @ ..] = header;
        let length = u32::from_be_bytes(length) as usize;
        if version & 0x7f != 4 || length > BODY {
            let why = format!("not a frame of version 4: version {version:#x}, {length} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        let mut body = vec![0; length];
        from.read_exact(&mut body).await?;
        let stream = i16::from_be_bytes([stream_high, stream_low]);
        Ok(Some(Self { version, flags, stream, opcode, body: body.into() }))
    }
}
