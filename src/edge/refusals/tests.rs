//! The table holds together, and the documentation is the table.

use std::collections::BTreeSet;

use super::{Code, Problem, TABLE, markdown};
use crate::session::refusal::Refusal;
use crate::shard::door::DoorError;

#[test]
fn codes_are_unique_and_every_line_helps() {
    let codes: BTreeSet<_> = TABLE.iter().map(|row| row.code).collect();
    assert_eq!(codes.len(), TABLE.len());
    assert_eq!(Code::ALL.len(), TABLE.len());
    for row in TABLE {
        assert!((400..=503).contains(&row.status), "{}", row.code);
        assert!(!row.title.is_empty() && row.advice.ends_with('.'), "{}", row.code);
    }
}

#[test]
fn every_503_says_when_to_come_back() {
    for code in Code::ALL.iter().filter(|code| code.row().status == 503) {
        assert!(Problem::from(*code).retry_ms.is_some(), "{}", code.row().code);
    }
}

#[test]
fn a_problem_names_field_and_limit() {
    let problem = Problem::from(Refusal::TooLarge { field: "text", limit: 32_768 });
    let json = serde_json::to_value(&problem).unwrap();
    assert_eq!(json["type"], "/problems/too_large");
    assert_eq!(json["status"], 413);
    assert_eq!(json["field"], "text");
    assert_eq!(json["limit"], 32_768);
}

#[test]
fn retry_after_is_rounded_up_to_seconds() {
    use axum::response::IntoResponse as _;
    let response = Problem::from(DoorError::Busy { retry_ms: 1_200 }).into_response();
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "2");
    assert_eq!(response.headers()["content-type"], "application/problem+json");
}

#[test]
fn the_documentation_is_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/refusals.md");
    if std::env::var_os("HOLDFAST_BLESS").is_some() {
        std::fs::write(path, markdown()).unwrap();
    }
    let stored = std::fs::read_to_string(path).unwrap_or_default();
    assert!(stored == markdown(), "docs/refusals.md is out of date: run the tests with HOLDFAST_BLESS=1");
}
