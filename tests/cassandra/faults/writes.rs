//! Every way of writing with every fault: a write that may be stored is unknown, never refused and never stored, and the same
//! bytes once more store it once.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use holdfast::store::rows::contract::{delete_at, put, put_at};
use holdfast::store::rows::{Incarnation, Mutation, Table, WriteError, fences};

use super::ground::{Ground, of_writes, write};
use crate::proxy::{Action, Fault, Late, On};

/// A way of writing.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// One row.
    Put,
    /// Several rows of a partition, as one batch.
    Rows,
    /// A row's delete.
    Delete,
    /// A whole partition's delete.
    DeletePartition,
    /// A fence.
    Fence,
}

const WAYS: [Way; 5] = [Way::Put, Way::Rows, Way::Delete, Way::DeletePartition, Way::Fence];

/// One write and what is known of it.
struct Written {
    way: Way,
    table: Table,
    partition: Bytes,
    mutations: Vec<Mutation>,
    on: On,
}

impl Written {
    /// A write of this way into a partition of its own, with what it needs to be there.
    async fn new(ground: &Ground, way: Way, about: &str) -> Self {
        let mut partition = ground.key(&format!("{about}/{way:?}"));
        let mut table = Table::ActiveSessions;
        let before = [put(table, &partition, b"a", b"a"), put(table, &partition, b"b", b"b")];
        let (mutations, text) = match way {
            Way::Put => (vec![put(table, &partition, b"a", b"value")], "insert into active_sessions"),
            Way::Rows => {
                let rows = [b"a", b"b", b"c"].map(|key| put(table, &partition, key, b"value"));
                (rows.to_vec(), "insert into active_sessions")
            }
            Way::Delete => (vec![delete_at(table, &partition, b"a", 2)], "delete from active_sessions"),
            Way::DeletePartition => (
                vec![Mutation::DeletePartition { table, partition: partition.clone() }],
                "delete from active_sessions",
            ),
            Way::Fence => {
                let generation = xxhash_rust::xxh3::xxh3_64(&partition) >> 33;
                let of = Incarnation { generation: u32::try_from(generation).expect("31 bits"), number: 7 };
                (table, partition) = (Table::Fences, fences::partition(of));
                (fences::mutations(of), "insert into fences")
            }
        };
        if matches!(way, Way::Delete | Way::DeletePartition) {
            write(&ground.truth, &before).await.expect("the truth takes rows");
        }
        let on = On::statement(text).carrying(&partition);
        Self { way, table, partition, mutations, on }
    }

    /// Whether it has landed, and nothing but it.
    async fn landed(&self, ground: &Ground) -> bool {
        let keys = ground.rows(self.table, &self.partition).await.into_iter().map(|row| row.clustering);
        let keys = keys.collect::<Vec<_>>();
        let (before, after): (&[&[u8]], &[&[u8]]) = match self.way {
            Way::Put => (&[], &[b"a"]),
            Way::Rows => (&[], &[b"a", b"b", b"c"]),
            Way::Delete => (&[b"a", b"b"], &[b"b"]),
            Way::DeletePartition => (&[b"a", b"b"], &[]),
            Way::Fence => (&[], &[&[0, 0, 0, 0, 0, 0, 0, 7]]),
        };
        assert!(keys == before || keys == after, "{:?} of {:?}: {keys:?}", self.way, self.partition);
        keys == after
    }

    /// Writes under a fault that every server makes, as often as it is asked; then without.
    async fn under(self, ground: &Ground, action: Action, lands: bool) {
        let (way, what) = (self.way, format!("{action:?}"));
        let rules = ground.always(&self.on, &action);
        let heard = write(&ground.store, &self.mutations).await;
        assert!(matches!(heard, Err(WriteError::Unknown(_))), "{way:?} under {what}: {heard:?}");
        assert!(rules.count() > 0, "{way:?} under {what}: the fault was made");
        assert_eq!(self.landed(ground).await, lands, "{way:?} under {what}: whether it has landed");
        rules.end();
        ground.store_at_last(&self.mutations).await;
        assert!(self.landed(ground).await, "{way:?} after {what}: the same bytes are stored, once");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_hears_an_error_is_unknown() {
    let Some(ground) = Ground::new().await else { return };
    for fault in of_writes() {
        let both = [(Action::Answer(fault), false), (Action::AnswerAfter(fault), true)];
        let tried = WAYS.iter().flat_map(|way| both.iter().map(move |how| (way, how)));
        join_all(tried.map(async |(way, (action, lands))| {
            let written = Written::new(&ground, *way, &format!("{fault:?}")).await;
            written.under(&ground, action.clone(), *lands).await;
        }))
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_hears_nothing_is_unknown() {
    let Some(ground) = Ground::new().await else { return };
    let late = Action::Delay(Duration::from_secs(30));
    let silences = [(Action::Swallow, false), (Action::DropAnswer, true), (late, true)];
    let tried = WAYS.iter().flat_map(|way| silences.iter().map(move |how| (way, how)));
    join_all(tried.map(async |(way, (action, lands))| {
        let written = Written::new(&ground, *way, "silence").await;
        written.under(&ground, action.clone(), *lands).await;
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_whose_connection_breaks_is_unknown() {
    let Some(ground) = Ground::new().await else { return };
    for (action, lands) in [(Action::Cut, false), (Action::CutAfter, true)] {
        for way in WAYS {
            // One at a time: a connection that breaks breaks for all.
            let written = Written::new(&ground, way, "cut").await;
            written.under(&ground, action.clone(), lands).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_that_passes_leaves_a_write_known_or_unknown() {
    let Some(ground) = Ground::new().await else { return };
    for fault in of_writes() {
        join_all(WAYS.iter().map(async |way| {
            let written = Written::new(&ground, *way, &format!("once/{fault:?}")).await;
            let _rules = ground.proxies[0].once(written.on.clone(), Action::Answer(fault));
            let heard = write(&ground.store, &written.mutations).await;
            let known = heard.is_ok();
            assert!(known || matches!(heard, Err(WriteError::Unknown(_))), "{way:?}, {fault:?}: {heard:?}");
            assert!(!known || written.landed(&ground).await, "{way:?}, {fault:?}: stored is stored");
            ground.store_at_last(&written.mutations).await;
            assert!(written.landed(&ground).await, "{way:?}, {fault:?}: at last");
        }))
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_forgot_a_statement_is_told_again() {
    let Some(ground) = Ground::new().await else { return };
    join_all(WAYS.iter().map(async |way| {
        let written = Written::new(&ground, *way, "forgotten").await;
        let rules = ground.once(&written.on, &Action::Answer(Fault::Unprepared));
        assert_eq!(write(&ground.store, &written.mutations).await, Ok(()), "{way:?}");
        assert!(rules.count() > 0 && written.landed(&ground).await, "{way:?}");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_slow_is_waited_for() {
    let Some(ground) = Ground::new().await else { return };
    join_all(WAYS.iter().map(async |way| {
        let written = Written::new(&ground, *way, "slow").await;
        let rules = ground.always(&written.on, &Action::Delay(Duration::from_millis(300)));
        assert_eq!(write(&ground.store, &written.mutations).await, Ok(()), "{way:?}");
        assert!(rules.count() > 0 && written.landed(&ground).await, "{way:?}");
    }))
    .await;
}

/// A write that timed out lands after its repeat, and after the row was deleted: the timestamps decide, not the order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_landing_changes_nothing() {
    let Some(ground) = Ground::new().await else { return };
    let (late, table) = (Late::default(), Table::ActiveSessions);
    let partition = ground.key("late");
    let row = [put_at(table, &partition, b"a", (b"value", 1))];
    let on = On::statement("insert into active_sessions").carrying(&partition);
    let rules = ground.always(&on, &Action::Late(late.clone(), Some(Fault::WriteTimeout)));
    let heard = write(&ground.store, &row).await;
    assert!(matches!(heard, Err(WriteError::Unknown(_))), "{heard:?}");
    rules.end();
    assert!(ground.rows(table, &partition).await.is_empty(), "it has not landed");
    ground.store_at_last(&row).await;
    ground.store_at_last(&[delete_at(table, &partition, b"a", 2)]).await;
    assert!(late.land(ground.proxies[0].server()).await.expect("the server takes it") > 0, "it lands now");
    assert!(ground.rows(table, &partition).await.is_empty(), "the later delete wins");
}
