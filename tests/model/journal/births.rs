//! Trace F8: a generation is born. Its number comes from the cluster's one row; row 0 is stored in every bucket of all earlier
//! generations that the row does not say are fenced; only then is it said, and only then does it grant and read. Births end
//! half done, and old generations go on. Two buckets stand for sixteen.

use super::Act;
use super::config::{Break, Journal};
use super::state::State;

impl Journal {
    /// The generation of an owner.
    pub fn generation(&self, e: u8) -> u8 {
        self.generations.get(usize::from(e)).copied().unwrap_or(0)
    }

    /// Its bucket: owners of one generation have several.
    fn bucket(&self, e: u8) -> u8 {
        (0..e).filter(|other| self.generation(*other) == self.generation(e)).count() as u8 % 2
    }

    /// Owners of the same generation: the others are not on the map.
    pub fn on_the_map(&self, e: u8, other: u8) -> bool {
        self.generation(e) == self.generation(other)
    }

    /// Steps of births.
    pub fn birth_acts(&self, s: &State, out: &mut Vec<Act>) {
        let last = self.generations.iter().max().copied().unwrap_or(0);
        for g in 1..=last {
            if s.births.taken + 1 == g {
                out.push(Act::Take(g));
            }
            if s.births.taken < g {
                continue;
            }
            let fenced = s.births.fenced & (1 << g) != 0;
            if !fenced {
                out.push(Act::Zero(g));
            }
            if s.births.raised & (1 << g) == 0 && (fenced || self.has(Break::RaiseFirst)) {
                out.push(Act::Raise(g));
            }
        }
    }

    /// One step of a birth.
    pub fn birth(&self, s: &mut State, act: Act) {
        let births = &mut s.births;
        match act {
            Act::Take(g) => {
                births.taken = g;
                births.base[usize::from(g)] = births.below;
            }
            Act::Zero(g) => {
                let from = if self.has(Break::LastGeneration) { g - 1 } else { births.base[usize::from(g)] };
                for old in from..g {
                    births.zero[usize::from(old)] |= if self.has(Break::OneBucket) { 0b01 } else { 0b11 };
                }
                births.fenced |= 1 << g;
            }
            Act::Raise(g) => {
                births.raised |= 1 << g;
                // Whoever comes too late has lost it to a later generation.
                if births.taken == g {
                    births.below = g;
                }
            }
            _ => {}
        }
    }

    /// Whether a generation may grant.
    pub fn is_born(&self, s: &State, e: u8) -> bool {
        let g = self.generation(e);
        let both = s.births.fenced & s.births.raised & (1 << g) != 0;
        g == 0 || both || (self.grants_early() && s.births.taken >= g)
    }

    fn grants_early(&self) -> bool {
        self.has(Break::GrantFirst) || self.has(Break::ReadFirst)
    }

    /// A broken rule: it has read, and waits for the fences before it acts.
    pub fn must_wait(&self, s: &State, e: u8) -> bool {
        let g = self.generation(e);
        self.has(Break::ReadFirst) && g > 0 && s.births.fenced & (1 << g) == 0
    }

    /// Whether row 0 of its generation is stored where an owner looks.
    pub fn is_outlived(&self, s: &State, e: u8) -> bool {
        s.births.zero[usize::from(self.generation(e))] & (1 << self.bucket(e)) != 0
    }
}
