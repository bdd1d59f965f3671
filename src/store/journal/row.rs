//! The value of a journal row: the watermark that its writer knew and the event's own bytes. Never looks into the event.

use bytes::Bytes;
use minicbor::Encoder;

use super::{Unreadable, walk};
use crate::words::Seq;

/// The version byte in front of every row.
const VERSION: u8 = 1;

/// A stored event, not yet looked into. Copied byte for byte by every later owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The whole value as it lies in the store.
    pub value: Bytes,
    /// The highest seq that its writer had published when it sent the row.
    pub last_final: Seq,
    /// The event's own bytes, a part of `value`.
    pub body: Bytes,
    /// How many rows of the same decision follow; 0 in its last. A decision is the journal's as a whole or not at all.
    pub more: u32,
}

impl Stored {
    /// A row around an event's bytes; `more` rows of the same decision follow it.
    #[must_use]
    pub fn new(last_final: Seq, more: u32, body: &[u8]) -> Self {
        let mut value = Vec::with_capacity(body.len() + 16);
        value.push(VERSION);
        let mut to = Encoder::new(&mut value);
        // The event's bytes come last, and what is 0 is left out.
        let fields = if more == 0 { to.map(2) } else { to.map(3).and_then(|e| e.u8(2)?.u32(more)) };
        fields
            .and_then(|e| e.u8(0)?.u64(last_final.0)?.u8(1)?.bytes(body))
            .expect("a vector takes all bytes");
        let value = Bytes::from(value);
        let body = value.slice(value.len() - body.len()..);
        Self { value, last_final, body, more }
    }

    /// Reads a row; keys that this release does not know are passed over.
    ///
    /// # Errors
    /// When the value is of a newer version or damaged.
    pub fn read(value: Bytes) -> Result<Self, Unreadable> {
        let (mut last_final, mut at, mut more) = (0, (0, 0), 0);
        walk(("journal row", VERSION), &value, 0..2, |key, from| {
            match key {
                0 => last_final = from.u64()?,
                1 => {
                    let len = from.bytes()?.len();
                    at = (from.position() - len, len);
                }
                2 => more = from.u32()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        let (from, len) = at;
        let body = value.slice(1 + from..1 + from + len);
        Ok(Self { last_final: Seq(last_final), body, value, more })
    }
}
