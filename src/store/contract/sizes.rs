//! Journals that are long and events that are large: borders of segments, pages, checkpoints (rules 6 and 19).

use super::Corner;
use super::owner::{Opened, Owner, land};
use crate::store::journal::cut::Chain;
use crate::store::journal::keys::SEGMENT;
use crate::store::reading;
use crate::words::{JournalId, Seq};

/// Takeovers before, at and behind the border of a segment, without a checkpoint and with one at the very end.
pub async fn across_segments(corner: &Corner) {
    let borders = [SEGMENT - 2, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT + 1];
    for (base, last) in (0_u32..).step_by(4).zip(borders) {
        let id = corner.session(last);
        let mut owner = corner.owner(base + 1);
        owner.open(&id).await.expect("answered");
        fill(&mut owner, &id, last / 2).await;
        let (mut owner, _) = corner.after(&owner, base + 2, &id).await;
        fill(&mut owner, &id, last).await;
        let (mut next, opened) = corner.after(&owner, base + 3, &id).await;
        assert_eq!(opened, Opened::Journal(Seq(last)));
        let texts: Vec<_> = (1..=last).map(text).collect();
        assert!(next.known(&id) == texts, "without a checkpoint all of it is read");
        next.take(&id);
        next.store(&id).await;
        assert_eq!(next.look().await, Ok(true));
        assert!(land(&*corner.rows, vec![next.checkpoint(&id)]).await);
        assert_eq!(next.say(&id, &[&text(last + 1)]).await, Ok(true));
        let (last_owner, opened) = corner.after(&next, base + 4, &id).await;
        assert_eq!(opened, Opened::Journal(Seq(last + 1)));
        assert_eq!((last_owner.opened_from(&id), last_owner.rows_read(&id)), (Some(Seq(last)), 1));
    }
}

/// Events of a MiB, more of them than one page of a read holds.
pub async fn big_events(corner: &Corner) {
    let id = corner.session(1);
    let mut owner = corner.owner(1);
    owner.open(&id).await.expect("answered");
    for n in 0..6_u8 {
        let body: Vec<u8> = (0..1 << 20).map(|at| n ^ u8::try_from(at % 251).expect("a remainder")).collect();
        assert_eq!(owner.say(&id, &[&body]).await, Ok(true));
    }
    let (mut next, opened) = corner.after(&owner, 2, &id).await;
    assert_eq!(opened, Opened::Journal(Seq(6)));
    assert!(next.known(&id) == owner.published(&id), "every byte of it");
    next.take(&id);
    next.store(&id).await;
    assert_eq!(next.look().await, Ok(true));
    assert!(next.published(&id) == owner.published(&id), "and after it was written again");
}

/// A long journal is opened from its checkpoint, and read back page by page.
pub async fn long_journal(corner: &Corner, full: bool) {
    let last = if full { 100_000 } else { 5_000 };
    let id = corner.session(1);
    let mut owner = corner.owner(1);
    owner.open(&id).await.expect("answered");
    fill(&mut owner, &id, last - 100).await;
    assert!(land(&*corner.rows, vec![owner.checkpoint(&id)]).await);
    fill(&mut owner, &id, last).await;
    let (next, opened) = corner.after(&owner, 2, &id).await;
    assert_eq!((opened, next.rows_read(&id)), (Opened::Journal(Seq(last)), 100));
    let chain: Chain = vec![(owner.epoch(), Seq(last))];
    let mut at = Seq(0);
    while at < Seq(last) {
        let page = reading::rows(&*corner.rows, &id, &chain, (at, Seq(last)), 500).await.expect("answered");
        for (seq, stored) in page {
            assert_eq!((seq, &stored.body[..]), (at.next(), &text(seq.0)[..]), "in order, without a hole");
            at = seq;
        }
    }
}

/// A journal of so many bytes, in events of 32 KiB: it is written, taken over from its checkpoint, read back whole, and recorded.
/// The seconds that the opening took are the caller's to measure.
pub async fn large_journal(corner: &Corner, bytes: u64) {
    const EVENT: usize = 32 * 1024;
    let (id, last) = (corner.session(1), bytes.div_ceil(EVENT as u64));
    let mut owner = corner.owner(1);
    owner.open(&id).await.expect("answered");
    let body = |seq: u64| [&seq.to_be_bytes()[..], &vec![b'x'; EVENT - 8]].concat();
    while owner.last_seq(&id).0 < last {
        let at = owner.last_seq(&id).0;
        let bodies: Vec<_> = (at + 1..=last.min(at + 8)).map(body).collect();
        let bodies: Vec<&[u8]> = bodies.iter().map(Vec::as_slice).collect();
        assert_eq!(owner.say(&id, &bodies).await, Ok(true));
        owner.forget_published(&id);
    }
    assert!(land(&*corner.rows, vec![owner.checkpoint(&id)]).await);
    let (mut next, opened) = corner.after(&owner, 2, &id).await;
    assert_eq!((opened, next.rows_read(&id)), (Opened::Journal(Seq(last)), 0));
    next.take(&id);
    next.store(&id).await;
    assert_eq!(next.look().await, Ok(true));
    let proof = next.record(&id).await.expect("every event is read back");
    assert_eq!(proof.last, Seq(last));
    next.bury(&id, proof.last).await;
    assert_eq!(next.open(&id).await, Ok(Opened::Over(proof)));
}

/// Appends up to a seq, many events in one write.
async fn fill(owner: &mut Owner, id: &JournalId, last: u64) {
    while owner.last_seq(id).0 < last {
        let from = owner.last_seq(id).0;
        let texts: Vec<_> = (from + 1..=last.min(from + 100)).map(text).collect();
        let bodies: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
        assert_eq!(owner.say(id, &bodies).await, Ok(true));
    }
}

fn text(seq: u64) -> Vec<u8> {
    format!("event {seq}").into_bytes()
}
