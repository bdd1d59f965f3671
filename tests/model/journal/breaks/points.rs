//! Rule 19: checkpoints.

use super::super::config::{Break, Journal};
use super::super::properties::{ALIKE, KEPT, ONCE};
use super::notices;

#[test]
fn a_stale_owner_uses_a_newer_owners_checkpoint() {
    let model = Journal::of(3, 2).with(|m| (m.points, m.window) = (true, Some(1)));
    notices("newer checkpoint used by a stale owner", model, &[Break::NewerPointUsed], &[KEPT, ALIKE, ONCE]);
}

#[test]
fn a_checkpoint_of_what_is_not_published() {
    let model = Journal::of(3, 2).with(|m| (m.points, m.window) = (true, Some(1)));
    notices("checkpoint of what is not published", model, &[Break::UnpublishedPoint], &[KEPT, ALIKE, ONCE]);
}
