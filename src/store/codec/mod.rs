//! Stored bytes: CBOR maps with integer keys and a version byte in front, read by every later release.
