//! A journal that this release cannot replay harms no other session: the others go on, and this one is quarantined. Its
//! published events can still be read, its sends are answered `503 quarantined`, and the metric says that it is there.

use std::sync::Arc;

use bytes::Bytes;
use holdfast::store::journal::row::Stored;
use holdfast::store::journal::{Epoch, keys, take};
use holdfast::store::rows::embedded::{self, Options};
use holdfast::store::rows::{Batch, Class, Mutation, Rows, Table};
use holdfast::words::{JournalId, Seq, SessionId};

use super::super::support::customer::texts;
use super::super::support::http::ask;
use super::super::support::wait::until;
use super::super::support::{Customer, Node};

/// What is wrong with the row behind the last event.
#[derive(Clone, Copy, Debug)]
enum Poison {
    /// A row as it should be around an event that nobody can read.
    Event,
    /// A row that is none.
    Row,
    /// An owner's cut that is none.
    Cut,
}

#[tokio::test]
async fn an_event_that_cannot_be_replayed_harms_no_other_session() {
    harms_nobody(Poison::Event, 0).await;
}

#[tokio::test]
async fn a_damaged_row_harms_no_other_session() {
    harms_nobody(Poison::Row, 1).await;
}

#[tokio::test]
async fn a_damaged_cut_harms_no_other_session() {
    harms_nobody(Poison::Cut, 1).await;
}

/// All but so many of the last events of the poisoned session must be readable afterwards: of a journal that was not read
/// whole, only what a later row calls final.
async fn harms_nobody(poison: Poison, unsure: usize) {
    let mut node = Node::start().await;
    let mut others = Vec::new();
    for _ in 0..8 {
        others.push(Customer::create(&node, "support").await);
    }
    let victim = Customer::create(&node, "support").await;
    for customer in others.iter().chain([&victim]) {
        customer.send("m1", "before").await.good();
    }
    let published = victim.events().await;
    let last = published.last().and_then(|event| event["seq"].as_u64()).expect("a seq");
    node.kill();
    put(&node, &victim.session, (poison, last)).await;

    // Whoever starts on it meets it again: it takes no node down, however often one starts.
    for round in 0..3 {
        node.start_again().await;
        for customer in &others {
            let sent = customer.send(&format!("r{round}"), "after").await.good();
            assert_eq!(sent["repeated"], false);
            assert_eq!(customer.send("m1", "before").await.good()["repeated"], true);
            assert_eq!(
                texts(&customer.events().await).iter().filter(|text| *text == "after").count(),
                round + 1
            );
        }
        let refused = victim.send(&format!("r{round}"), "after").await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (503, "quarantined"),
            "{poison:?}: {}",
            refused.text
        );
        let page = ask("GET", &format!("{}/metrics", node.ops())).send().await.text;
        assert!(page.lines().any(|line| line == "holdfast_sessions_quarantined 1"), "{poison:?}: {page}");
        let seen = until("the published events", || async {
            let seen = victim.events().await;
            (seen.len() + unsure >= published.len()).then_some(seen)
        });
        let seen = seen.await;
        assert_eq!(seen, published[..seen.len()]);
        if round == 1 {
            assert!(node.stop().await.success(), "a gentle stop does not wait for it");
        } else {
            node.kill();
        }
    }
}

/// Writes the poison behind event `last` into the store of a node that does not run.
async fn put(node: &Node, session: &str, (poison, last): (Poison, u64)) {
    let id = JournalId::Session(SessionId::parse(session).expect("an id"));
    // The first start of a node is generation 1, and its workers' epoch the first of that.
    let (epoch, next) = (Epoch::new(1, 1), Seq(last + 1));
    let store: Arc<dyn Rows> = embedded::open(Options::new(node.data())).expect("the store opens");
    let unreadable = Stored::new(Seq(last), 0, b"\x01 no event of any release");
    let mut mutation = take::put_event(&id, epoch, next, &unreadable);
    match (&mut mutation, poison) {
        (Mutation::Put { value, .. }, Poison::Row) => *value = Bytes::from_static(b"\xff no row"),
        (Mutation::Put { table, partition, clustering, value, .. }, Poison::Cut) => {
            *table = Table::Heads;
            *partition = keys::journal(&id).into();
            *clustering = keys::cut(Epoch::new(1, 2));
            *value = Bytes::from_static(b"\xff no cut");
        }
        _ => {}
    }
    let batch = Batch { mutations: vec![mutation], class: Class::Upkeep };
    store.write(batch).await.expect("it is written");
}
