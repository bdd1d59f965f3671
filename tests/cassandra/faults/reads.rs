//! Every slice with every fault: a read that was refused is an error, never a page that is empty or short.

use bytes::Bytes;
use futures_util::future::join_all;
use holdfast::limits;
use holdfast::store::rows::contract::{put, whole};
use holdfast::store::rows::{Rows, Slice, Table};

use super::ground::{Ground, in_time, of_reads, promised, write};
use crate::proxy::{Action, Fault, On};

/// Rows of the partition that is read: more than a page holds.
const ROWS: u16 = 1_500;

/// The first key behind them.
const END: [u8; 2] = ROWS.to_be_bytes();

/// Most requests of one slice that is refused for ever, on each of three servers; what is refused is asked for in pieces, and
/// that must end soon.
const MOST: usize = 3 * (limits::CASSANDRA_HALVES + 1);

/// The four statements by which a slice is read.
fn slices(partition: &Bytes) -> [Slice; 4] {
    let of = |to: Option<&'static [u8]>, reverse| Slice {
        to: to.map(Bytes::from_static),
        reverse,
        ..whole(Table::Journal, partition)
    };
    [of(None, false), of(None, true), of(Some(&END), false), of(Some(&END), true)]
}

async fn filled(ground: &Ground, about: &str) -> (Bytes, On) {
    let partition = ground.key(about);
    let rows = (0..ROWS).map(|row| put(Table::Journal, &partition, &row.to_be_bytes(), b"row"));
    assert_eq!(write(&ground.truth, &rows.collect::<Vec<_>>()).await, Ok(()), "the truth takes rows");
    let on = On::statement("from journal").carrying(&partition);
    (partition, on)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_read_is_an_error() {
    let Some(ground) = Ground::new().await else { return };
    join_all(of_reads().into_iter().map(async |fault| {
        let (partition, on) = filled(&ground, "refused").await;
        for action in [Action::Answer(fault), Action::AnswerAfter(fault)] {
            for slice in slices(&partition).into_iter().filter(|slice| ends_soon(fault, slice)) {
                let rules = ground.always(&on, &action);
                let heard = in_time("a read that is refused", ground.store.read(slice.clone())).await;
                assert!(
                    heard.is_err(),
                    "{action:?}, {slice:?}: {} rows",
                    heard.map_or(0, |page| page.rows.len())
                );
                let requests = rules.count();
                assert!((1..=MOST).contains(&requests), "{action:?}, {slice:?}: {requests} requests");
                rules.end();
                whole_again(&ground, slice).await;
            }
        }
    }))
    .await;
}

/// A failure is taken for too many tombstones, and the range is cut into pieces as often as it may be. Towards its beginning there
/// is soon nothing left to cut; backward it takes every time that is allowed, each with a pause of the driver.
fn ends_soon(fault: Fault, slice: &Slice) -> bool {
    fault != Fault::ReadFailure || !slice.reverse
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_that_hears_nothing_is_an_error() {
    let Some(ground) = Ground::new().await else { return };
    join_all([Action::Swallow, Action::DropAnswer].iter().map(async |action| {
        let (partition, on) = filled(&ground, "silent").await;
        for slice in slices(&partition) {
            let rules = ground.always(&on, action);
            let heard = promised("a read", ground.store.read(slice.clone())).await;
            assert!(heard.is_err(), "{action:?}: {:?}", heard.map(|page| page.rows.len()));
            rules.end();
            whole_again(&ground, slice).await;
        }
    }))
    .await;
}

/// The first page comes, the second does not: what came is no answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_missing_is_not_left_out() {
    let Some(ground) = Ground::new().await else { return };
    let (partition, on) = filled(&ground, "pages").await;
    let faults = of_reads().into_iter().map(Action::Answer);
    for action in
        faults.chain([Action::Swallow, Action::Cut, Action::CutAfter, Action::Answer(Fault::Unprepared)])
    {
        for slice in slices(&partition) {
            let pages = ground.always(&on, &Action::Count);
            let rules = ground.proxies.iter().map(|proxy| proxy.rule(on.clone(), (1, 1), action.clone()));
            let rules = rules.collect::<Vec<_>>();
            let heard = in_time("a read of several pages", ground.store.read(slice.clone())).await;
            assert!(pages.count() > 1, "it has more than one page");
            if let Ok(page) = heard {
                assert_eq!((page.rows.len(), page.more), (usize::from(ROWS), false), "{action:?}, {slice:?}");
            }
            rules.iter().for_each(crate::proxy::Hits::end);
            pages.end();
            whole_again(&ground, slice).await;
        }
    }
}

/// A read without faults is whole and in order; a connection that was cut may have to be made again first.
async fn whole_again(ground: &Ground, slice: Slice) {
    let read = async {
        loop {
            if let Ok(page) = ground.store.read(slice.clone()).await {
                break page;
            }
            tokio::task::yield_now().await;
        }
    };
    let page = in_time("a read without faults", read).await;
    let mut keys = (0..ROWS).map(|row| row.to_be_bytes().to_vec()).collect::<Vec<_>>();
    if slice.reverse {
        keys.reverse();
    }
    let found = page.rows.iter().map(|row| row.clustering.to_vec()).collect::<Vec<_>>();
    assert_eq!((found, page.more), (keys, false), "everything, in order");
}
