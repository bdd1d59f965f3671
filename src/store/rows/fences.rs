//! Where fences live, for every adapter: the keys of [`Table::Fences`] and of the bytes in them. It reads and writes nothing.
//!
//! A fence is a row `(generation, bucket) / number`, the bucket being `number % 16`. Number 0 stands for the whole
//! generation; its row is written into every bucket, so that a look finds it and its own fence in one partition.

use bytes::Bytes;

use super::{Incarnation, Mutation, Table};

/// Buckets per generation, so that no partition of fences grows without bound.
pub const BUCKETS: u64 = 16;

/// The timestamp of every fence: a fence has one content for ever.
const TIMESTAMP: i64 = 1;

/// The partition in which the fence of an incarnation lies.
#[must_use]
pub fn partition(of: Incarnation) -> Bytes {
    bucket_partition(of.generation, of.number % BUCKETS)
}

/// The clustering key of a fence within its partition; `clustering(0)` is the row of the whole generation.
#[must_use]
pub fn clustering(number: u64) -> Bytes {
    Bytes::copy_from_slice(&number.to_be_bytes())
}

/// The rows that fence an incarnation: one, or one per bucket for number 0.
#[must_use]
pub fn mutations(of: Incarnation) -> Vec<Mutation> {
    let put = |partition| Mutation::Put {
        table: Table::Fences,
        partition,
        clustering: clustering(of.number),
        value: Bytes::new(),
        timestamp: TIMESTAMP,
    };
    if of.number == 0 {
        (0..BUCKETS).map(|bucket| put(bucket_partition(of.generation, bucket))).collect()
    } else {
        vec![put(partition(of))]
    }
}

/// Reads back what a fence row is about; `None` for bytes that no fence has.
#[must_use]
pub fn parse(partition: &[u8], clustering: &[u8]) -> Option<Incarnation> {
    let generation = u32::from_be_bytes(partition.get(..4)?.try_into().ok()?);
    let number = u64::from_be_bytes(clustering.try_into().ok()?);
    (partition.len() == 5).then_some(Incarnation { generation, number })
}

fn bucket_partition(generation: u32, bucket: u64) -> Bytes {
    let mut key = generation.to_be_bytes().to_vec();
    key.push(u8::try_from(bucket).expect("a bucket is a remainder of 16"));
    key.into()
}
