//! Damage, later releases and lies about lengths: an error or another message, never a panic and never more memory than the
//! bytes could fill.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{Message, answers, calls, down, feeds, notes, streams};
use crate::shard::wire::parts::frame::{chunk, message};
use crate::shard::wire::{Answer, Call, Down, Feed, Note, Open, Up};
use crate::store::codec::DecodeError;
use crate::store::codec::fields::Writer;

/// What was made of some bytes says no more than they do: written again it is hardly longer, in the few bytes by which a
/// shorter form of a number or a map may be replaced by the usual one.
#[track_caller]
fn holds_no_more<T: Message>(bytes: &[u8]) {
    if let Ok(value) = T::look(bytes) {
        let again = value.bytes().len();
        assert!(again <= 2 * bytes.len() + 32, "{again} bytes from {}: {value:?}", bytes.len());
    }
}

/// Every beginning and every change of one byte.
#[track_caller]
fn survives<T: Message>(samples: Vec<(String, T)>) {
    for (name, value) in samples {
        let bytes = value.bytes();
        for end in 0..bytes.len() {
            assert!(T::look(&bytes[..end]).is_err(), "{name}: {end} of {} bytes are no message", bytes.len());
        }
        let mut damaged = bytes.to_vec();
        for at in 0..damaged.len() {
            for byte in (0..=u8::MAX).filter(|byte| *byte != bytes[at]) {
                damaged[at] = byte;
                holds_no_more::<T>(&damaged);
            }
            damaged[at] = bytes[at];
        }
    }
}

#[test]
fn a_damaged_call_is_an_error_or_another() {
    survives(calls::samples());
}

#[test]
fn a_damaged_answer_is_an_error_or_another() {
    survives(answers::samples());
}

#[test]
fn a_damaged_opening_is_an_error_or_another() {
    survives(streams::opens());
}

#[test]
fn a_damaged_message_up_is_an_error_or_another() {
    survives(streams::ups());
}

#[test]
fn a_damaged_message_down_is_an_error_or_another() {
    survives(down::samples());
}

#[test]
fn damage_of_what_an_edge_is_told_is_an_error_or_another() {
    survives(feeds::samples());
}

#[test]
fn a_damaged_note_is_an_error_or_another() {
    survives(notes::samples());
}

/// A later release adds a field to the head and a body behind the others.
fn with_news(bytes: &[u8]) -> Vec<u8> {
    let (start, length) = (5, u32::from_be_bytes(bytes[1..5].try_into().unwrap()) as usize);
    let (head, bodies) = bytes[start..].split_at(length);
    assert_eq!(head.last(), Some(&0xff), "the head is a map that ends with a break");
    let mut out = vec![bytes[0]];
    chunk(&mut out, |out| {
        out.extend_from_slice(&head[..length - 1]);
        out.extend([0x18, 99, 0xa1, 0x01, 0x82, 0x02, 0x9f, 0xff, 0xff]);
    });
    out.extend_from_slice(bodies);
    chunk(&mut out, |out| out.extend_from_slice(b"news"));
    out.extend_from_slice(b"and more");
    out
}

#[track_caller]
fn passes_over_news<T: Message>(samples: Vec<(String, T)>) {
    for (name, value) in samples {
        assert_eq!(T::look(&with_news(&value.bytes())), Ok(value), "{name}");
    }
}

#[test]
fn what_a_later_release_adds_is_passed_over() {
    passes_over_news(calls::samples());
    passes_over_news(answers::samples());
    passes_over_news(streams::opens());
    passes_over_news(streams::ups());
    passes_over_news(down::samples());
    passes_over_news(notes::samples());
    passes_over_news(feeds::samples());
}

#[track_caller]
fn says_why<T: Message>() {
    assert_eq!(T::read(&[]), Err(DecodeError::Empty));
    assert_eq!(T::read(&[9, 0, 0, 0, 0]), Err(DecodeError::Version(9)));
    assert_eq!(T::read(&[1, 0, 0]), Err(DecodeError::Row));
    assert_eq!(T::read(&[1, 0xff, 0xff, 0xff, 0xff, 0]), Err(DecodeError::Row));
    assert_eq!(T::read(&[1, 0, 0, 0, 2, 1, 0x80]), Err(DecodeError::Row));
    assert_eq!(T::read(&message(|_| {})), Err(DecodeError::Missing(1)));
    assert_eq!(T::read(&message(|head| head.u64(1, 77))), Err(DecodeError::Unknown { field: 1, value: 77 }));
}

#[test]
fn what_cannot_be_read_says_why() {
    says_why::<Call>();
    says_why::<Answer>();
    says_why::<Open>();
    says_why::<Up>();
    says_why::<Down>();
    says_why::<Note>();
    says_why::<Feed>();
}

/// Nobody's rights come from silence: a reader without a name, and words without an audience, are errors.
#[test]
fn who_and_for_whom_are_never_guessed() {
    let nameless = message(|head| {
        head.u64(1, 3);
        head.u128(2, 7);
        head.nested(3, |_| {});
        head.u64(5, 0);
    });
    assert_eq!(Call::decode(&nameless), Err(DecodeError::Missing(1)));
    let ask = |row: &mut Writer<'_>| {
        row.u64(1, 1);
        row.str(5, "m-1");
        row.u64(7, 3);
        row.str(10, "hi");
    };
    let to_whom = message(|head| {
        head.u64(1, 1);
        head.u64(7, 1);
        head.nested(8, ask);
    });
    assert_eq!(Up::decode(&to_whom), Err(DecodeError::Missing(11)));
}

/// Heads that promise as much as a number can say, with nothing behind it.
#[test]
fn a_promised_length_makes_no_room() {
    // An answer with a list of queues, and a note with names of queues, of 2^62 entries; a text of as many bytes.
    let endless = |before: &[u8], kind: u8| {
        let mut out = vec![1];
        chunk(&mut out, |out| {
            out.push(1);
            out.push(0xbf);
            out.extend_from_slice(before);
            out.extend([kind, 0x40, 0, 0, 0, 0, 0, 0, 0]);
            out.push(0xff);
        });
        out
    };
    assert_eq!(Answer::decode(&endless(&[1, 6, 12], 0x9b)), Err(DecodeError::Row));
    assert_eq!(Note::decode(&endless(&[1, 7, 3, 0x61, 0x61, 11], 0x9b)), Err(DecodeError::Row));
    assert_eq!(Open::decode(&endless(&[1, 2, 5, 0x61, 0x61, 6], 0x7b)), Err(DecodeError::Row));
    assert_eq!(Up::decode(&endless(&[1, 2, 9], 0xbb)), Err(DecodeError::Row));
    // A page of as many events as there are numbers.
    let page = message(|head| {
        head.u64(1, 2);
        head.u64(3, 9);
        head.u64(5, 1);
        head.u64(6, u64::MAX);
    });
    assert_eq!(Answer::decode(&page), Err(DecodeError::Row));
}

#[track_caller]
fn reads_all(bytes: &[u8]) {
    holds_no_more::<Call>(bytes);
    holds_no_more::<Answer>(bytes);
    holds_no_more::<Open>(bytes);
    holds_no_more::<Up>(bytes);
    holds_no_more::<Down>(bytes);
    holds_no_more::<Note>(bytes);
    holds_no_more::<Feed>(bytes);
}

proptest! {
    /// Noise alone, and noise behind the beginning of a message and of its head.
    #[test]
    fn chance_never_panics(noise in vec(any::<u8>(), 0..200), kind in 1..10_u8) {
        reads_all(&noise);
        let mut out = vec![1];
        chunk(&mut out, |out| {
            out.extend([1, 0xbf, 1, kind]);
            out.extend_from_slice(&noise);
        });
        reads_all(&out);
    }
}
