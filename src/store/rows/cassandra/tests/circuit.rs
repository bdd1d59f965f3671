//! The circuit, with the time passed in.

use super::super::connect::circuit::Circuit;
use crate::limits::{CASSANDRA_CIRCUIT_FAULTS, CASSANDRA_CIRCUIT_MS};

/// Many faults at once are one node's end, and open nothing.
#[test]
fn a_burst_opens_nothing() {
    let mut circuit = Circuit::default();
    assert!((0..1_000).all(|_| !circuit.failed(10)), "all at the same moment");
    assert!(!circuit.is_open(), "closed");
}

/// Few faults over a long time, without an answer between them, open it once.
#[test]
fn silence_opens_it_once() {
    let mut circuit = Circuit::default();
    for i in 0..CASSANDRA_CIRCUIT_FAULTS - 1 {
        assert!(!circuit.failed(CASSANDRA_CIRCUIT_MS * u64::from(i)), "too few");
    }
    let late = CASSANDRA_CIRCUIT_MS * 10;
    assert!(circuit.failed(late) && circuit.is_open(), "enough, and for long enough");
    assert!(!circuit.failed(late + 1), "it opens once");
}

/// An answer between the faults begins the count and the time anew, and closes an open circuit.
#[test]
fn an_answer_closes_it() {
    let mut circuit = Circuit::default();
    for i in 0..100 {
        assert!(!circuit.failed(i * CASSANDRA_CIRCUIT_MS), "never two in a row");
        assert!(!circuit.answered(i * CASSANDRA_CIRCUIT_MS + 1), "it was closed");
    }
    let opened = (0..CASSANDRA_CIRCUIT_FAULTS)
        .any(|i| circuit.failed(1_000_000 + u64::from(i) * CASSANDRA_CIRCUIT_MS));
    assert!(opened, "silence opens it");
    assert!(circuit.answered(2_000_000) && !circuit.is_open(), "an answer closes it");
    assert_eq!(circuit.silent(2_000_700), 700, "since the answer");
}
