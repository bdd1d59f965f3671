//! The cut: an owner's word on which rows before its epoch are the journal. Written once per epoch and session.

use minicbor::Encoder;

use super::{Epoch, Unreadable, walk};
use crate::words::Seq;

/// The version byte in front of every cut.
const VERSION: u8 = 1;

/// Which epoch ends at which seq, lowest epoch first; epochs that gave nothing are absent.
pub type Chain = Vec<(Epoch, Seq)>;

/// Where an epoch's reading begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// The whole chain before this epoch.
    pub chain: Chain,
    /// What the writer knew to be final.
    pub watermark: Seq,
}

impl Cut {
    /// The last seq before this epoch's own events.
    #[must_use]
    pub fn last(&self) -> Seq {
        self.chain.last().map_or(Seq(0), |(_, last)| *last)
    }

    /// The stored form.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        let mut to = Encoder::new(&mut out);
        to.map(2)
            .and_then(|e| e.u8(0)?.u64(self.watermark.0)?.u8(1)?.encode(numbers(&self.chain)))
            .expect("a vector takes all bytes");
        out
    }

    /// Reads the stored form; keys that this release does not know are passed over.
    ///
    /// # Errors
    /// When the value is of a newer version or damaged.
    pub fn read(value: &[u8]) -> Result<Self, Unreadable> {
        let mut cut = Self::default();
        let mut whole = true;
        walk(("cut", VERSION), value, 0..2, |key, from| {
            match key {
                0 => cut.watermark = Seq(from.u64()?),
                1 => whole = chain(&from.decode::<Vec<u64>>()?).map(|chain| cut.chain = chain).is_some(),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        if whole { Ok(cut) } else { Err(Unreadable::new("cut", "its chain is not made of pairs")) }
    }
}

/// The chain as a flat list of numbers.
pub(super) fn numbers(chain: &Chain) -> Vec<u64> {
    chain.iter().flat_map(|(epoch, last)| [epoch.0, last.0]).collect()
}

/// The chain from a flat list of numbers; `None` when they are not pairs.
pub(super) fn chain(numbers: &[u64]) -> Option<Chain> {
    let pairs = numbers.chunks_exact(2);
    pairs.remainder().is_empty().then(|| pairs.map(|pair| (Epoch(pair[0]), Seq(pair[1]))).collect())
}
