//! The outer form of a message: a version byte, then chunks, each behind its length. The first chunk is the head, a row of
//! numbered fields; those behind it are bodies in their stored form. Chunks that nobody asks for are passed over, so that a
//! later release may add some. Never knows what a chunk means.

use crate::store::codec::fields::{DecodeError, Fields, Writer};

/// In front of the chunks, and in front of the head.
const VERSION: u8 = 1;
/// Bytes of a chunk's length, big-endian.
const LENGTH: usize = 4;
/// Bytes that most messages stay below; larger ones grow.
const USUAL: usize = 256;

/// A message that begins with this head.
pub fn message(fill: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut out = Vec::with_capacity(USUAL);
    out.push(VERSION);
    chunk(&mut out, |out| Writer::row(VERSION, out, fill));
    out
}

/// Adds a body at the end of a message.
pub fn chunk(out: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len() + LENGTH;
    out.extend([0; LENGTH]);
    fill(out);
    let length = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    assert!(length < u32::MAX, "a page or a text is bounded far below the 4 GiB of a chunk");
    out[start - LENGTH..start].copy_from_slice(&length.to_be_bytes());
}

/// The chunks of a message that are still to be read.
#[derive(Debug)]
pub struct Chunks<'b> {
    rest: &'b [u8],
}

impl<'b> Chunks<'b> {
    /// The head of a message, and its bodies.
    ///
    /// # Errors
    /// A later release's version, or no head.
    pub fn open(message: &'b [u8]) -> Result<(Fields<'b>, Self), DecodeError> {
        let (version, rest) = message.split_first().ok_or(DecodeError::Empty)?;
        if *version != VERSION {
            return Err(DecodeError::Version(*version));
        }
        let mut chunks = Self { rest };
        let head = Fields::read(VERSION, chunks.take()?)?;
        Ok((head, chunks))
    }

    /// The next body.
    ///
    /// # Errors
    /// The message ends before it does.
    pub fn take(&mut self) -> Result<&'b [u8], DecodeError> {
        let (length, rest) = self.rest.split_first_chunk::<LENGTH>().ok_or(DecodeError::Row)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| DecodeError::Row)?;
        let (chunk, rest) = rest.split_at_checked(length).ok_or(DecodeError::Row)?;
        self.rest = rest;
        Ok(chunk)
    }
}
