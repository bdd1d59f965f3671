//! Rule 18 and trace F10: projections follow what is published, and their timestamps are made of epoch and seq, those of
//! deletes too.

use holdfast::store::journal::lists::stamp;
use holdfast::store::journal::{keys, record};
use holdfast::store::rows::{Mutation, Table};

use super::super::flight::Flight;
use super::super::owner::Owner;
use super::super::stage::Play;
use super::AB;

/// Above every timestamp that an epoch makes, as a clock's is above those of a young cluster.
const CLOCK: i64 = i64::MAX - 4_000;

/// The head shows an event that a cut excludes, and what the next owner does changes nothing of the head.
pub async fn a_projection_of_what_is_not_published(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (Owner::new(play, 1), Owner::new(play, 2));
    play.land_all(&e0.bear("m"), &AB).await;
    e0.look(AB).await;
    let n = e0.append("n");
    play.fence(e0.incarnation, AB).await;
    e1.open(AB).await;
    play.land_all(&e1.take(), &AB).await;
    let o = e1.append("o");
    play.land(&o, &AB).await;
    e1.look(AB).await;
    play.land(&n, &AB).await;
    let shows = if kept {
        e0.look(AB).await;
        e0.published()
    } else {
        e0.all()
    };
    play.land(&head(play, &shows, stamp(e0.epoch, 2)), &AB).await;
    play.history.shown(found(play).await.expect("a head was written"));
}

/// E0's clock is fast, E1's is slow, and E0's last head comes late.
pub async fn projections_by_clocks(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (Owner::new(play, 1), Owner::new(play, 2));
    play.land_all(&e0.bear("m"), &AB).await;
    e0.look(AB).await;
    let late = head(play, &e0.published(), if kept { stamp(e0.epoch, 1) } else { CLOCK + 2_000 });
    play.fence(e0.incarnation, AB).await;
    e1.open(AB).await;
    play.land_all(&e1.take(), &AB).await;
    let n = e1.append("n");
    play.land(&n, &AB).await;
    e1.look(AB).await;
    let own = head(play, &e1.published(), if kept { stamp(e1.epoch, 2) } else { CLOCK + 1_000 });
    play.land(&own, &AB).await;
    play.land(&late, &AB).await;
    let shows = found(play).await;
    play.history.must("F10: the head is older than what was projected", shows == Some(e1.published()));
}

/// Somebody erases the head while the session lives; the next event writes it again.
pub async fn erased_by_a_clock(play: &Play<'_>, kept: bool) {
    let mut e0 = Owner::new(play, 1);
    play.land_all(&e0.bear("m"), &AB).await;
    e0.look(AB).await;
    play.land(&head(play, &e0.published(), stamp(e0.epoch, 1)), &AB).await;
    let erased = Mutation::Delete {
        table: Table::RecordHeads,
        partition: keys::journal(&play.id).into(),
        clustering: bytes::Bytes::new(),
        timestamp: if kept { stamp(e0.epoch, 1) } else { CLOCK },
    };
    play.land(&Flight::new(vec![erased]), &AB).await;
    assert_eq!(found(play).await, None, "it is erased");
    let n = e0.append("n");
    play.land(&n, &AB).await;
    e0.look(AB).await;
    play.land(&head(play, &e0.published(), stamp(e0.epoch, 2)), &AB).await;
    let shows = found(play).await;
    play.history.must("F10: an old delete hides what was projected since", shows == Some(e0.published()));
}

/// The session's head, which here tells its messages.
fn head(play: &Play<'_>, messages: &[String], timestamp: i64) -> Flight {
    Flight::new(vec![record::put_head(&play.id, messages.join("\n").into_bytes(), timestamp)])
}

/// What the head tells.
async fn found(play: &Play<'_>) -> Option<Vec<String>> {
    let rows = play.read(Table::RecordHeads, keys::journal(&play.id).into(), AB).await;
    let text = rows.first().map(|row| String::from_utf8_lossy(&row.value).into_owned());
    text.map(|text| text.lines().map(str::to_owned).collect())
}
