//! The traces: the shortest ways to do harm when a rule of the protocol is not kept. Each is played twice, with its rule and
//! without; all else is the same. Never judges.

mod ending;
mod fencing;
mod lists;
mod looking;
mod taking;
mod twice;

use std::pin::Pin;

use super::stage::{Pair, Play};

/// A trace under way.
pub type Playing<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// A trace; the flag says whether the rule is kept.
pub type Script = for<'a> fn(&'a Play<'_>, bool) -> Playing<'a>;

/// A trace and what is known of it.
pub struct Trace {
    /// What the trace breaks.
    pub name: &'static str,
    /// What happens.
    pub script: Script,
    /// Whether read repair alone keeps the harm away.
    pub repaired: bool,
}

// The servers, as the protocol's text calls them.
const A: usize = 0;
const B: usize = 1;
const C: usize = 2;
const AB: Pair = [A, B];
const AC: Pair = [A, C];
const BC: Pair = [B, C];

/// Names scripts.
macro_rules! traces {
    ($($room:ident: $($script:ident),+;)+) => {
        vec![$($(Trace {
            name: stringify!($script),
            script: |play, kept| Box::pin($room::$script(play, kept)),
            repaired: false,
        }),+),+]
    };
}

/// All traces.
pub fn all() -> Vec<Trace> {
    let mut all = traces! {
        fencing: nobody_is_fenced, only_the_last_is_fenced, a_shard_is_handed_on_unrecovered, a_shard_is_moved_live,
            released_and_goes_on, fences_vanish, only_the_last_generation_is_fenced, only_one_bucket_is_fenced;
        looking: without_a_look, the_look_begins_early, the_journal_is_read_early, the_heads_are_read_early,
            what_was_adopted_is_not_looked_for, a_reader_shows_the_store;
        taking: no_cut, a_lazy_cut, adopted_rows_are_not_repeated, the_cut_is_not_awaited, a_checkpoint_is_not_published,
            a_replica_forgets;
        twice: goes_on_without_memory, ids_are_not_looked_up, old_ids_are_not_paged_for;
        lists: the_active_row_is_not_awaited, relies_on_the_former_row, timestamps_from_clocks, k_begins_again,
            wakes_unlisted;
        ending: the_record_is_early, the_record_is_read_first, the_record_is_not_read, the_journal_is_deleted_early,
            created_unread;
    };
    // The row that was not repeated is brought to a quorum by the read that adopts it.
    all.iter_mut()
        .filter(|trace| trace.name == "adopted_rows_are_not_repeated")
        .for_each(|t| t.repaired = true);
    all
}
