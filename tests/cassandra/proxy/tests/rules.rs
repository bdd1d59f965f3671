//! Which requests a rule names, and which of them it acts on.

use bytes::Bytes;

use super::super::fault::Fault;
use super::super::frame::{Frame, opcode};
use super::super::order::Shuffle;
use super::super::rules::{Action, On, Rules, normal};

fn execute(id: &str, value: &str) -> Frame {
    let mut body = Vec::new();
    super::super::body::put_short_bytes(&mut body, id.as_bytes());
    body.extend_from_slice(value.as_bytes());
    Frame { version: 4, flags: 0, stream: 1, opcode: opcode::EXECUTE, body: body.into() }
}

/// Rules that know two statements.
fn rules() -> Rules {
    let mut rules = Rules::default();
    rules.learn(Bytes::from_static(b"w"), "INSERT  INTO ks.journal (a)\n VALUES (?)");
    rules.learn(Bytes::from_static(b"s"), "SELECT a FROM system.local");
    rules
}

fn hit(rules: &mut Rules, request: &Frame) -> bool {
    !matches!(rules.decide(request), Action::Count)
}

#[test]
fn texts_are_compared_without_their_dress() {
    assert_eq!(normal("INSERT INTO\n\t\"Ks\".Journal (a)"), "insert into journal (a)");
    assert_eq!(normal("SELECT a FROM system.local"), "select a from system.local");
}

#[test]
fn a_rule_names_a_statement_by_its_text() {
    let mut rules = rules();
    rules.add(On::statement("INSERT INTO journal"), (0, 9), Action::Swallow);
    assert!(hit(&mut rules, &execute("w", "")), "its id was learnt");
    assert!(!hit(&mut rules, &execute("s", "")), "another statement");
    assert!(!hit(&mut rules, &execute("x", "")), "an id that nobody has seen");
    let text = b"\x00\x00\x00\x19insert into ks.journal ()".to_vec();
    let query = Frame { opcode: opcode::QUERY, body: text.clone().into(), ..execute("", "") };
    assert!(hit(&mut rules, &query), "as text");
    let prepare = Frame { opcode: opcode::PREPARE, body: text.into(), ..execute("", "") };
    assert!(!hit(&mut rules, &prepare), "preparing does not run it");
    rules.add(On::prepare("INSERT INTO journal"), (0, 9), Action::Swallow);
    assert!(hit(&mut rules, &prepare), "but can be named");
}

#[test]
fn a_rule_acts_on_some_of_what_it_names() {
    let mut rules = rules();
    let seen = rules.add(On::kind(&[opcode::EXECUTE]), (1, 2), Action::Answer(Fault::Overloaded));
    let hits = (0..5).map(|_| hit(&mut rules, &execute("w", ""))).collect::<Vec<_>>();
    assert_eq!(hits, [false, true, true, false, false]);
    assert_eq!(*seen.hits.borrow(), 2);
}

#[test]
fn a_rule_names_values_and_leaves_the_driver_alone() {
    let mut rules = rules();
    rules.add(On::ours().carrying(b"row 7"), (0, 9), Action::Swallow);
    assert!(hit(&mut rules, &execute("w", "..row 7..")));
    assert!(!hit(&mut rules, &execute("w", "..row 8..")));
    assert!(!hit(&mut rules, &execute("s", "..row 7..")), "the driver's own");
}

#[test]
fn counting_does_not_keep_another_rule_from_acting() {
    let mut rules = rules();
    let seen = rules.add(On::ours(), (0, 9), Action::Count);
    rules.add(On::ours(), (1, 1), Action::Swallow);
    let hits = (0..3).map(|_| hit(&mut rules, &execute("w", ""))).collect::<Vec<_>>();
    assert_eq!((hits, *seen.hits.borrow()), (vec![false, true, false], 3));
}

#[test]
fn a_rule_that_is_over_acts_no_more() {
    let mut rules = rules();
    let given = rules.add(On::ours(), (0, 9), Action::Swallow);
    assert!(hit(&mut rules, &execute("w", "")));
    given.over.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(!hit(&mut rules, &execute("w", "")));
}

#[test]
fn answers_are_turned_round_and_none_is_lost() {
    let (to, mut given) = tokio::sync::mpsc::unbounded_channel();
    let shuffle = Shuffle::of(3);
    (1..=4).for_each(|stream| shuffle.keep(&to, Frame { stream, ..execute("w", "") }));
    shuffle.flush();
    let order = std::iter::from_fn(|| given.try_recv().ok()).map(|frame| frame.stream).collect::<Vec<_>>();
    assert_eq!(order, [3, 2, 1, 4]);
}
