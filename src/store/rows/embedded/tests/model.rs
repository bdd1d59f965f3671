//! Random writes and slices against a plain ordered map, while rows wander from the log's memory into the database.

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::Bytes;

use super::disk::{Dice, Disk};
use super::powercut::options;
use super::*;
use crate::store::rows::contract::{delete_at, put, whole};
use crate::store::rows::{Page, Row, Slice, Table};

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

fn expected(model: &Model, slice: &Slice) -> Page {
    let from = slice.from.to_vec();
    let to = slice.to.as_ref().map_or(Bound::Unbounded, |to| Bound::Excluded(to.to_vec()));
    if slice.to.as_ref().is_some_and(|to| to[..] <= from[..]) {
        return Page::default();
    }
    let mut rows: Vec<_> = model.range((Bound::Included(from), to)).collect();
    if slice.reverse {
        rows.reverse();
    }
    let (mut page, mut bytes) = (Page::default(), 0);
    for (key, value) in rows {
        bytes += key.len() + value.len();
        if page.rows.len() == slice.limit || (!page.rows.is_empty() && bytes > slice.bytes) {
            page.more = true;
            break;
        }
        page.rows.push(Row { clustering: key.clone().into(), value: value.clone().into() });
    }
    page
}

fn key(dice: &mut Dice) -> Bytes {
    let length = 1 + dice.index(2);
    (0..length).map(|_| u8::try_from(dice.below(16)).unwrap()).collect()
}

async fn write(ground: &Ground, model: &mut Model, dice: &mut Dice, partition: &Bytes) {
    let mut mutations = Vec::new();
    for _ in 0..=dice.below(8) {
        let key = key(dice);
        if dice.one_in(2) {
            model.remove(&key[..]);
            mutations.push(delete_at(Table::Journal, partition, &key, 1));
        } else {
            let value = vec![u8::try_from(dice.below(256)).unwrap(); dice.index(300)];
            mutations.push(put(Table::Journal, partition, &key, &value));
            model.insert(key.to_vec(), value);
        }
    }
    ground.write(mutations).await;
}

#[tokio::test]
async fn slices_are_those_of_a_plain_map() {
    for seed in 0..6 {
        let mut dice = Dice::new(seed);
        let store = open_at(Box::new(Disk::new()), options()).unwrap();
        let (ground, partition, mut model) = (ground(&store), Bytes::from_static(b"p"), Model::new());
        for step in 0..500 {
            write(&ground, &mut model, &mut dice, &partition).await;
            let slice = Slice {
                from: if dice.one_in(2) { key(&mut dice) } else { Bytes::new() },
                to: dice.one_in(2).then(|| key(&mut dice)),
                limit: 1 + dice.index(20),
                bytes: 1 + dice.index(4_000),
                reverse: dice.one_in(2),
                ..whole(Table::Journal, &partition)
            };
            let page = ground.read(slice.clone()).await;
            assert_eq!(page, expected(&model, &slice), "seed {seed}, step {step}, {slice:?}");
        }
        assert!(store.stats().checkpoints.load(Ordering::Relaxed) > 10);
    }
}
