//! Bad bodies and parameters are refused by name.

use super::body::parse;
use super::ids;
use super::params::Params;
use crate::edge::refusals::Code;
use crate::edge::wire::bodies::{Create, Send};

#[test]
fn a_missing_field_is_named() {
    let problem = parse::<Send>(br#"{"id":"m1"}"#).unwrap_err();
    assert_eq!((problem.code, problem.field.as_deref()), (Code::MalformedJson, Some("text")));
}

#[test]
fn a_misspelt_field_is_named() {
    let problem = parse::<Send>(br#"{"text":"hi","aftr":3}"#).unwrap_err();
    assert_eq!(problem.field.as_deref(), Some("aftr"));
}

#[test]
fn a_field_of_the_wrong_type_is_named_with_its_place() {
    let problem = parse::<Create>(b"{\"service\":\"s\",\n\"data\":{\"customer.a\":1}}").unwrap_err();
    assert_eq!(problem.field.as_deref(), Some("data.customer.a"));
    assert_eq!(problem.place.map(|(line, _)| line), Some(2));
}

#[test]
fn broken_json_trailing_words_and_broken_utf8_are_refused() {
    assert_eq!(parse::<Send>(b"{\"text\":").unwrap_err().code, Code::MalformedJson);
    assert_eq!(parse::<Send>(b"{\"text\":\"a\"} more").unwrap_err().code, Code::MalformedJson);
    assert_eq!(parse::<Send>(b"{\"text\":\"\xff\"}").unwrap_err().code, Code::MalformedUtf8);
    assert_eq!(parse::<Send>(b"{\"text\":\"\\ud800\"}").unwrap_err().code, Code::MalformedJson);
}

#[test]
fn parameters_are_refused_by_name() {
    let params = Params([("from".into(), "x".into()), ("to".into(), "2026-11-24".into())].into());
    assert_eq!(params.from().unwrap_err().field.as_deref(), Some("from"));
    assert_eq!(params.time("to").unwrap_err().field.as_deref(), Some("to"));
    assert_eq!(Params::default().from().unwrap().0, 0);
}

#[test]
fn long_keys_become_ids_that_fit() {
    let one = ids::hashed("k-", &"a".repeat(128));
    assert!(one.0.len() <= 64);
    assert_ne!(one, ids::hashed("k-", &"b".repeat(128)));
}
