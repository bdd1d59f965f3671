//! Promise P3 and protocol rule 9: a message repeated long afterwards, after the close, or after the record is sealed,
//! returns the first result and adds nothing; the same id with other content is refused, each time.

use futures_util::stream::{self, StreamExt};

use super::life::{Answer, Clock, Node, accepted, customer, live, session, staff};
use crate::session::Phase;
use crate::session::Refusal;
use crate::session::input::Act;
use crate::shard::door::{DoorError, Who};
use crate::store::rows::embedded::tests::disk::Disk;
use crate::store::rows::embedded::{self, Options};
use crate::words::{Seq, SessionId};

const EVENTS: usize = 50_000;

/// A repeat gives the first result, another content is refused, and nothing is added.
async fn stays(node: &Node, id: SessionId, who: &Who, (name, after, seq): (&str, u64, u64)) {
    let before = node.door.summary(super::life::auditor(), id).await.unwrap().seq;
    assert_eq!(accepted(&node.say(who, id, (name, Some(after), "first")).await), (seq, true), "{name}");
    let other: Answer = node.say(who, id, (name, Some(after), "other")).await;
    assert_eq!(other, Err(DoorError::Refused(Refusal::IdReused)), "{name}");
    assert_eq!(node.door.summary(super::life::auditor(), id).await.unwrap().seq, before, "{name}");
}

async fn say_many(node: &Node, id: SessionId, count: usize) {
    let sent = stream::iter(0..count).map(|n| async move {
        let name = format!("f{n}");
        accepted(&node.say(&customer(), id, (&name, None, "filler")).await)
    });
    let last = sent.buffered(32).fold(0, |last, (seq, _)| async move { last.max(seq) }).await;
    assert!(last > count as u64);
}

#[test]
fn a_message_repeated_fifty_thousand_events_later_adds_nothing() {
    let home = tempfile::tempdir().unwrap();
    let open = || {
        let options = Options { reserve_bytes: 0, cache_bytes: 64 << 20, ..Options::new(home.path()) };
        embedded::open(options).unwrap()
    };
    let (clock, id) = (Clock::new(), session(1));
    let firsts = live(async {
        let node = Node::on(open(), &clock).await.unwrap();
        accepted(&node.create(id).await);
        let (joined, _) = accepted(&node.join("ann", id, "j").await);
        // Two senders with one id: neither may be taken for the other.
        let (own, _) = accepted(&node.say(&customer(), id, ("m1", Some(joined), "first")).await);
        let (anns, _) = accepted(&node.say(&staff("ann"), id, ("m1", Some(joined), "first")).await);
        accepted(
            &node
                .ask(
                    &staff("ann"),
                    id,
                    ("l", None, Act::Leave { then: crate::session::event::AfterLeave::Keep }),
                )
                .await,
        );
        say_many(&node, id, EVENTS).await;
        stays(&node, id, &customer(), ("m1", joined, own)).await;
        stays(&node, id, &staff("ann"), ("m1", joined, anns)).await;
        (joined, own, anns)
    });
    let (joined, own, anns) = firsts;
    live(async {
        let node = Node::on(open(), &clock).await.unwrap();
        stays(&node, id, &customer(), ("m1", joined, own)).await;
        stays(&node, id, &staff("ann"), ("m1", joined, anns)).await;
        let me = customer();
        let close = || node.ask(&me, id, ("close", None, Act::Close));
        let (closed, repeated) = accepted(&close().await);
        assert!(!repeated);
        stays(&node, id, &customer(), ("m1", joined, own)).await;
        assert_eq!(accepted(&close().await), (closed, true));
        sealed(&node, id).await;
    });
    live(async {
        let node = Node::on(open(), &clock).await.unwrap();
        stays(&node, id, &customer(), ("m1", joined, own)).await;
        stays(&node, id, &staff("ann"), ("m1", joined, anns)).await;
        let late = node.say(&customer(), id, ("new", Some(joined), "late")).await;
        assert_eq!(late, Err(DoorError::Refused(Refusal::Stopped)));
    });
}

/// Waits until the interaction is over and its journal gone.
async fn sealed(node: &Node, id: SessionId) {
    loop {
        let attached = node.door.page(super::life::auditor(), id, Seq(0), 1).await.unwrap();
        let store: &dyn crate::store::rows::Rows = &*node.store;
        let heads = crate::store::rows::Slice {
            table: crate::store::rows::Table::Heads,
            partition: crate::store::journal::keys::journal(&crate::words::JournalId::Session(id)).into(),
            from: bytes::Bytes::new(),
            to: None,
            limit: 1,
            bytes: usize::MAX,
            reverse: false,
        };
        if attached.phase == Phase::Stopped && store.read(heads).await.unwrap().rows.is_empty() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// A message whose answer was lost is sent again on two connections, long after its time: it is accepted once, and what
/// the same sender says afterwards comes after it.
#[test]
fn two_late_repeats_are_one_message_and_nothing_overtakes_them() {
    let (clock, disk, id) = (Clock::new(), Disk::new(), session(2));
    live(async {
        let node = Node::start(&disk, &clock).await.unwrap();
        accepted(&node.create(id).await);
        say_many(&node, id, 1_500).await;
        let me = customer();
        let late = || node.say(&me, id, ("late", Some(3), "late"));
        let newer = node.say(&me, id, ("newer", Some(1_400), "newer"));
        let (one, two, newer) = tokio::join!(late(), late(), newer);
        let (one, two, newer) = (accepted(&one), accepted(&two), accepted(&newer));
        assert_eq!((one.0, one.1, two.1), (two.0, false, true));
        assert_eq!(newer, (one.0 + 1, false));
    });
}
