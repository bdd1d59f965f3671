//! What a frame of the calls' lane says: a head, and behind it the body as it is. Never reads a body.

use std::io;

use bytes::{BufMut as _, Bytes, BytesMut};
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncRead;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::codec::{Encoder, FramedRead, LengthDelimitedCodec};

use crate::link::limits;

/// The most that an encoded head takes, bytes.
const HEAD_BYTES: usize = limits::FRAME_BYTES - limits::BODY_BYTES;

/// The head of a frame; `id` is the dialer's number of the call or stream. Variants are only ever added at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Head {
    /// Dialer: a call; give up after `left_ms`.
    Call { id: u64, method: u16, left_ms: u32 },
    /// Dialer: nobody waits for this call or stream any more.
    Cancel { id: u64 },
    /// Dialer: open a stream with so much credit.
    Open { id: u64, method: u16, items: u32, bytes: u32 },
    /// Dialer: so much more credit.
    Credit { id: u64, items: u32, bytes: u32 },
    /// Acceptor: the call's answer.
    Reply { id: u64 },
    /// Acceptor: the handler's no.
    Refused { id: u64, code: u16 },
    /// Acceptor: not begun, because too much is under way.
    Busy { id: u64 },
    /// Acceptor: the handler failed.
    Failed { id: u64 },
    /// Acceptor: an item of a stream.
    Item { id: u64 },
    /// Acceptor: the stream's end.
    End { id: u64, code: u16 },
}

/// A frame on its way out; its bytes are counted in the outbox until it is encoded.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) head: Head,
    pub(super) body: Bytes,
    pub(super) _counted: Option<OwnedSemaphorePermit>,
}

/// Writes the length prefix, the head and the body.
#[derive(Debug)]
pub(super) struct MessageEncoder;

impl Encoder<Message> for MessageEncoder {
    type Error = io::Error;

    fn encode(&mut self, message: Message, out: &mut BytesMut) -> io::Result<()> {
        let mut space = [0; HEAD_BYTES];
        let head = postcard::to_slice(&message.head, &mut space).map_err(io::Error::other)?;
        let length = u32::try_from(head.len() + message.body.len()).map_err(io::Error::other)?;
        out.reserve(4 + head.len() + message.body.len());
        out.put_u32(length);
        out.put_slice(head);
        out.put_slice(&message.body);
        Ok(())
    }
}

/// A frame that breaks the protocol: it is longer than any may be.
#[derive(Debug)]
pub(super) struct TooLong;

/// The next frame; `None` when the connection ended or broke.
pub(super) async fn next<R: AsyncRead + Unpin>(
    reader: &mut FramedRead<R, LengthDelimitedCodec>,
) -> Option<Result<BytesMut, TooLong>> {
    match reader.next().await? {
        Ok(frame) => Some(Ok(frame)),
        Err(error) => (error.kind() == io::ErrorKind::InvalidData).then_some(Err(TooLong)),
    }
}

/// Head and body of a frame; `None` = not of this protocol.
pub(super) fn decode(frame: BytesMut) -> Option<(Head, Bytes)> {
    let (head, body) = postcard::take_from_bytes(&frame).ok()?;
    let at = frame.len() - body.len();
    Some((head, frame.freeze().split_off(at)))
}

#[cfg(test)]
mod tests {
    //! The longest head fits, and what is written is read.

    use tokio_util::codec::Decoder as _;

    use super::*;

    #[test]
    fn the_longest_head_and_the_largest_body_fit_into_a_frame() {
        let head = Head::Credit { id: u64::MAX, items: u32::MAX, bytes: u32::MAX };
        let body = Bytes::from(vec![7; limits::BODY_BYTES]);
        let mut wire = BytesMut::new();
        MessageEncoder.encode(Message { head, body: body.clone(), _counted: None }, &mut wire).unwrap();
        let mut codec = LengthDelimitedCodec::builder().max_frame_length(limits::FRAME_BYTES).new_codec();
        let frame = codec.decode(&mut wire).unwrap().unwrap();
        assert_eq!(decode(frame), Some((head, body)));
        assert!(wire.is_empty());
    }

    #[test]
    fn a_frame_of_something_else_is_not_read() {
        assert_eq!(decode(BytesMut::from(&[200, 1, 2][..])), None);
        assert_eq!(decode(BytesMut::new()), None);
    }
}
