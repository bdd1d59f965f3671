//! Trace F8: a generation takes its number, stores the fences of all before it, says so, and only then grants or reads. The
//! product's own birth does it, on a store that does not write fences where the trace removes a rule.

use std::sync::Arc;

use bytes::Bytes;
use holdfast::shard::birth;
use holdfast::store::codec::cluster::{Cluster, KEY};
use holdfast::store::rows::{Incarnation, Rows, Table, WriteError};

use super::super::owner::Owner;
use super::super::stage::Play;
use super::super::through::Through;
use super::AB;

/// The second generation says that the first is fenced, and dies before it is; the third believes it.
pub async fn the_mark_is_raised_early(play: &Play<'_>, kept: bool) {
    let mut e0 = Owner::new(play, 1);
    let m = e0.bear("m");
    founded(play).await;
    let fenced = if kept { Err(WriteError::Unknown("it dies".to_owned())) } else { Ok(()) };
    let second = born(play, Some(fenced)).await;
    assert_eq!(second.is_none(), kept, "a generation whose fences are not stored is not born");
    let third = born(play, None).await.expect("it is born");
    let mut e2 = Owner::of_generation(play, third, 1);
    e2.open(AB).await;
    play.land_all(&m, &AB).await;
    e0.look(AB).await;
}

/// It opens sessions while its fences are on their way.
pub async fn a_generation_grants_early(play: &Play<'_>, kept: bool) {
    let mut e0 = Owner::new(play, 1);
    let m = e0.bear("m");
    founded(play).await;
    let second = born(play, if kept { None } else { Some(Ok(())) }).await.expect("it is born");
    let mut e1 = Owner::of_generation(play, second, 1);
    e1.open(AB).await;
    play.land_all(&m, &AB).await;
    e0.look(AB).await;
    fenced(play).await;
    play.land_all(&e1.bear("n"), &AB).await;
    e1.look(AB).await;
}

/// It only reads while they are.
pub async fn a_generation_reads_early(play: &Play<'_>, kept: bool) {
    let mut e0 = Owner::new(play, 1);
    let m = e0.bear("m");
    founded(play).await;
    let second = born(play, if kept { None } else { Some(Ok(())) }).await.expect("it is born");
    let mut e1 = Owner::of_generation(play, second, 1);
    let (heads, journal) = (e1.read_heads(AB).await, e1.read_journal(AB).await);
    play.land_all(&m, &AB).await;
    e0.look(AB).await;
    fenced(play).await;
    e1.adopt(&heads, journal);
}

/// The row of a cluster whose newest generation is E0's.
async fn founded(play: &Play<'_>) {
    let (generation, shards, secret) = (play.generation, 1, [7; 32]);
    let cluster = Cluster { generation, fenced_below: generation, shards, secret, replication: None };
    let key = (Bytes::from_static(KEY.0), Bytes::from_static(KEY.1));
    let found = async |rows: Arc<dyn Rows>| {
        // Whoever did not hear asks again: then the row is there, or it is made now.
        while rows.claim(Table::Cluster, key.clone(), None, cluster.bytes()).await.is_err() {}
    };
    play.whole(found).await;
}

/// The next generation; with an answer, its fences are not written and this is what it hears.
async fn born(play: &Play<'_>, fences: Option<Result<(), WriteError>>) -> Option<u32> {
    let birth = async |rows: Arc<dyn Rows>| {
        let dies = matches!(fences, Some(Err(_)));
        let rows = match fences {
            Some(answer) => Arc::new(Through::unfenced(rows, answer)),
            None => rows,
        };
        loop {
            match birth::generation(&*rows, 1, [7; 32]).await {
                Ok(cluster) => return Some(cluster.generation),
                Err(_) if dies => return None,
                // A number that was taken without hearing of it is skipped, and fenced with the others.
                Err(_) => {}
            }
        }
    };
    play.whole(birth).await
}

/// The fences of E0's generation are stored after all.
async fn fenced(play: &Play<'_>) {
    play.fence(Incarnation { generation: play.generation, number: 0 }, AB).await;
}
