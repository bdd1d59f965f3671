//! Who is served by which look, as examples and with a store that answers when the test says so.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;

use super::order::{Next, Order};
use super::{Looks, Pace};
use crate::runtime::{Real, Runtime, mpsc, oneshot};
use crate::store::rows::{
    Batch, Claim, Incarnation, Look, Page, Pending, ReadError, Refused, Rows, Slice, Table, WriteError,
};

const OF: Incarnation = Incarnation { generation: 1, number: 1 };

fn pace(in_flight: usize, apart: u64) -> Pace {
    Pace { in_flight, apart: Duration::from_nanos(apart) }
}

#[test]
fn a_need_that_came_after_a_look_was_sent_is_not_served_by_it() {
    let mut order = Order::new(pace(1, 0));
    let early = Order::need(order.begun());
    order.want(early);
    assert_eq!(order.next(0), Next::Begin(1));
    let late = Order::need(order.begun());
    order.want(late);
    order.was_clean(1, 10);
    assert!(early <= order.clean(), "the look began after it was asked for");
    assert!(late > order.clean(), "the look was under way before it was asked for");
    assert_eq!(order.next(20), Next::Begin(2), "another one is for it");
    order.was_clean(2, 10);
    assert!(late <= order.clean());
    assert_eq!(order.next(40), Next::Rest, "nobody needs more");
}

#[test]
fn one_look_serves_all_who_came_before_it() {
    let mut order = Order::new(pace(1, 0));
    for _ in 0..1_000 {
        order.want(Order::need(order.begun()));
    }
    assert_eq!(order.next(0), Next::Begin(1));
    order.was_clean(1, 10);
    assert_eq!(order.next(20), Next::Rest);
}

#[test]
fn no_more_than_so_many_are_in_flight_and_they_are_spread_over_the_time_that_one_takes() {
    let mut order = Order::new(pace(2, 0));
    order.want(1);
    assert_eq!(order.next(0), Next::Begin(1));
    order.was_clean(1, 100);
    order.want(2);
    assert_eq!(order.next(200), Next::Begin(2));
    order.want(3);
    assert_eq!(order.next(210), Next::Wait(250), "half of what one takes");
    assert_eq!(order.next(250), Next::Begin(3));
    order.want(4);
    assert_eq!(order.next(10_000), Next::Rest, "two are in flight");
    order.was_clean(3, 100);
    assert_eq!(order.next(10_000), Next::Begin(4), "the one that is late holds nobody up");
    order.was_clean(2, 9_900);
    assert_eq!(order.clean(), 3, "a late answer takes nothing back");
}

#[test]
fn looks_begin_no_closer_than_the_pace() {
    let mut order = Order::new(pace(4, 1_000));
    order.want(1);
    assert_eq!(order.next(5), Next::Begin(1));
    order.was_clean(1, 10);
    order.want(2);
    assert_eq!(order.next(20), Next::Wait(1_005));
    assert_eq!(order.next(1_005), Next::Begin(2));
}

#[test]
fn an_error_is_not_clean_and_is_tried_again_after_ever_longer_pauses() {
    let mut order = Order::new(pace(1, 0));
    order.want(1);
    let (mut now, mut waits) = (0, Vec::new());
    for number in 1..=9 {
        assert_eq!(order.next(now), Next::Begin(number));
        order.gave_no_answer(number, now);
        assert_eq!(order.clean(), 0);
        let Next::Wait(at) = order.next(now) else { panic!("no pause") };
        waits.push((at - now) / 1_000_000);
        now = at;
    }
    assert_eq!(waits, [50, 100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000]);
    assert_eq!(order.next(now), Next::Begin(10));
    order.was_clean(10, 5);
    assert_eq!((order.clean(), order.next(now)), (10, Next::Rest));
}

#[test]
fn what_a_failed_look_was_for_is_served_by_one_that_is_under_way() {
    let mut order = Order::new(pace(2, 0));
    order.want(1);
    assert_eq!(order.next(0), Next::Begin(1));
    order.want(2);
    assert_eq!(order.next(0), Next::Begin(2));
    order.gave_no_answer(1, 10);
    assert_eq!(order.next(10), Next::Rest, "the second serves both");
    order.was_clean(2, 10);
    assert_eq!((order.clean(), order.next(20)), (2, Next::Rest));
}

/// A store that does nothing but answer looks, when it is told.
struct Gate(mpsc::Sender<oneshot::Sender<Result<Look, ReadError>>>);

impl Rows for Gate {
    fn admits(&self) -> Option<Refused> {
        None
    }

    fn write(&self, _: Batch) -> Pending<Result<(), WriteError>> {
        unreachable!("a looker does not write")
    }

    fn read(&self, _: Slice) -> Pending<Result<Page, ReadError>> {
        unreachable!("a looker reads nothing but fences")
    }

    fn look(&self, _: Incarnation) -> Pending<Result<Look, ReadError>> {
        let (answer, answered) = oneshot::channel();
        let asks = self.0.clone();
        Box::pin(async move {
            asks.send(answer).await.expect("the test waits for looks");
            answered.await.expect("the test answers")
        })
    }

    fn fence(&self, _: Incarnation) -> Pending<Result<(), WriteError>> {
        unreachable!("a looker does not fence")
    }

    fn claim(
        &self,
        _: Table,
        _: (Bytes, Bytes),
        _: Option<Bytes>,
        _: Bytes,
    ) -> Pending<Result<Claim, WriteError>> {
        unreachable!("a looker claims nothing")
    }
}

type Asked = mpsc::Receiver<oneshot::Sender<Result<Look, ReadError>>>;

/// The next look, if one begins within ten seconds.
async fn next(asked: &mut Asked) -> oneshot::Sender<Result<Look, ReadError>> {
    let look = tokio::time::timeout(Duration::from_secs(10), asked.recv()).await;
    look.expect("somebody needs a look").expect("the looker lives")
}

fn looks(in_flight: usize) -> (Looks, Asked) {
    let (asks, mut asked) = mpsc::channel(8);
    let runtime: Arc<dyn Runtime> = Real::start();
    let looks = Looks::start(&runtime, Arc::new(Gate(asks)), OF, pace(in_flight, 0));
    // The first one only showed that this store does not answer at once.
    drop(asked.try_recv());
    (looks, asked)
}

#[tokio::test]
async fn a_look_that_was_sent_before_serves_nobody_who_came_after() {
    let (looks, mut asked) = looks(1);
    assert_eq!(looks.now(), None, "this store does not answer at once");
    let early = looks.served(looks.need());
    let first = next(&mut asked).await;
    let mut late = Box::pin(looks.served(looks.need()));
    let mut later = Box::pin(looks.served(looks.need()));
    first.send(Ok(Look::Clean)).unwrap();
    early.await;
    let second = next(&mut asked).await;
    assert!((&mut late).now_or_never().is_none(), "its storing became known after the first look was sent");
    second.send(Ok(Look::Clean)).unwrap();
    late.await;
    assert!((&mut later).now_or_never().is_some(), "one look serves all who came before it");
    tokio::task::yield_now().await;
    assert!(asked.try_recv().is_err(), "and nobody needs a third");
}

#[tokio::test]
async fn a_look_without_an_answer_serves_nobody_and_is_repeated() {
    let (looks, mut asked) = looks(1);
    let mut served = Box::pin(looks.served(looks.need()));
    next(&mut asked).await.send(Err(ReadError("lost".into()))).unwrap();
    let again = next(&mut asked).await;
    assert!((&mut served).now_or_never().is_none());
    again.send(Ok(Look::Clean)).unwrap();
    served.await;
}

#[tokio::test]
async fn a_fence_ends_everything_and_serves_nobody() {
    let (looks, mut asked) = looks(2);
    let mut served = Box::pin(looks.served(looks.need()));
    let (one, other) = (looks.fenced(), looks.clone().fenced());
    next(&mut asked).await.send(Ok(Look::Fenced)).unwrap();
    one.await;
    other.await;
    assert!(
        (&mut served).now_or_never().is_none(),
        "nobody is told that anything is clean, nor that it failed"
    );
    let _ = looks.need();
    tokio::task::yield_now().await;
    assert!(asked.try_recv().is_err(), "nothing more is looked for");
}
