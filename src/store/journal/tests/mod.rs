//! The journal's rules as examples: rows in, verdict out. The exhaustive check of the protocol is the model's.

mod golden;
mod listing;

use super::adopt::{Read, Verdict, adopt};
use super::checkpoint::Checkpoint;
use super::cut::Cut;
use super::ids::{Ids, Known, WINDOW, hash};
use super::row::Stored;
use super::window::{Part, Window, publishable};
use super::{Epoch, keys, lists, record, take};
use crate::store::rows::Mutation;
use crate::words::{AgentId, JournalId, Seq, SessionId, Time};

const ID: JournalId = JournalId::Session(SessionId([7; 16]));

fn epoch(n: u32) -> Epoch {
    Epoch::new(1, n)
}

fn row(text: &str, last_final: u64) -> Stored {
    Stored::new(Seq(last_final), 0, text.as_bytes())
}

/// Rows as `(epoch, seq, text, final)` and cuts as `(epoch, chain)`.
fn read(cuts: &[(u32, &[(u32, u64)])], rows: &[(u32, u64, &str, u64)]) -> Read {
    let mut read = Read::default();
    for (e, chain) in cuts {
        let chain = chain.iter().map(|(e, s)| (epoch(*e), Seq(*s))).collect();
        read.cuts.insert(epoch(*e), Cut { chain, watermark: Seq(0) });
    }
    for (e, s, text, last_final) in rows {
        read.rows.insert((epoch(*e), Seq(*s)), row(text, *last_final));
    }
    read
}

fn texts(verdict: &Verdict) -> String {
    let Verdict::Adopted(adopted) = verdict else { return format!("{verdict:?}") };
    let texts = adopted.rows.iter().map(|(_, _, s)| String::from_utf8_lossy(&s.body).into_owned());
    texts.collect::<Vec<_>>().join(" ")
}

#[test]
fn rows_that_no_chain_names_are_ghosts() {
    let read = read(&[(1, &[]), (2, &[(1, 1)])], &[(1, 1, "a", 0), (1, 2, "ghost", 0), (2, 2, "b", 1)]);
    assert_eq!(texts(&adopt(&read, epoch(3))), "a b");
}

#[test]
fn the_prefix_ends_at_the_first_hole() {
    let read = read(&[(1, &[])], &[(1, 1, "a", 0), (1, 3, "c", 0)]);
    assert_eq!(texts(&adopt(&read, epoch(2))), "a");
}

#[test]
fn own_rows_above_a_hole_in_the_chain_are_not_the_journal() {
    let read = read(&[(1, &[]), (2, &[(1, 2)])], &[(1, 1, "a", 0), (2, 3, "c", 0)]);
    assert_eq!(texts(&adopt(&read, epoch(3))), "a");
}

#[test]
fn without_a_cut_the_journal_is_empty_whatever_rows_are_there() {
    let read = read(&[], &[(1, 1, "a", 0)]);
    assert_eq!(adopt(&read, epoch(2)), Verdict::Empty);
}

#[test]
fn a_row_cut_or_checkpoint_of_a_later_epoch_deposes() {
    assert_eq!(adopt(&read(&[(1, &[])], &[(3, 1, "a", 0)]), epoch(2)), Verdict::Deposed);
    assert_eq!(adopt(&read(&[(3, &[])], &[]), epoch(2)), Verdict::Deposed);
    let mut with = read(&[(1, &[])], &[]);
    with.checkpoint =
        Some(Checkpoint { seq: Seq(0), writer: epoch(3), chain: vec![], ids: vec![], state: vec![] });
    assert_eq!(adopt(&with, epoch(2)), Verdict::Deposed);
}

#[test]
fn a_store_that_forgot_what_was_published_is_noticed() {
    let read = read(&[(1, &[])], &[(1, 1, "a", 0), (1, 3, "c", 2)]);
    assert_eq!(adopt(&read, epoch(2)), Verdict::Damaged { last: Seq(1), promised: Seq(2) });
}

#[test]
fn a_checkpoint_replaces_everything_below_it() {
    let mut read = read(&[(1, &[]), (2, &[(1, 5)])], &[(2, 6, "f", 5)]);
    read.checkpoint = Some(Checkpoint {
        seq: Seq(5),
        writer: epoch(1),
        chain: vec![(epoch(1), Seq(5))],
        ids: vec![],
        state: vec![],
    });
    let Verdict::Adopted(adopted) = adopt(&read, epoch(3)) else { panic!("adopted") };
    assert_eq!((adopted.last, adopted.watermark), (Seq(6), Seq(5)));
    assert_eq!(adopted.chain, vec![(epoch(1), Seq(5)), (epoch(2), Seq(6))]);
}

#[test]
fn a_take_repeats_the_tail_above_the_watermark_byte_for_byte() {
    let read = read(&[(1, &[])], &[(1, 1, "a", 0), (1, 2, "b", 1), (1, 3, "c", 1)]);
    let Verdict::Adopted(adopted) = adopt(&read, epoch(2)) else { panic!("adopted") };
    let writes = take::take(&ID, epoch(2), &adopted);
    let values: Vec<_> = writes
        .iter()
        .map(|w| matches!(w, Mutation::Put { value, .. } if *value == row("b", 1).value))
        .collect();
    assert_eq!((writes.len(), values.iter().filter(|is| **is).count()), (3, 1), "cut, b and c; a is final");
}

#[test]
fn nothing_is_published_before_take_list_and_every_earlier_event_are_stored() {
    let ready = |take, list, from, stored: [bool; 2]| {
        publishable(take, list, Seq(from), stored.into_iter().map(|stored| (stored, true)))
    };
    assert_eq!(ready(Part::Sent, Part::Stored, 0, [true, true]), None);
    assert_eq!(ready(Part::Stored, Part::Sent, 0, [true, true]), None);
    assert_eq!(ready(Part::Stored, Part::Stored, 0, [false, true]), None);
    assert_eq!(ready(Part::Stored, Part::Stored, 3, [true, false]), Some(Seq(4)));
}

#[test]
fn only_whole_decisions_are_published() {
    let mut window = Window::open(Seq(0), Seq(0), true);
    window.list_stored();
    for ends in [true, false, false, true, false] {
        window.push(1, ends);
    }
    window.stored(Seq(1), Seq(3));
    assert_eq!(window.publishable(), Some(Seq(1)));
    window.publish(Seq(1));
    assert_eq!(window.publishable(), None, "two of three events of a decision");
    window.stored(Seq(5), Seq(5));
    window.stored(Seq(4), Seq(4));
    assert_eq!(window.publishable(), Some(Seq(4)));
}

/// As `read`, of one epoch: each row's text and how many of its decision follow.
fn decided(rows: &[(&str, u32)], last_final: u64) -> Read {
    let mut read = read(&[(1, &[])], &[]);
    for ((text, more), seq) in rows.iter().zip(1..) {
        read.rows.insert((epoch(1), Seq(seq)), Stored::new(Seq(last_final), *more, text.as_bytes()));
    }
    read
}

#[test]
fn a_decision_is_adopted_whole_or_not_at_all() {
    let whole = decided(&[("a", 0), ("b", 2), ("c", 1), ("d", 0)], 1);
    assert_eq!(texts(&adopt(&whole, epoch(2))), "a b c d");
    let torn = decided(&[("a", 0), ("b", 2), ("c", 1)], 1);
    let Verdict::Adopted(adopted) = adopt(&torn, epoch(2)) else { panic!("adopted") };
    assert_eq!((adopted.last, adopted.chain, adopted.rows.len()), (Seq(1), vec![(epoch(1), Seq(1))], 1));
    // Its end, come late, is off every chain.
    let mut later = whole;
    later.cuts.insert(epoch(2), Cut { chain: vec![(epoch(1), Seq(1))], watermark: Seq(1) });
    assert_eq!(texts(&adopt(&later, epoch(3))), "a");
    // One that was torn at the birth leaves nothing, and what was published is never dropped.
    assert_eq!(texts(&adopt(&decided(&[("a", 1)], 0), epoch(2))), "");
    assert_eq!(texts(&adopt(&decided(&[("a", 0), ("b", 2), ("c", 1)], 3), epoch(2))), "a b c");
}

#[test]
fn a_torn_decision_of_ones_own_epoch_is_not_given_up() {
    let own = decided(&[("a", 0), ("b", 1)], 0);
    assert_eq!(texts(&adopt(&own, epoch(1))), "a b", "its key has a content for ever");
}

#[test]
fn adopted_rows_count_in_the_window() {
    let mut window = Window::open(Seq(0), Seq(32), false);
    assert!(!window.has_room());
    window.take_sent();
    window.list_sent();
    window.list_stored();
    window.take_stored(Seq(32));
    assert_eq!(window.publishable(), Some(Seq(32)));
    window.publish(Seq(32));
    assert!(window.has_room() && window.is_still());
}

#[test]
fn an_input_may_pass_the_byte_bound_once_and_nothing_is_stuck() {
    let mut window = Window::open(Seq(0), Seq(0), true);
    window.list_sent();
    window.list_stored();
    window.push(super::window::BYTES + 1, true);
    assert!(!window.has_room());
    window.stored(Seq(1), Seq(1));
    window.publish(Seq(1));
    assert!(window.has_room());
}

#[test]
fn an_id_is_known_in_the_window_and_asked_for_before_it() {
    let mut ids = Ids::default();
    ids.push(hash("p1", "first"));
    for _ in 1..WINDOW {
        ids.push(0);
    }
    assert_eq!(ids.look_up(hash("p1", "first"), Some(Seq(0))), Known::Perhaps(Seq(1)));
    ids.push(0);
    assert_eq!(ids.look_up(hash("p1", "first"), Some(Seq(0))), Known::Before(Seq(0)));
    assert_eq!(ids.look_up(hash("p1", "first"), Some(Seq(1))), Known::New);
    assert_eq!(ids.look_up(hash("p1", "first"), None), Known::New);
    assert_eq!(Ids::open(&ids.hashes(), Seq(WINDOW as u64 + 1)), ids);
}

#[test]
fn later_epochs_win_over_any_counter() {
    assert!(lists::stamp(epoch(2), 1) > lists::stamp(epoch(1), lists::K_MAX));
    assert!(lists::stamp(Epoch::new(2, 1), 1) > lists::stamp(Epoch::new(1, 0x1f_ffff), lists::K_MAX));
    assert!(lists::stamp(Epoch::new(0xf_ffff, 0x1f_ffff), lists::K_MAX) > 0);
}

#[test]
fn stored_forms_come_back_as_they_were() {
    let cut = Cut { chain: vec![(epoch(1), Seq(9)), (epoch(4), Seq(12))], watermark: Seq(11) };
    assert_eq!(Cut::read(&cut.bytes()).unwrap(), cut);
    for stored in [row("hello", 3), Stored::new(Seq(3), 70_000, b"hello")] {
        assert_eq!(Stored::read(stored.value.clone()).unwrap(), stored);
    }
    let point = Checkpoint {
        seq: Seq(12),
        writer: epoch(4),
        chain: cut.chain,
        ids: vec![1, 0, 3],
        state: vec![9; 40],
    };
    let Mutation::Put { value, timestamp, .. } = point.put(&ID) else { panic!("a put") };
    assert_eq!((Checkpoint::read(&value).unwrap(), timestamp), (point, 12));
    for id in [ID, JournalId::Agent(AgentId("ann".into()), 3)] {
        assert_eq!(keys::parse_journal(&keys::journal(&id)).unwrap(), id);
        assert_eq!(keys::parse_wakeup(&keys::wakeup(Time(5), &id)).unwrap(), (Time(5), id.clone()));
        assert_eq!(record::parse_index_key(&record::index_key(Time(5), &id)).unwrap(), (Time(5), id));
    }
}

#[test]
fn record_parts_have_borders_that_depend_on_the_events_alone() {
    let mut parts = record::Parts::default();
    let body = bytes::Bytes::from(vec![1; 400_000]);
    let closed: Vec<_> = (1..=5).filter_map(|n| parts.push(&ID, Seq(n), body.clone())).collect();
    let last = parts.close(&ID).unwrap();
    assert_eq!((closed.len(), parts.count()), (2, 3));
    let Mutation::Put { value, .. } = last else { panic!("a put") };
    let events = record::read_part(&value).unwrap();
    assert_eq!(events.iter().map(|(seq, _)| seq.0).collect::<Vec<_>>(), [5]);
}

#[test]
fn damaged_values_are_refused_and_never_panic() {
    for bytes in [
        &[][..],
        &[9],
        &[1],
        &[1, 0xff],
        &[1, 0xa1, 0x01, 0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ] {
        assert!(Stored::read(bytes::Bytes::copy_from_slice(bytes)).is_err());
        let _ =
            (Cut::read(bytes), Checkpoint::read(bytes), record::read_part(bytes), record::Proof::read(bytes));
        let _ = (keys::parse_journal(bytes), keys::parse_event(bytes), keys::parse_wakeup(bytes));
    }
}

#[test]
fn a_value_that_lacks_a_field_is_unreadable_and_never_a_default() {
    // An empty cut would say that nothing was ever written before its epoch.
    for empty in [&[1, 0xa0][..], &[1, 0xbf, 0xff]] {
        assert!(Cut::read(empty).is_err());
        assert!(Checkpoint::read(empty).is_err());
        assert!(record::Proof::read(empty).is_err());
        assert!(Stored::read(bytes::Bytes::copy_from_slice(empty)).is_err());
    }
    let odd = [1, 0xa2, 0x00, 0x05, 0x01, 0x83, 0x01, 0x02, 0x03];
    assert!(Cut::read(&odd).is_err(), "a chain of one and a half pairs");
    assert!(record::read_part(&[1, 0x9f, 0xff]).is_err(), "a list without a length");
}

#[test]
fn a_map_without_a_length_is_read_like_one_with() {
    let open = [1, 0xbf, 0x00, 0x05, 0x01, 0x82, 0x01, 0x02, 0x09, 0x63, b'n', b'e', b'w', 0xff];
    assert_eq!(Cut::read(&open).unwrap(), Cut { chain: vec![(Epoch(1), Seq(2))], watermark: Seq(5) });
}
