//! Frames and bodies, as bytes from the protocol's specification.

use bytes::Bytes;

use super::super::body::{self, Runs};
use super::super::fault::Fault;
use super::super::frame::{Frame, opcode};

/// An `EXECUTE` of the prepared statement `id`, with one value.
const EXECUTE: &[u8] =
    b"\x04\x00\x00\x07\x0a\x00\x00\x00\x10\x00\x02id\x00\x06\x01\x00\x01\x00\x00\x00\x03abc";

/// A `BATCH` of a text without values and a prepared statement with a null and a value.
const BATCH: &[u8] =
    b"\x01\x00\x02\x00\x00\x00\x00\x01X\x00\x00\x01\x00\x02id\x00\x02\xff\xff\xff\xff\x00\x00\x00\x01v\x00\x06\x00";

fn request(opcode: u8, body: &'static [u8]) -> Frame {
    Frame { version: 4, flags: 0, stream: 7, opcode, body: Bytes::from_static(body) }
}

#[tokio::test]
async fn a_frame_is_read_as_it_is_written() {
    let two = [EXECUTE, EXECUTE].concat();
    let mut from = &two[..];
    for _ in 0..2 {
        let frame = Frame::read(&mut from).await.unwrap().expect("a frame");
        assert_eq!((frame.version, frame.flags, frame.stream, frame.opcode), (4, 0, 7, opcode::EXECUTE));
        assert_eq!(frame.bytes(), EXECUTE);
    }
    assert_eq!(Frame::read(&mut from).await.unwrap(), None, "closed between two frames");
}

#[tokio::test]
async fn what_is_no_frame_is_refused() {
    let cut_off = Frame::read(&mut &EXECUTE[..20]).await;
    assert!(cut_off.is_err(), "a body that ends too early");
    let other = Frame::read(&mut &b"\x05\x00\x00\x07\x0a\x00\x00\x00\x00"[..]).await;
    assert!(other.is_err(), "another version");
    let huge = Frame::read(&mut &b"\x04\x00\x00\x07\x0a\x7f\x00\x00\x00"[..]).await;
    assert!(huge.is_err(), "more than any test sends");
}

#[test]
fn what_a_request_runs_is_read() {
    let text = |text: &str| Runs::Text(text.to_owned());
    let prepared = || Runs::Prepared(Bytes::from_static(b"id"));
    let query = request(opcode::QUERY, b"\x00\x00\x00\x03ABC\x00\x06\x00");
    assert_eq!(body::runs(&query), [text("ABC")]);
    let prepare = request(opcode::PREPARE, b"\x00\x00\x00\x03ABC");
    assert_eq!(body::runs(&prepare), [text("ABC")]);
    let execute = request(opcode::EXECUTE, &EXECUTE[9..]);
    assert_eq!(body::runs(&execute), [prepared()]);
    let batch = request(opcode::BATCH, BATCH);
    assert_eq!(body::runs(&batch), [text("X"), prepared()]);
    let cut_off = request(opcode::BATCH, &BATCH[..9]);
    assert_eq!(body::runs(&cut_off), [], "a body that cannot be read runs nothing");
}

#[test]
fn a_consistency_is_weakened_in_its_place() {
    let execute = body::weakened(&request(opcode::EXECUTE, &EXECUTE[9..]));
    assert_eq!(&execute.body[..], b"\x00\x02id\x00\x01\x01\x00\x01\x00\x00\x00\x03abc");
    let batch = body::weakened(&request(opcode::BATCH, BATCH));
    assert_eq!(batch.body[..BATCH.len() - 3], BATCH[..BATCH.len() - 3]);
    assert_eq!(batch.body[BATCH.len() - 3..], [0, 1, 0]);
    let prepare = request(opcode::PREPARE, b"\x00\x00\x00\x03ABC");
    assert_eq!(body::weakened(&prepare), prepare);
}

#[test]
fn the_id_of_a_prepared_statement_is_read() {
    let answer = |flags, body| Frame { version: 0x84, flags, ..request(opcode::RESULT, body) };
    let plain = answer(0, b"\x00\x00\x00\x04\x00\x02id");
    assert_eq!(body::prepared(&plain).as_deref(), Some(&b"id"[..]));
    let warned = answer(0x08, b"\x00\x01\x00\x02no\x00\x00\x00\x04\x00\x02id");
    assert_eq!(body::prepared(&warned).as_deref(), Some(&b"id"[..]), "behind a warning");
    let rows = answer(0, b"\x00\x00\x00\x02\x00\x02id");
    assert_eq!(body::prepared(&rows), None, "rows are no statement");
}

#[test]
fn compression_is_neither_offered_nor_taken() {
    let supported = b"\x00\x02\x00\x0bCOMPRESSION\x00\x02\x00\x03lz4\x00\x06snappy\x00\x01V\x00\x01\x00\x011";
    let less = body::without_compression(&request(opcode::SUPPORTED, supported));
    assert_eq!(&less.body[..], b"\x00\x02\x00\x0bCOMPRESSION\x00\x00\x00\x01V\x00\x01\x00\x011");
    let asks = |pairs| body::asks_for_compression(&request(opcode::STARTUP, pairs));
    assert!(!asks(b"\x00\x01\x00\x0bCQL_VERSION\x00\x053.0.0"));
    assert!(asks(b"\x00\x02\x00\x0bCQL_VERSION\x00\x053.0.0\x00\x0bCOMPRESSION\x00\x03lz4"));
}

#[test]
fn faults_are_answers_to_their_request() {
    let execute = request(opcode::EXECUTE, &EXECUTE[9..]);
    let behind = |fault: Fault| {
        let answer = fault.answer(&execute);
        assert_eq!((answer.version, answer.stream, answer.opcode), (0x84, 7, opcode::ERROR), "{fault:?}");
        let message = b"\x00\x22injected by the proxy of the tests";
        assert_eq!(&answer.body[4..40], message, "{fault:?}");
        (answer.body[..4].to_vec(), answer.body[40..].to_vec())
    };
    assert_eq!(behind(Fault::Overloaded), (vec![0, 0, 0x10, 0x01], vec![]));
    let unavailable = b"\x00\x06\x00\x00\x00\x02\x00\x00\x00\x01".to_vec();
    assert_eq!(behind(Fault::Unavailable), (vec![0, 0, 0x10, 0x00], unavailable));
    let written = b"\x00\x06\x00\x00\x00\x01\x00\x00\x00\x02\x00\x06SIMPLE".to_vec();
    assert_eq!(behind(Fault::WriteTimeout), (vec![0, 0, 0x11, 0x00], written));
    let failed = b"\x00\x06\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x01\x00".to_vec();
    assert_eq!(behind(Fault::ReadFailure), (vec![0, 0, 0x13, 0x00], failed));
    assert_eq!(behind(Fault::Unprepared), (vec![0, 0, 0x25, 0x00], b"\x00\x02id".to_vec()));
}
