//! Seeded chance: the only source of it in a simulated world. Streams that are forked from one seed do not disturb each other.
//! Never asks the system for anything.

use std::sync::Arc;

use parking_lot::Mutex;

/// A stream of chance. Clones draw from the same stream.
#[derive(Clone, Debug)]
pub struct Chance(Arc<Mutex<u64>>);

impl Chance {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        let chance = Self(Arc::new(Mutex::new(seed ^ 0x5851_f42d_4c95_7f2d)));
        chance.draw();
        chance
    }

    /// A stream of its own; what is drawn there does not change what is drawn here.
    pub fn fork(&self) -> Self {
        Self::new(self.draw())
    }

    /// 64 random bits, by splitmix64.
    pub fn draw(&self) -> u64 {
        let mut state = self.0.lock();
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 when there is none.
    pub fn below(&self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.draw() % end }
    }

    /// A number from `from` to below `to`.
    pub fn between(&self, from: u64, to: u64) -> u64 {
        from + self.below(to.saturating_sub(from))
    }

    /// A place in something of this length.
    pub fn index(&self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }

    /// Whether something happens that does so in `share` of a thousand cases.
    pub fn happens(&self, share: u64) -> bool {
        self.below(1_000) < share
    }

    /// One of several.
    pub fn pick<'a, T>(&self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.index(of.len()))
    }
}
