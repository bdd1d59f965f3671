//! The end of a journal: record, segments, heads, list, in this order, from any step on again (rule 16).

use super::owner::{Opened, land};
use super::{Answered as _, Corner, bodies};
use crate::store::journal::record::{part_key, read_part};
use crate::store::journal::{keys, record};
use crate::store::rows::{Slice, Table};
use crate::words::{JournalId, Seq};

/// The record holds everything that was published; afterwards nothing else is there, and a late repeat stays dead.
pub async fn record_then_nothing(corner: &Corner) {
    let id = corner.session(1);
    let mut owner = corner.owner(1);
    owner.open(&id).await.answered();
    let big = vec![b'x'; 700_000];
    for body in [&b"a"[..], &big, &big, b"end"] {
        assert_eq!(owner.say(&id, &[body]).await, Ok(true));
    }
    let late: Vec<_> = owner.writes(&id).iter().flat_map(|write| write.mutations.clone()).collect();
    let proof = owner.record(&id).await.answered();
    assert_eq!((proof.parts, proof.last), (2, Seq(4)));
    assert_eq!(events(corner, &id, proof.parts).await, [&b"a"[..], &big, &big, b"end"]);
    owner.bury(&id, proof.last).await;
    assert!(owner.strike(&id).await);
    let mut next = corner.owner(2);
    next.fence(owner.incarnation()).await.answered();
    assert_eq!(next.list().await, Ok(vec![]), "it is off the list");
    assert_eq!(next.open(&id).await, Ok(Opened::Over(proof.clone())));
    let read = next.read_heads(&id).await.answered();
    assert!(read.cuts.is_empty() && read.checkpoint.is_none(), "nothing but the record is there");
    // A repeat that comes after the end; whether its rows stay is the store's affair, the record decides.
    assert!(land(&*corner.rows, late).await);
    assert_eq!(next.open(&id).await, Ok(Opened::Over(proof)));
}

/// Whoever finds a record finishes the removal, from whatever step its writer reached.
pub async fn half_deleted(corner: &Corner) {
    for steps in 0..3_u32 {
        let id = corner.session(u64::from(steps));
        let mut owner = corner.owner(2 * steps + 1);
        owner.open(&id).await.answered();
        assert_eq!(owner.say(&id, &[b"a"]).await, Ok(true));
        assert_eq!(owner.say(&id, &[b"end"]).await, Ok(true));
        let proof = owner.record(&id).await.answered();
        let (segments, heads) = record::delete_journal(&id, proof.last);
        if steps > 0 {
            assert!(land(&*corner.rows, segments).await);
        }
        if steps > 1 {
            assert!(land(&*corner.rows, vec![heads]).await);
        }
        let mut next = corner.owner(2 * steps + 2);
        next.fence(owner.incarnation()).await.answered();
        let listed = next.list().await.answered().contains(&id);
        assert!(listed, "after {steps} steps it is listed still, so that somebody finishes");
        assert_eq!(next.open(&id).await, Ok(Opened::Over(proof.clone())), "after {steps} steps");
        next.bury(&id, proof.last).await;
        assert!(next.strike(&id).await);
        assert!(!next.list().await.answered().contains(&id));
        assert_eq!(next.open(&id).await, Ok(Opened::Over(proof.clone())));
        assert_eq!(events(corner, &id, proof.parts).await, bodies(&["a", "end"]));
    }
}

async fn events(corner: &Corner, id: &JournalId, parts: u32) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for part in 1..=parts {
        let slice = Slice {
            table: Table::Records,
            partition: keys::journal(id).into(),
            from: part_key(part),
            to: Some(part_key(part + 1)),
            limit: 1,
            bytes: usize::MAX,
            reverse: false,
        };
        let page = corner.rows.read(slice).await.answered();
        let events = read_part(&page.rows[0].value).expect("a part of this release");
        all.extend(events.into_iter().map(|(_, body)| body));
    }
    all
}
