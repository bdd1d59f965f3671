//! The form of a segment: frames one after the other, zeros behind the last. Never touches a file.
//!
//! A frame is `len u32 | crc32 u32 | number u64 | body`, little-endian; the checksum covers length, number and body; the
//! body is a version byte and the postcard form of the group's changes. Numbers count up by one through all segments, so
//! that an old frame in a reused place or a missing segment is seen.

use super::Op;

/// Bytes in front of a frame's body.
pub const HEADER: usize = 16;

/// The form of bodies that this release writes.
const VERSION: u8 = 1;

/// What stands at a place of a segment.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// A whole frame, and how many bytes it takes.
    Frame {
        /// Its changes.
        ops: Vec<Op>,
        /// Its length with the header.
        bytes: usize,
    },
    /// Nothing was ever written here.
    End,
    /// Something that is not a frame of this number.
    Bad(&'static str),
}

/// The bytes of frame `number`.
pub fn encode(number: u64, ops: &[Op]) -> std::io::Result<Vec<u8>> {
    let mut frame = vec![0; HEADER];
    frame.push(VERSION);
    let frame = postcard::to_extend(ops, frame).map_err(std::io::Error::other)?;
    seal(frame, number)
}

fn seal(mut frame: Vec<u8>, number: u64) -> std::io::Result<Vec<u8>> {
    let len = u32::try_from(frame.len() - HEADER).map_err(std::io::Error::other)?;
    frame[0..4].copy_from_slice(&len.to_le_bytes());
    frame[8..16].copy_from_slice(&number.to_le_bytes());
    let crc = checksum(&frame);
    frame[4..8].copy_from_slice(&crc.to_le_bytes());
    Ok(frame)
}

fn checksum(frame: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&frame[0..4]);
    hasher.update(&frame[8..]);
    hasher.finalize()
}

/// Reads what stands at the beginning of `bytes`; `number` is that of the frame before, if there was one.
pub fn decode(bytes: &[u8], before: Option<u64>) -> Found {
    let Some(header) = bytes.get(..HEADER) else {
        return if bytes.iter().all(|byte| *byte == 0) { Found::End } else { Found::Bad("a torn header") };
    };
    if header.iter().all(|byte| *byte == 0) {
        return Found::End;
    }
    let Some(frame) = whole(bytes) else { return Found::Bad("a frame that is longer than the file") };
    if checksum(frame).to_le_bytes() != frame[4..8] {
        return Found::Bad("a wrong checksum");
    }
    if before.is_some_and(|before| number(frame) != before + 1) {
        return Found::Bad("a frame out of its order");
    }
    match frame[HEADER..].split_first().map(|(version, body)| (*version, postcard::from_bytes(body))) {
        Some((VERSION, Ok(ops))) => Found::Frame { ops, bytes: frame.len() },
        _ => Found::Bad("a form that this release does not know"),
    }
}

/// The number of a frame.
pub fn number(frame: &[u8]) -> u64 {
    frame.get(8..HEADER).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes)
}

fn whole(bytes: &[u8]) -> Option<&[u8]> {
    let len = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?);
    bytes.get(..HEADER + usize::try_from(len).ok()?).filter(|frame| frame.len() > HEADER)
}

/// Whether a whole frame with a number above `before` stands anywhere in `bytes`: then what precedes it was durable once
/// and is damaged, not torn.
pub fn any_later(bytes: &[u8], before: u64) -> bool {
    // The number is compared first, for it is cheap and wrong almost everywhere.
    let likely = |at: &usize| (before + 1..=before + FRAMES_MAX).contains(&number(&bytes[*at..]));
    let is_whole =
        |at: usize| whole(&bytes[at..]).is_some_and(|frame| checksum(frame).to_le_bytes() == frame[4..8]);
    (0..bytes.len().saturating_sub(HEADER)).filter(likely).any(is_whole)
}

/// More frames than fit into a segment.
const FRAMES_MAX: u64 = 1 << 32;
