//! Ranges of byte strings, halved. Pure.

use bytes::Bytes;

/// The smallest key above another one.
pub(in super::super) fn after(key: &[u8]) -> Bytes {
    [key, &[0]].concat().into()
}

/// A range of keys: its first, and the first behind it.
pub(in super::super) type Range = (Bytes, Option<Bytes>);

/// Halvings of a range at once. The read of a piece with too much in it costs the server far more than that of an empty one,
/// so that sixteen pieces at once come to the crowded one with a quarter of the refusals.
const DEPTH: u32 = 4;

/// The pieces of a range, in order; one when it cannot be halved.
pub(in super::super) fn pieces(range: Range) -> Vec<Range> {
    let mut pieces = vec![range];
    for _ in 0..DEPTH {
        pieces = pieces.into_iter().flat_map(halve).collect();
    }
    pieces
}

fn halve((from, to): Range) -> Vec<Range> {
    match middle(&from, to.as_deref()) {
        None => vec![(from, to)],
        Some(middle) => vec![(from, Some(middle.clone())), (middle, to)],
    }
}

/// A key strictly between two others, as near the middle as a few digits say; `None` when there is none, or no end to halve
/// towards that is above `from`. Keys are read as digits behind a point, base 256; no end is the number one.
pub(in super::super) fn middle(from: &[u8], to: Option<&[u8]>) -> Option<Bytes> {
    // Two digits more than the longer key: the sum's half then lies strictly between, if anything does.
    let length = from.len().max(to.map_or(0, <[u8]>::len)) + 2;
    let digit = |key: &[u8], at: usize| u16::from(key.get(at).copied().unwrap_or(0));
    let mut sum = vec![0_u16; length];
    let mut carry = 0;
    for at in (0..length).rev() {
        let total = digit(from, at) + to.map_or(0, |to| digit(to, at)) + carry;
        (sum[at], carry) = (total % 256, total / 256);
    }
    let mut rest = carry + u16::from(to.is_none());
    let halved: Vec<u8> = sum
        .iter()
        .map(|digit| {
            let value = rest * 256 + digit;
            rest = value % 2;
            u8::try_from(value / 2).unwrap_or(u8::MAX)
        })
        .collect();
    let shortest = (1..=length).map(|length| &halved[..length]);
    let mut between = shortest.filter(|key| *key > from && to.is_none_or(|to| *key < to));
    between.next().map(Bytes::copy_from_slice)
}
