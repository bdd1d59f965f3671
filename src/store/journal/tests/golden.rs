//! Rows as the first release wrote them: every later release reads them, for ever.

use bytes::Bytes;

use super::super::Epoch;
use super::super::adopt::{Read, Verdict, adopt};
use super::super::checkpoint::Checkpoint;
use super::super::cut::Cut;
use super::super::keys;
use super::super::lists::{Place, read_mark};
use super::super::record::{Proof, read_part};
use super::super::row::Stored;
use super::epoch;
use crate::words::{Seq, Time};

/// One row a line: a name, a space, the bytes in hexadecimal.
fn golden(name: &str) -> Bytes {
    let path = format!("{}/tests/golden/journal_v1.hex", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("golden rows are part of the repository");
    let line =
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).expect("a golden row");
    (0..line.len() / 2).map(|at| u8::from_str_radix(&line[2 * at..2 * at + 2], 16).unwrap()).collect()
}

#[test]
fn golden_rows_are_read_for_ever() {
    let rows = [("row", 3, 0), ("row_of_decision", 300, 2), ("row_of_later_release", 3, 0)];
    for (name, last_final, more) in rows {
        let row = Stored::read(golden(name)).unwrap();
        assert_eq!(
            (row.last_final, row.more, &row.body[..]),
            (Seq(last_final), more, &b"hello"[..]),
            "{name}"
        );
    }
    assert_eq!(
        golden("row"),
        Stored::new(Seq(3), 0, b"hello").value,
        "a row without more is written as ever"
    );
}

#[test]
fn a_journal_of_rows_without_decisions_is_adopted_row_by_row() {
    let mut read = Read::default();
    read.cuts.insert(epoch(1), Cut::default());
    for seq in 1..=3 {
        read.rows.insert((epoch(1), Seq(seq)), Stored::read(golden("row")).unwrap());
    }
    let Verdict::Adopted(adopted) = adopt(&read, epoch(2)) else { panic!("adopted") };
    assert_eq!(adopted.last, Seq(3));
}

#[test]
fn golden_cuts_and_checkpoints_are_read_for_ever() {
    let chain = vec![(Epoch(5), Seq(9)), (Epoch(1 << 44), Seq(12))];
    let cut = Cut { chain: chain.clone(), watermark: Seq(11) };
    assert_eq!(Cut::read(&golden("cut")).unwrap(), cut);
    let (seq, writer, ids) = (Seq(12), Epoch(1 << 44), vec![1, 0, 1 << 60]);
    let point = Checkpoint { seq, writer, chain, ids, state: b"state".to_vec() };
    assert_eq!(Checkpoint::read(&golden("checkpoint")).unwrap(), point);
}

#[test]
fn golden_records_are_read_for_ever() {
    let events = vec![(Seq(1), b"first".to_vec()), (Seq(2), b"second".to_vec())];
    assert_eq!(read_part(&golden("part")).unwrap(), events);
    let proof = Proof { parts: 3, last: Seq(70_000), state: b"state".to_vec() };
    assert_eq!(Proof::read(&golden("proof")).unwrap(), proof);
}

#[test]
fn golden_marks_are_read_for_ever() {
    let place = Place { epoch: Epoch::new(7, 9), k: 70_000 };
    assert_eq!(keys::parse_place(&read_mark(&golden("mark_active")).unwrap()).unwrap(), place);
    assert_eq!(keys::due_of(&read_mark(&golden("mark_wakeups")).unwrap()), Time(1 << 40));
}
