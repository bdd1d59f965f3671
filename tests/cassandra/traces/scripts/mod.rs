//! The traces: the shortest ways to do harm when a rule of the protocol is not kept. Each is played twice, with its rule and
//! without; all else is the same. Behind its name stand the mutations of the model that it replays, and the parts of the
//! protocol's section 6. Never judges.

mod above;
mod births;
mod ending;
mod fencing;
mod lists;
mod looking;
mod marks;
mod projections;
mod taking;
mod torn;
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
    /// What it replays: mutations of the model, traces of the protocol.
    pub replays: &'static [&'static str],
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
    ($($room:ident { $($script:ident: $($replays:ident),+;)+ })+) => {
        vec![$($(Trace {
            name: stringify!($script),
            replays: &[$(stringify!($replays)),+],
            script: |play, kept| Box::pin($room::$script(play, kept)),
            repaired: REPAIRED.contains(&stringify!($script)),
        }),+),+]
    };
}

/// What is not stored again is brought to a quorum by the read that finds it.
const REPAIRED: &[&str] = &[
    "adopted_rows_are_not_repeated",
    "the_repeats_are_not_awaited",
    "a_found_record_is_trusted",
    "a_found_record_is_trusted_and_unlisted",
];

/// All traces.
pub fn all() -> Vec<Trace> {
    let mut all = of_owners();
    all.extend(of_journals());
    all.extend(of_the_rest());
    all
}

/// Who may act, and when.
fn of_owners() -> Vec<Trace> {
    traces! {
        fencing {
            nobody_is_fenced: NoFence;
            only_the_last_is_fenced: FenceLastOnly, F1;
            a_shard_is_handed_on_unrecovered: FenceLastOnly, F1;
            a_shard_is_moved_live: MovedLive, F5;
            released_and_goes_on: ReleaseThenFinish, F5;
            fences_vanish: FencesVanish;
            only_the_last_generation_is_fenced: LastGeneration, F8b;
            only_one_bucket_is_fenced: OneBucket, F8b;
        }
        births {
            the_mark_is_raised_early: RaiseFirst, F8b;
            a_generation_grants_early: GrantFirst, F8b;
            a_generation_reads_early: ReadFirst, F8b;
        }
        looking {
            without_a_look: NoLook;
            the_look_begins_early: EarlyLook;
            the_journal_is_read_early: EarlyRead;
            the_heads_are_read_early: EarlyRead;
            what_was_adopted_is_not_looked_for: AdoptedNotLookedFor, F2;
            a_reader_shows_the_store: ReaderShowsAll, F6;
            a_reader_reads_the_heads_first: F6;
            another_incarnation_looks: OldIncarnation;
            not_found_without_a_look: F13b;
        }
    }
}

/// What the journal is.
fn of_journals() -> Vec<Trace> {
    traces! {
        taking {
            no_cut: NoCut;
            a_lazy_cut: LazyCut, F3;
            adopted_rows_are_not_repeated: JournalNotAwaited, F4;
            the_cut_is_not_awaited: HeadsNotAwaited;
            the_cut_of_a_birth_is_not_awaited: HeadsNotAwaited;
            the_repeats_are_not_awaited: JournalNotAwaited;
            a_checkpoint_is_not_published: UnpublishedPoint, F15a;
            a_newer_owners_checkpoint_is_used: NewerPointUsed;
            a_replica_forgets: ReplicaForgets, F11;
            adopted_rows_do_not_count: AdoptedNotCounted;
        }
        torn {
            half_a_decision_is_published: HalfPublished;
            a_torn_decision_is_adopted: TornAdopted;
            a_torn_tail_is_dropped_though_published: TornDroppedAnywhere, HalfPublished;
        }
        twice {
            goes_on_without_memory: RestartInEpoch, F7;
            ids_are_not_looked_up: NoLookUp;
            old_ids_are_not_paged_for: NoPaging;
            after_is_renewed: AfterRenewed;
            a_stale_owner_accepts: StaleAccepts;
            rows_off_the_chain_are_found: PagingOffChain;
        }
    }
}

/// Lists, ends, and what follows from a journal.
fn of_the_rest() -> Vec<Trace> {
    traces! {
        lists {
            the_active_row_is_not_awaited: ListNotAwaited, AckBeforeRow, F9a;
            relies_on_the_former_row: RelyOnFormer, F15b;
            timestamps_from_clocks: ClockStamps, F15b;
            k_begins_again: CounterPerSession;
            wakes_unlisted: AckBeforeRow, F15c;
        }
        marks {
            the_last_delete_is_early: LastDeleteEarly;
            a_row_is_deleted_without_a_look: DeleteWithoutLook;
            a_mark_passes_a_row_on_its_way: MarkPassesOwn;
            a_mark_passes_a_row_that_was_found: MarkPassesFound;
            a_mark_of_an_unread_list: MarkUnread;
        }
        ending {
            the_record_is_early: EarlyRecord, F9b;
            the_record_is_read_first: RecordReadFirst, F9c;
            the_record_is_not_read: NoRecordRead;
            the_journal_is_deleted_early: EarlyDelete;
            created_unread: CreateUnread, F9d;
            a_found_record_is_trusted: FoundRecordTrusted;
            a_found_record_is_trusted_and_unlisted: FoundRecordTrusted;
        }
        projections {
            a_projection_of_what_is_not_published: F10a;
            projections_by_clocks: F10b;
            erased_by_a_clock: F10b;
        }
        above {
            a_session_is_created_twice: F12a;
            the_record_forgets_ids: F12b;
            a_refusal_is_taken_for_a_no: F13a;
            capacity_is_granted_where_it_is_soft: F14;
            a_deposed_owner_grants_capacity: F14;
            a_deposed_node_goes_on_offering: F14;
        }
    }
}
