//! How long nothing was acknowledged although somebody waited. Says how well a run was served, never whether it is right.

use super::model::Run;
use crate::tools::history::Micros;

/// The longest time in which some message was under way all the time and none was acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Silence {
    /// How long.
    pub length: Micros,
    /// When it began, since the run did.
    pub began: Micros,
}

impl Silence {
    /// Milliseconds, rounded up.
    #[must_use]
    pub const fn ms(&self) -> u64 {
        self.length.div_ceil(1_000)
    }

    /// Messages that were never acknowledged are left out: what became of them is for others to judge.
    pub(super) fn of(run: &Run) -> Self {
        let acked = run.messages.iter().filter_map(|message| Some((message.begun, message.acked?.1)));
        let steps = acked.flat_map(|(begun, acked)| [(acked, true), (begun, false)]);
        let mut steps: Vec<(Micros, bool)> = steps.collect();
        steps.sort_unstable();
        let (mut longest, mut since, mut waiting) = (Self::default(), 0, 0_u64);
        for (at, is_ack) in steps {
            if is_ack {
                let silence = Self { length: at - since, began: since };
                longest = if silence.length > longest.length { silence } else { longest };
                waiting = waiting.saturating_sub(1);
                since = at;
            } else {
                // Who begins when nobody waits begins a silence.
                since = if waiting == 0 { at } else { since };
                waiting += 1;
            }
        }
        longest
    }
}
