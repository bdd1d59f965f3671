//! What stands in front of a lane's messages between two nodes: which lane, and which place in its order. Never reads the
//! messages themselves.

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

/// The first message of a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Drawn by the edge; names the lane in what goes up.
    pub token: u128,
    /// The epoch in which the edge thinks that the other node owns the shard.
    pub epoch: u64,
    /// A [`crate::shard::wire::Open`].
    pub open: Bytes,
}

/// A message up a lane. Calls may overtake each other on their way, so each carries its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Climbing {
    /// Which lane.
    pub token: u128,
    /// From 0, without a gap.
    pub place: u64,
    /// A [`crate::shard::wire::Up`].
    pub up: Bytes,
}

/// Bytes in front of the message, of both.
const FRONT: usize = 24;

impl Opening {
    /// The bytes that travel.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        framed(self.token, self.epoch, &self.open)
    }

    /// Reads what [`Self::encode`] wrote; `None` for fewer bytes than that.
    #[must_use]
    pub fn decode(bytes: Bytes) -> Option<Self> {
        let (token, epoch, open) = unframed(bytes)?;
        Some(Self { token, epoch, open })
    }
}

impl Climbing {
    /// The bytes that travel.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        framed(self.token, self.place, &self.up)
    }

    /// Reads what [`Self::encode`] wrote; `None` for fewer bytes than that.
    #[must_use]
    pub fn decode(bytes: Bytes) -> Option<Self> {
        let (token, place, up) = unframed(bytes)?;
        Some(Self { token, place, up })
    }
}

fn framed(token: u128, number: u64, message: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(FRONT + message.len());
    out.put_u128(token);
    out.put_u64(number);
    out.put_slice(message);
    out.freeze()
}

fn unframed(mut bytes: Bytes) -> Option<(u128, u64, Bytes)> {
    if bytes.len() < FRONT {
        return None;
    }
    Some((bytes.get_u128(), bytes.get_u64(), bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let opening = Opening { token: 7 << 100, epoch: u64::MAX, open: Bytes::from_static(b"open") };
        assert_eq!(Opening::decode(opening.encode()), Some(opening));
        let climbing = Climbing { token: 3, place: 9, up: Bytes::new() };
        assert_eq!(Climbing::decode(climbing.encode()), Some(climbing));
        assert_eq!(Climbing::decode(Bytes::from_static(&[0; FRONT - 1])), None);
    }
}
