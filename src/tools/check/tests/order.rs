//! The order of one sender, which needs both ends of a message to be moved: by acknowledgement, and on one WebSocket.

use super::{Kind, judge, kinds};
use crate::tools::history::{
    Actor, Answer, Event, Line, Listen, Outcome, Send, Session, Side, Transcript, digest,
};

/// What one sender did: ("send", id, attempt, connection) or ("ack"/"again", id, attempt, 0), in order.
type Did = (&'static str, &'static str, u32, u32);

/// A history in which the transcript has the ids in the order `stands`, and all were shown to the other side.
fn history(did: &[Did], stands: &[&'static str]) -> Vec<Line<'static>> {
    let mut lines = vec![
        Line::Session(Session { s: 1, id: "0198".into() }),
        Line::Actor(Actor { a: 1, name: "customer".into(), side: Side::Customer }),
        Line::Actor(Actor { a: 2, name: "agent".into(), side: Side::Agent }),
        Line::Listen(Listen { a: 2, s: 1, c: 9, from: 0, b: 0 }),
    ];
    let seq = |id: &str| stands.iter().position(|stand| *stand == id).expect("it stands") as u64 + 1;
    for (t, &(what, id, n, c)) in (1..).zip(did) {
        let (a, s, m) = (1, 1, id.into());
        lines.push(match what {
            "send" => Line::Send(Send { a, s, m, n, c, i: t, b: t, h: digest(id), x: None }),
            "ack" => Line::Answer(Answer { a, s, m, n, e: t, r: Outcome::Ack(seq(id)) }),
            _ => Line::Answer(Answer { a, s, m, n, e: t, r: Outcome::Again("unknown".into()) }),
        });
    }
    let event = |id: &&'static str| Event {
        a: 2,
        s: 1,
        c: 9,
        q: seq(id),
        t: 99,
        y: "message".into(),
        by: 1,
        m: Some((*id).into()),
        h: digest(id),
        x: None,
    };
    lines.extend(stands.iter().map(|id| Line::Event(event(id))));
    lines.extend(stands.iter().map(|id| Line::Kept(event(id))));
    lines.push(Line::Transcript(Transcript { a: 2, s: 1, count: stands.len() as u64 }));
    lines
}

#[test]
fn begun_after_an_acknowledgement_comes_later() {
    let did = [("send", "a", 1, 0), ("ack", "a", 1, 0), ("send", "b", 1, 0), ("ack", "b", 1, 0)];
    assert!(judge(&history(&did, &["a", "b"])).verdict.is_ok());
    assert_eq!(kinds(&judge(&history(&did, &["b", "a"]))), [Kind::Reordered]);
}

#[test]
fn sent_later_on_the_same_socket_comes_later() {
    let did = [("send", "a", 1, 4), ("send", "b", 1, 4), ("ack", "a", 1, 0), ("ack", "b", 1, 0)];
    assert!(judge(&history(&did, &["a", "b"])).verdict.is_ok());
    assert_eq!(kinds(&judge(&history(&did, &["b", "a"]))), [Kind::Reordered]);
}

#[test]
fn requests_of_their_own_that_overlap_have_no_order() {
    let did = [("send", "a", 1, 0), ("send", "b", 1, 0), ("ack", "a", 1, 0), ("ack", "b", 1, 0)];
    assert!(judge(&history(&did, &["b", "a"])).verdict.is_ok());
}

#[test]
fn what_was_turned_away_on_a_socket_may_come_later_by_its_repeat() {
    let did = [
        ("send", "a", 1, 4),
        ("send", "b", 1, 4),
        ("again", "a", 1, 0),
        ("ack", "b", 1, 0),
        ("send", "a", 2, 4),
        ("ack", "a", 2, 0),
    ];
    assert!(judge(&history(&did, &["b", "a"])).verdict.is_ok());
}

#[test]
fn a_repeat_is_not_bound_to_what_came_between() {
    // The first attempt was stored although its socket broke; b followed on the next socket, then the repeat.
    let did = [
        ("send", "a", 1, 4),
        ("send", "b", 1, 5),
        ("ack", "b", 1, 0),
        ("send", "a", 2, 5),
        ("ack", "a", 2, 0),
    ];
    assert!(judge(&history(&did, &["a", "b"])).verdict.is_ok());
    assert!(judge(&history(&did, &["b", "a"])).verdict.is_ok());
}
