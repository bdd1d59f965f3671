//! Checks of compare and set, and of fences and looks.

use bytes::Bytes;
use futures_util::future::join_all;

use super::{Ground, row};
use crate::store::rows::{Claim, Incarnation, Look, Table, fences};

/// A claim wins against the expected content only, and tells what is there when it loses.
pub async fn won_and_lost(ground: &Ground) {
    for table in [Table::Cluster, Table::Config] {
        let (one, two) = (Bytes::from_static(b"one"), Bytes::from_static(b"two"));
        let claim = |expected: Option<&Bytes>, value: &Bytes| {
            let key = (ground.partition("claim"), Bytes::from_static(b"c"));
            ground.rows.claim(table, key, expected.cloned(), value.clone())
        };
        assert_eq!(claim(Some(&two), &one).await, Ok(Claim::Lost(None)), "nothing is there yet");
        assert_eq!(claim(None, &one).await, Ok(Claim::Won), "absent as expected");
        assert_eq!(claim(None, &two).await, Ok(Claim::Lost(Some(one.clone()))), "it is there by now");
        assert_eq!(claim(Some(&two), &two).await, Ok(Claim::Lost(Some(one.clone()))), "other content");
        let rows = ground.rows_of(table, &ground.partition("claim")).await;
        assert_eq!(rows, [row(b"c", b"one")], "a lost claim changes nothing");
        assert_eq!(claim(Some(&one), &two).await, Ok(Claim::Won), "content as expected");
        let rows = ground.rows_of(table, &ground.partition("claim")).await;
        assert_eq!(rows, [row(b"c", b"two")], "a won claim is read");
    }
}

/// Of many claims at once on one content, one wins.
pub async fn one_of_many(ground: &Ground) {
    let key = || (ground.partition("one-of-many"), Bytes::new());
    let claims = (0_u8..20).map(|i| ground.rows.claim(Table::Config, key(), None, vec![i].into()));
    let answers = join_all(claims).await;
    let won: Vec<usize> = (0..20).filter(|i| answers[*i] == Ok(Claim::Won)).collect();
    assert_eq!(won.len(), 1, "one claim of twenty wins: {answers:?}");
    let winner = Bytes::from(vec![u8::try_from(won[0]).expect("one of twenty")]);
    let lost = Ok(Claim::Lost(Some(winner)));
    assert!(answers.iter().all(|a| *a == Ok(Claim::Won) || *a == lost), "all others hear of it: {answers:?}");
}

/// A look finds its own fence and that of its generation, and no other; the rows are where they must be.
pub async fn fences(ground: &Ground) {
    let generation =
        u32::try_from(xxhash_rust::xxh3::xxh3_64(ground.salt.as_bytes()) >> 33).expect("31 bits");
    let of = |number| Incarnation { generation, number };
    let look = |number| ground.rows.look(of(number));
    for number in [1, 16, 17, 33] {
        assert_eq!(look(number).await, Ok(Look::Clean), "nothing is fenced yet");
    }
    for _ in 0..2 {
        assert_eq!(ground.rows.fence(of(17)).await, Ok(()), "a fence is stored, also again");
    }
    assert_eq!(look(17).await, Ok(Look::Fenced), "fenced");
    for number in [1, 33, 16] {
        assert_eq!(look(number).await, Ok(Look::Clean), "{number} is not 17, though its bucket may be");
    }
    let rows = ground.rows_of(Table::Fences, &fences::partition(of(1))).await;
    assert_eq!(keys(&rows), [fences::clustering(17)], "17 lies in the bucket of its remainder by 16");
    assert_eq!(ground.rows.fence(of(0)).await, Ok(()), "a whole generation is fenced");
    for number in [1, 16, 17, 33, 1 << 40] {
        assert_eq!(look(number).await, Ok(Look::Fenced), "{number} is of a fenced generation");
    }
    let rows = ground.rows_of(Table::Fences, &fences::partition(of(17))).await;
    assert_eq!(keys(&rows), [fences::clustering(0), fences::clustering(17)], "row 0 stands in each bucket");
    let next = Incarnation { generation: generation + 1, number: 17 };
    assert_eq!(ground.rows.look(next).await, Ok(Look::Clean), "the next generation");
}

fn keys(rows: &[crate::store::rows::Row]) -> Vec<Bytes> {
    rows.iter().map(|row| row.clustering.clone()).collect()
}
