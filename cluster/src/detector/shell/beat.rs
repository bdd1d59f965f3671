//! What a beat says: which life beats. So a restarted process is never taken for the one before it.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// One beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Beat {
    pub(super) incarnation: u64,
}

impl Beat {
    pub(super) fn frame(self) -> Bytes {
        postcard::to_stdvec(&self).expect("writing to memory does not fail").into()
    }

    /// `None` = no beat. What a later release puts behind it is passed over.
    pub(super) fn read(frame: &[u8]) -> Option<Self> {
        postcard::take_from_bytes(frame).ok().map(|(beat, _)| beat)
    }
}

#[cfg(test)]
mod tests {
    //! What is written is read, by earlier releases too.

    use super::*;

    #[test]
    fn a_beat_is_read_whatever_follows_it() {
        let beat = Beat { incarnation: u64::MAX };
        let mut frame = beat.frame().to_vec();
        assert_eq!(Beat::read(&frame), Some(beat));
        frame.push(7);
        assert_eq!(Beat::read(&frame), Some(beat));
        assert_eq!(Beat::read(&[]), None);
    }
}
