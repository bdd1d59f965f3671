//! A connection after its hello: frames in both directions, and who is at the other end. Never knows what a frame means.

use std::io;

use bytes::BytesMut;
use tokio_util::codec::{Framed, FramedRead, FramedWrite, LengthDelimitedCodec};

use super::{Io, Reading, Writing, rehome, split};
use crate::link::limits;
use crate::link::words::{Lane, PeerId};

/// Frames over TCP or TLS.
pub(crate) type Wire = Framed<Io, LengthDelimitedCodec>;

/// The length prefix, with a bound on what follows it: four bytes, big endian.
pub(crate) fn codec(most: usize) -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder().max_frame_length(most).new_codec()
}

/// A stream on which nothing was said yet.
pub(crate) fn strange(io: Io) -> Wire {
    Framed::with_capacity(io, codec(limits::HELLO_BYTES), limits::READ_BYTES)
}

/// A connection whose two ends have proved the secret to each other.
#[derive(Debug)]
pub struct Connection {
    pub(crate) wire: Wire,
    pub(crate) peer: PeerId,
    pub(crate) lane: Lane,
}

impl Connection {
    /// After the hello: larger frames are allowed, and what was read beyond the hello is kept.
    pub(crate) fn new(mut wire: Wire, peer: PeerId, lane: Lane) -> Self {
        wire.codec_mut().set_max_frame_length(limits::FRAME_BYTES);
        wire.set_backpressure_boundary(limits::GATHER_BYTES);
        Self { wire, peer, lane }
    }

    /// Who is at the other end.
    #[must_use]
    pub const fn peer(&self) -> &PeerId {
        &self.peer
    }

    /// Makes the current runtime the one that waits for this connection.
    pub(crate) fn rehome(&mut self) -> io::Result<()> {
        rehome(self.wire.get_mut())
    }

    /// Both directions, each for a task of its own; `encoder` writes what the other side reads with the length prefix.
    pub(crate) fn split<E>(
        self,
        encoder: E,
    ) -> io::Result<(FramedRead<Reading, LengthDelimitedCodec>, FramedWrite<Writing, E>)> {
        let parts = self.wire.into_parts();
        let (reading, writing) = split(parts.io)?;
        let mut reader = FramedRead::with_capacity(reading, parts.codec, limits::READ_BYTES);
        keep(reader.read_buffer_mut(), &parts.read_buf);
        let mut writer = FramedWrite::new(writing, encoder);
        writer.set_backpressure_boundary(limits::GATHER_BYTES);
        Ok((reader, writer))
    }
}

fn keep(buffer: &mut BytesMut, read: &[u8]) {
    buffer.extend_from_slice(read);
}
