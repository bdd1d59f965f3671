//! What a node tells an edge, at random and one of each.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::leaves::*;
use super::{comes_back, covers, kinds};
use crate::shard::wire::{Chart, Digest, Feed, Offered};

kinds!(kind, KINDS, Feed, {
    Feed::Chart(_) => "chart",
    Feed::Center(_) => "center",
    Feed::Key(_) => "key",
    Feed::Beat { .. } => "beat",
});

fn chart() -> impl Strategy<Value = Chart> {
    let shard = (option::of(0..u16::MAX), any::<u64>());
    (any::<u32>(), any::<u64>(), vec((text(), text()), 0..4), vec(shard, 0..9))
        .prop_map(|(generation, applied, nodes, shards)| Chart { generation, applied, nodes, shards })
}

fn offered() -> impl Strategy<Value = Offered> {
    (text(), any::<bool>(), option::of(text())).prop_map(|(name, anonymous, identity_key)| Offered {
        name,
        anonymous,
        identity_key,
    })
}

fn feed() -> impl Strategy<Value = Feed> {
    prop_oneof![
        chart().prop_map(Feed::Chart),
        (any::<u64>(), vec(offered(), 0..4))
            .prop_map(|(version, services)| Feed::Center(Digest { version, services })),
        any::<[u8; 32]>().prop_map(Feed::Key),
        any::<bool>().prop_map(|adrift| Feed::Beat { adrift }),
    ]
}

/// One of each kind.
pub(super) fn samples() -> Vec<(String, Feed)> {
    let nodes = vec![("n1".into(), "n1:7083".into()), ("n2".into(), "n2:7083".into())];
    let shards = vec![(Some(0), 1 << 32 | 4), (Some(1), 7), (None, 9)];
    let support = Offered { name: "support".into(), anonymous: true, identity_key: None };
    let vip = Offered { name: "vip".into(), anonymous: false, identity_key: Some("a key".into()) };
    let mut key = [7; 32];
    key[31] = 8;
    let feeds = [
        Feed::Chart(Chart { generation: 1, applied: 40, nodes, shards }),
        Feed::Center(Digest { version: 3, services: vec![support, vip] }),
        Feed::Key(key),
        Feed::Beat { adrift: true },
    ];
    feeds.map(|feed| (kind(&feed).to_owned(), feed)).into()
}

#[test]
fn there_is_a_sample_of_each() {
    covers(KINDS, samples().iter().map(|(_, feed)| kind(feed)));
}

#[test]
fn debug_of_what_is_told_tells_no_key() {
    assert_eq!(format!("{:?}", samples()[2].1), "Key");
}

proptest! {
    #[test]
    fn what_an_edge_is_told_comes_back(feed in feed()) {
        comes_back(&feed)?;
    }
}
