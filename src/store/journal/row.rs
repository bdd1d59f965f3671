//! The value of a journal row: the watermark that its writer knew and the event's own bytes. Never looks into the event.

use bytes::Bytes;
use minicbor::{Decoder, Encoder};

use super::Unreadable;
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
}

impl Stored {
    /// A row around an event's bytes.
    #[must_use]
    pub fn new(last_final: Seq, body: &[u8]) -> Self {
        let mut value = Vec::with_capacity(body.len() + 16);
        value.push(VERSION);
        let mut to = Encoder::new(&mut value);
        to.map(2)
            .and_then(|e| e.u8(0)?.u64(last_final.0)?.u8(1)?.bytes(body))
            .expect("a vector takes all bytes");
        let value = Bytes::from(value);
        let body = value.slice(value.len() - body.len()..);
        Self { value, last_final, body }
    }

    /// Reads a row; keys that this release does not know are passed over.
    ///
    /// # Errors
    /// When the value is of a newer version or damaged.
    pub fn read(value: Bytes) -> Result<Self, Unreadable> {
        let bad = |why: &dyn ToString| Unreadable::new("journal row", why.to_string());
        match value.first() {
            Some(&VERSION) => {}
            other => return Err(bad(&format!("version {other:?}, this release reads {VERSION}"))),
        }
        let (last_final, at) = fields(&value[1..]).map_err(|e| bad(&e))?;
        let (from, len) = at.ok_or_else(|| bad(&"no event in it"))?;
        let body = value.slice(1 + from..1 + from + len);
        Ok(Self { last_final: Seq(last_final), body, value })
    }
}

/// The watermark, and where the event's bytes lie.
fn fields(map: &[u8]) -> Result<(u64, Option<(usize, usize)>), minicbor::decode::Error> {
    let mut from = Decoder::new(map);
    let entries = from.map()?.unwrap_or(0);
    let (mut last_final, mut body) = (0, None);
    for _ in 0..entries {
        match from.u64()? {
            0 => last_final = from.u64()?,
            1 => {
                let len = from.bytes()?.len();
                body = Some((from.position() - len, len));
            }
            _ => from.skip()?,
        }
    }
    Ok((last_final, body))
}
