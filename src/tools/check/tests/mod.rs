//! The checker's own tests: a good history is ok, and a history corrupted in each way is found.

mod corruptions;
mod order;
mod property;
mod silence;
mod world;

use super::{Expect, Kind, Report, check};
use crate::tools::history::{Line, memory};
use world::World;

fn judge(lines: &[Line<'static>]) -> Report {
    check(&memory(lines)[..], 1).expect("the history is well formed")
}

fn kinds(report: &Report) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = report.findings.iter().map(|finding| finding.kind).collect();
    kinds.dedup();
    kinds
}

#[test]
fn a_good_history_is_ok_and_the_line_reads_as_promised() {
    let mut world = World::new(1);
    let talk = world.session();
    for turn in 0..6 {
        world.say(talk, turn % 2 == 0);
    }
    let report = judge(&world.finish());
    assert_eq!(
        report.verdict.to_string(),
        "verdict: ok typed=6 acknowledged=6 delivered=6 refused=0 retried=0 lost=0 duplicated=0 reordered=0 \
         changed=0 ghosts=0 unknown=0 pause_p99_ms=1"
    );
    assert!(report.findings.is_empty());
}

#[test]
fn retries_reconnections_and_refusals_are_no_failures() {
    let mut world = World::new(1);
    let talk = world.session();
    world.say(talk, true);
    world.say_repeated(talk, true);
    world.reconnect(talk, false);
    world.say(talk, false);
    world.say_refused(talk, true);
    let report = judge(&world.finish());
    assert!(report.verdict.is_ok(), "{} {:?}", report.verdict, report.findings);
    assert_eq!((report.verdict.retried, report.verdict.refused, report.verdict.typed), (1, 1, 4));
}

#[test]
fn too_few_messages_are_broken() {
    let mut world = World::new(1);
    let talk = world.session();
    world.say(talk, true);
    let lines = world.finish();
    assert!(check(&memory(&lines)[..], 1).unwrap().verdict.is_ok());
    assert!(!check(&memory(&lines)[..], 2).unwrap().verdict.is_ok());
    assert!(!check(&memory(&[])[..], 1).unwrap().verdict.is_ok());
}

#[test]
fn a_silence_and_a_refusal_break_a_run_that_may_have_none() {
    let mut world = World::new(1);
    let talk = world.session();
    world.say(talk, true);
    world.say_refused(talk, true);
    let lines = world.finish();
    let judged = |expect: Expect| check(&memory(&lines)[..], expect).unwrap().verdict;
    let most = judged(1.into()).gap_ms;
    let gap = |longest_gap| judged(Expect { longest_gap: Some(longest_gap), ..1.into() });
    assert!(gap(most).is_ok());
    assert!(!gap(most - 1).is_ok());
    let refused = judged(Expect { no_refusals: true, ..1.into() });
    assert_eq!((refused.is_ok(), refused.missed().len()), (false, 1));
}

#[test]
fn what_is_shown_of_each_kind_is_bounded_and_the_count_exact() {
    let mut world = World::new(1);
    let talk = world.session();
    for _ in 0..50 {
        world.say(talk, true);
    }
    let lines: Vec<_> =
        world.finish().into_iter().filter(|line| !matches!(line, Line::Transcript(_))).collect();
    let report = judge(&lines);
    assert_eq!(report.verdict.lost, 50);
    assert_eq!(report.findings.len(), crate::limits::CHECK_FINDINGS_SHOWN_MAX + 1);
    assert!(report.findings.iter().any(|finding| finding.to_string() == "lost: and 45 more"));
}

#[test]
fn two_messages_under_one_id_are_no_history() {
    let mut world = World::new(1);
    let talk = world.session();
    world.say(talk, true);
    let mut lines = world.finish();
    let mut second = world::first_send(&lines);
    second.n = 2;
    second.h = crate::tools::history::digest("other");
    second.x = Some("other".into());
    lines.push(Line::Send(second));
    assert!(check(&memory(&lines)[..], 1).unwrap_err().to_string().contains("two messages"));
}
