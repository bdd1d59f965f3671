//! Rules 14 to 16: birth, the active row, the record and the removal.

use super::super::config::{Break, Journal};
use super::super::properties::{ALIKE, KEPT, LISTED, RECORD};
use super::{loses, notices};
use crate::search::{holds, large};

fn living(messages: usize) -> Journal {
    Journal::of(2, messages).living()
}

#[test]
fn the_first_ack_does_not_wait_for_the_active_row() {
    notices("first ack does not wait for the active row", living(1), &[Break::ListNotAwaited], &[LISTED]);
}

#[test]
fn the_record_is_written_before_the_last_event_is_published() {
    notices("record before the close is published", living(1), &[Break::EarlyRecord], &[RECORD, LISTED]);
}

#[test]
fn the_journal_is_deleted_before_the_record_is_stored() {
    loses("journal expires before the record", living(1), &[Break::EarlyDelete]);
}

#[test]
fn whoever_finds_a_record_trusts_it() {
    let (model, broken) = (Journal::of(3, 1).living(), [Break::FoundRecordTrusted]);
    notices("a found record is not stored again, unlisted", model.clone(), &broken, &[LISTED]);
    notices("a found record is not stored again, lost", model.clone(), &broken, &[KEPT, ALIKE]);
    // A read that repairs has stored it again.
    if large() {
        let model = model.with(|m| m.repair = true).breaking(&broken);
        holds("journal 3x1 and a close, read repair, a found record is trusted", model);
    }
}

#[test]
fn the_record_is_not_looked_for() {
    loses("record not looked for", living(1), &[Break::NoRecordRead]);
}

#[test]
fn the_record_is_looked_for_first() {
    loses("record looked for before the journal", living(1), &[Break::RecordReadFirst]);
}

#[test]
fn an_unlisted_session_is_created_unread() {
    loses("create without reading", living(1), &[Break::CreateUnread]);
}
