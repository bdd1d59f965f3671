//! The edge's metrics, in one place, so that handlers do not know how they are counted.

/// One answered request: how long it took and what came of it.
pub fn request(surface: &'static str, outcome: &'static str, seconds: f64) {
    crate::metrics::edge(surface, outcome, seconds);
}

/// Something was turned away, with the reason.
pub fn shed(reason: &'static str) {
    crate::metrics::shed(reason);
}

/// Open sockets changed.
pub fn sockets(surface: &'static str, delta: i64) {
    crate::metrics::sockets(surface, delta);
}

/// The outcome of a status: a handful of words, never the status of each.
#[must_use]
pub const fn outcome(status: u16) -> &'static str {
    match status {
        100..=399 => "ok",
        400..=499 => "refused",
        503 => "unknown",
        _ => "failed",
    }
}

/// Counts a socket for as long as it lives.
#[derive(Debug)]
pub struct Socket(&'static str);

impl Socket {
    /// One more.
    #[must_use]
    pub fn open(surface: &'static str) -> Self {
        sockets(surface, 1);
        Self(surface)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        sockets(self.0, -1);
    }
}
