//! API keys of integrations. Only their SHA-256 is stored; the comparison does not tell how much was right.

use aws_lc_rs::{constant_time, digest};

use crate::center::{ApiKey, Center};

/// What every key begins with.
pub const PREFIX: &str = "hk_";

/// The name and rights of the key, if it is one of ours.
#[must_use]
pub fn find<'a>(center: &'a Center, key: &str) -> Option<(&'a str, &'a ApiKey)> {
    let hash = hex(digest::digest(&digest::SHA256, key.as_bytes()).as_ref());
    center
        .keys
        .iter()
        .filter(|(_, known)| {
            constant_time::verify_slices_are_equal(
                known.hash.to_ascii_lowercase().as_bytes(),
                hash.as_bytes(),
            )
            .is_ok()
        })
        .map(|(name, known)| (name.as_str(), known))
        .next()
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}
