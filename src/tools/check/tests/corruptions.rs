//! The ways to corrupt a history, and for each that it is found as what it is.

use super::world::World;
use super::{Kind, judge, kinds};
use crate::tools::history::{Event, Line, Outcome, digest};

/// The ways. Each takes the place of a message among the session's and changes a good history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Absent from both transcripts, and from what was shown.
    Lose,
    /// Absent from the customer's transcript only.
    LoseOneView,
    /// Stored a second time at the end.
    StoreTwice,
    /// Shown twice on one connection.
    ShowTwice,
    /// Acknowledged at another seq than it stands at.
    AcknowledgeElsewhere,
    /// Shown after the event that follows it.
    ShowLate,
    /// Left out of what the other side was shown.
    Skip,
    /// Another text in the transcripts.
    ChangeKept,
    /// Another text on a screen.
    ChangeShown,
    /// Shown and acknowledged by nobody, and in no transcript.
    Ghost,
    /// The answer is missing.
    Unanswered,
    /// Refused, and there nevertheless.
    RefuseYetKeep,
    /// No transcript of the session.
    Unread,
}

pub(super) const WAYS: [(Way, Kind); 13] = [
    (Way::Lose, Kind::Lost),
    (Way::LoseOneView, Kind::Lost),
    (Way::StoreTwice, Kind::Duplicated),
    (Way::ShowTwice, Kind::Duplicated),
    (Way::AcknowledgeElsewhere, Kind::Reordered),
    (Way::ShowLate, Kind::Reordered),
    (Way::Skip, Kind::Reordered),
    (Way::ChangeKept, Kind::Changed),
    (Way::ChangeShown, Kind::Changed),
    (Way::Ghost, Kind::Ghost),
    (Way::Unanswered, Kind::Unknown),
    (Way::RefuseYetKeep, Kind::Ghost),
    (Way::Unread, Kind::Lost),
];

/// Corrupts the history at message `id` of session `s`.
pub(super) fn corrupt(lines: &mut Vec<Line<'static>>, way: Way, s: u32, id: &str) {
    match way {
        Way::Lose => {
            remove(lines, s, &|line| named(line, id) && !matches!(line, Line::Send(_) | Line::Answer(_)))
        }
        Way::LoseOneView => {
            let reader = reader(lines, s, id);
            remove(lines, s, &|line| matches!(line, Line::Kept(e) if e.a == reader) && named(line, id));
        }
        Way::StoreTwice => store_twice(lines, s, id),
        Way::ShowTwice => {
            let at = shown(lines, s, id);
            lines.insert(at, lines[at].clone());
        }
        Way::AcknowledgeElsewhere => outcome(lines, s, id, &|old| match old {
            Outcome::Ack(seq) => Outcome::Ack(seq + 1),
            other => other,
        }),
        Way::ShowLate => show_late(lines, s, id),
        Way::Skip => {
            let at = shown(lines, s, id);
            lines.remove(at);
        }
        Way::ChangeKept => change(lines, s, &|line| matches!(line, Line::Kept(_)) && named(line, id)),
        Way::ChangeShown => change(lines, s, &|line| matches!(line, Line::Event(_)) && named(line, id)),
        Way::Ghost => ghost(lines, s),
        Way::Unanswered => remove(lines, s, &|line| matches!(line, Line::Answer(_)) && named(line, id)),
        Way::RefuseYetKeep => outcome(lines, s, id, &|_| Outcome::Refused("text_too_long".into())),
        Way::Unread => remove(lines, s, &|line| matches!(line, Line::Transcript(_))),
    }
}

fn named(line: &Line<'_>, id: &str) -> bool {
    match line {
        Line::Send(send) => send.m == id,
        Line::Answer(answer) => answer.m == id,
        Line::Event(event) | Line::Kept(event) => event.m.as_deref() == Some(id),
        _ => false,
    }
}

fn session(line: &Line<'_>) -> u32 {
    match line {
        Line::Send(send) => send.s,
        Line::Answer(answer) => answer.s,
        Line::Event(event) | Line::Kept(event) => event.s,
        Line::Listen(listen) => listen.s,
        Line::Transcript(transcript) => transcript.s,
        Line::Session(session) => session.s,
        Line::Header(_) | Line::Actor(_) => 0,
    }
}

/// Removes lines of a session, and makes the counts of its transcripts fit again.
fn remove(lines: &mut Vec<Line<'static>>, s: u32, which: &dyn Fn(&Line<'_>) -> bool) {
    lines.retain(|line| session(line) != s || !which(line));
    recount(lines);
}

fn recount(lines: &mut [Line<'static>]) {
    let kept: Vec<(u32, u32)> = lines
        .iter()
        .filter_map(|line| if let Line::Kept(e) = line { Some((e.a, e.s)) } else { None })
        .collect();
    for line in lines {
        if let Line::Transcript(t) = line {
            t.count = kept.iter().filter(|&&(a, s)| (a, s) == (t.a, t.s)).count() as u64;
        }
    }
}

fn place(lines: &[Line<'static>], s: u32, which: impl Fn(&Line<'_>) -> bool) -> usize {
    lines.iter().position(|line| session(line) == s && which(line)).expect("the line is there")
}

/// The other side of a message.
fn reader(lines: &[Line<'static>], s: u32, id: &str) -> u32 {
    let at = place(lines, s, |line| matches!(line, Line::Send(_)) && named(line, id));
    let Line::Send(send) = &lines[at] else { unreachable!() };
    if send.a % 2 == 1 { send.a + 1 } else { send.a - 1 }
}

fn shown(lines: &[Line<'static>], s: u32, id: &str) -> usize {
    let reader = reader(lines, s, id);
    place(lines, s, |line| matches!(line, Line::Event(e) if e.a == reader) && named(line, id))
}

fn store_twice(lines: &mut Vec<Line<'static>>, s: u32, id: &str) {
    let kept: Vec<Event<'static>> = lines
        .iter()
        .filter_map(|line| match line {
            Line::Kept(e) if e.s == s && named(line, id) => Some(e.clone()),
            _ => None,
        })
        .collect();
    lines.extend(kept.into_iter().map(|event| Line::Kept(Event { q: 100_000, ..event })));
    recount(lines);
}

/// Swaps it with what follows on the connection; if nothing does, it is never shown.
fn show_late(lines: &mut Vec<Line<'static>>, s: u32, id: &str) {
    let first = shown(lines, s, id);
    let Line::Event(event) = &lines[first] else { unreachable!() };
    let (a, c) = (event.a, event.c);
    let later = lines[first + 1..].iter().position(|l| matches!(l, Line::Event(e) if (e.a, e.c) == (a, c)));
    match later {
        Some(later) => lines.swap(first, first + 1 + later),
        None => drop(lines.remove(first)),
    }
}

fn change(lines: &mut [Line<'static>], s: u32, which: &dyn Fn(&Line<'_>) -> bool) {
    for line in lines.iter_mut().filter(|line| session(line) == s && which(line)) {
        if let Line::Event(event) | Line::Kept(event) = line {
            let text = format!("{} ", event.x.clone().expect("texts are kept here"));
            event.h = digest(&text);
            event.x = Some(text.into());
        }
    }
}

fn ghost(lines: &mut Vec<Line<'static>>, s: u32) {
    let last = lines.iter().rposition(|line| matches!(line, Line::Event(e) if e.s == s));
    let at = last.expect("something was shown");
    let Line::Event(event) = lines[at].clone() else { unreachable!() };
    let ghost = Event { q: event.q + 1, y: "notice".into(), m: Some("nobody".into()), ..event };
    lines.insert(at + 1, Line::Event(ghost));
}

fn outcome(
    lines: &mut [Line<'static>],
    s: u32,
    id: &str,
    next: &dyn Fn(Outcome<'static>) -> Outcome<'static>,
) {
    for line in lines.iter_mut().filter(|line| session(line) == s && named(line, id)) {
        if let Line::Answer(answer) = line {
            answer.r = next(answer.r.clone());
        }
    }
}

fn good() -> Vec<Line<'static>> {
    let mut world = World::new(1);
    for _ in 0..3 {
        let talk = world.session();
        (0..8).for_each(|turn| world.say(talk, turn % 3 != 1));
    }
    world.finish()
}

fn found(way: Way) {
    let mut lines = good();
    corrupt(&mut lines, way, 2, "t3");
    let report = judge(&lines);
    let expected = WAYS.iter().find(|(each, _)| *each == way).expect("each way is in the table").1;
    assert!(!report.verdict.is_ok(), "{way:?}: {}", report.verdict);
    assert!(kinds(&report).contains(&expected), "{way:?}: {:?}", report.findings);
    assert!(report.verdict.to_string().starts_with("verdict: BROKEN "));
}

macro_rules! each_is_found {
    ($($test:ident: $way:ident),* $(,)?) => {$(
        #[test]
        fn $test() {
            found(Way::$way);
        }
    )*};
}

each_is_found! {
    lost_everywhere: Lose,
    lost_in_one_transcript: LoseOneView,
    stored_twice: StoreTwice,
    shown_twice: ShowTwice,
    acknowledged_elsewhere: AcknowledgeElsewhere,
    shown_late: ShowLate,
    skipped_on_a_screen: Skip,
    changed_in_the_transcript: ChangeKept,
    changed_on_a_screen: ChangeShown,
    shown_and_in_no_transcript: Ghost,
    without_an_answer: Unanswered,
    refused_yet_there: RefuseYetKeep,
    transcript_not_read_back: Unread,
}
