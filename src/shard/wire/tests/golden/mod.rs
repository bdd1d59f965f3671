//! One message of each variant as this release writes it. A later release adds files and lines and changes none, so that
//! neighbouring releases understand each other and a message under way is read.

use std::collections::BTreeSet;

use super::{Message, answers, calls, down, feeds, notes, streams};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect()
}

/// Lines of a name, a space and the bytes in hexadecimal.
#[track_caller]
fn read_for_ever<T: Message>(file: &str, samples: &[(String, T)]) {
    let path = format!("{}/src/shard/wire/tests/golden/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let lines: Vec<(&str, &str)> = text.lines().filter_map(|line| line.split_once(' ')).collect();
    let written: String =
        samples.iter().map(|(name, value)| format!("{name} {}\n", hex(&value.bytes()))).collect();
    let known: Vec<&str> = lines.iter().map(|(name, _)| *name).collect();
    let names: Vec<&str> = samples.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(known, names, "add the lines of the new samples to {file}; all lines are now:\n{written}");
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "each sample has its own name");
    for ((name, line), (_, value)) in lines.iter().zip(samples) {
        assert_eq!(T::look(&unhex(line)).as_ref(), Ok(value), "{file}: {name}");
    }
}

#[test]
fn golden_calls_are_read_for_ever() {
    read_for_ever("call_v1.hex", &calls::samples());
}

#[test]
fn golden_answers_are_read_for_ever() {
    read_for_ever("answer_v1.hex", &answers::samples());
}

#[test]
fn golden_openings_are_read_for_ever() {
    read_for_ever("open_v1.hex", &streams::opens());
}

#[test]
fn golden_messages_up_are_read_for_ever() {
    read_for_ever("up_v1.hex", &streams::ups());
}

#[test]
fn golden_messages_down_are_read_for_ever() {
    read_for_ever("down_v1.hex", &down::samples());
}

#[test]
fn golden_notes_are_read_for_ever() {
    read_for_ever("note_v1.hex", &notes::samples());
}

#[test]
fn golden_feeds_are_read_for_ever() {
    read_for_ever("feed_v1.hex", &feeds::samples());
}
