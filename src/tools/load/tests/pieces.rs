//! The pieces of the load tool that decide something by themselves.

use std::borrow::Cow;

use crate::tools::corpus::{Conversation, Turn};
use crate::tools::history::Side;
use crate::tools::load::link::wire::{Frame, Say, json};
use crate::tools::load::options::{Content, Pace};
use crate::tools::load::plan::{Cue, Pacer, Script};

#[test]
fn a_turn_needs_what_the_other_side_said_before_it() {
    let turn = |side| Turn { side, at_ms: 0, text: "x".into() };
    let turns = vec![turn(Side::Customer), turn(Side::Agent), turn(Side::Agent), turn(Side::Customer)];
    let script = Script::new(&Content::Corpus(vec![Conversation { id: "1".into(), turns }]), 7);
    let needs =
        |side| -> Vec<u32> { (0..).map_while(|k| script.cue(side, k)).map(|cue| cue.needs).collect() };
    assert_eq!((needs(Side::Customer), needs(Side::Agent)), (vec![0, 2], vec![1, 1]));
    assert_eq!((script.total(Side::Customer), script.total(Side::Agent)), (Some(2), Some(2)));
}

#[test]
fn synthetic_texts_have_their_size_and_differ() {
    let script = Script::new(&Content::Synthetic { size: 100, outstanding: 1, talkers: 1 }, 0);
    let text = |k| script.cue(Side::Customer, k).unwrap().text.into_owned();
    assert_eq!((text(0).len(), text(9_999).len()), (100, 100));
    assert_ne!(text(1), text(2));
    assert_eq!(text(1), text(1));
    assert!(script.cue(Side::Agent, 0).is_none());
}

#[test]
fn who_is_no_talker_listens_until_the_run_is_over() {
    let content = Content::Synthetic { size: 100, outstanding: 1, talkers: 2 };
    let says = |number| Script::new(&content, number).cue(Side::Customer, 0).is_some();
    assert_eq!([0, 1, 2, 3].map(says), [true, true, false, false]);
    let listener = Script::new(&content, 2);
    assert_eq!((listener.total(Side::Customer), listener.total(Side::Agent)), (None, Some(0)));
}

#[test]
fn paces_give_intended_starts() {
    let cue = Cue { needs: 0, at_ms: 4_000, text: Cow::Borrowed("") };
    let at = |pace, now| Pacer::new(pace).intended(&cue, 1_000_000, now);
    assert_eq!(at(Pace::Fast, 7), 7);
    assert_eq!(at(Pace::Recorded(2.0), 1_500_000), 3_000_000);
    assert_eq!(at(Pace::Recorded(2.0), 3_500_000), 3_500_000);
    let open = Pacer::new(Pace::Rate(1_000.0));
    let starts: Vec<_> = [5, 5, 9_000].map(|now| open.intended(&cue, 0, now)).into();
    assert_eq!(starts, [5, 1_005, 2_005], "a slot that has passed stays the intended start");
    let late = open.intended(&cue, 0, 60_000_000);
    let closing = Pacer::new(Pace::Rate(1_000.0));
    closing.seat_empty();
    assert_eq!([5, 9_000].map(|now| closing.intended(&cue, 0, now)), [5, 9_000]);
    assert!((58_999_000..=59_001_000).contains(&late), "{late}: slots that nobody could take are let go");
}

#[test]
fn frames_are_read_without_copies_and_unknown_ones_are_passed_over() {
    let text =
        r#"{"event":{"seq":3,"at":"x","by":1,"audience":{"only":2},"type":"message","id":"c0","text":"hi"}}"#;
    let frame: Frame<'_> = serde_json::from_str(text).unwrap();
    let event = frame.event.unwrap();
    assert!(matches!(event.text.as_ref().unwrap().0, Cow::Borrowed("hi")));
    assert!(event.joined().is_none());
    let left = r#"{"event":{"seq":4,"type":"left","party":2},"session":"s"}"#;
    assert!(serde_json::from_str::<Frame<'_>>(left).unwrap().event.unwrap().joined().is_none());
    let joined = r#"{"event":{"seq":4,"type":"joined","party":{"party":2,"role":"agent","agent":"a"}}}"#;
    let joined = serde_json::from_str::<Frame<'_>>(joined).unwrap().event.unwrap().joined().unwrap();
    assert_eq!(joined.agent.unwrap().0, "a");
    let other: Frame<'_> = serde_json::from_str(r#"{"typing":{"party":1,"on":true}}"#).unwrap();
    assert!(other.event.is_none() && other.ack.is_none() && other.refused.is_none());
}

#[test]
fn the_command_lines_hold_together() {
    use clap::Args as _;
    let bare = || clap::Command::new("holdfast");
    crate::tools::load::LoadArgs::augment_args(bare()).debug_assert();
    crate::tools::check::CheckArgs::augment_args(bare()).debug_assert();
    crate::tools::corpus::CorpusArgs::augment_args(bare()).debug_assert();
}

#[test]
fn options_that_make_no_sense_are_refused() {
    use clap::{Args as _, FromArgMatches as _};
    let parse = |line: &str| {
        let command = crate::tools::load::LoadArgs::augment_args(clap::Command::new("load"));
        let matches = command.try_get_matches_from(line.split(' '))?;
        crate::tools::load::LoadArgs::from_arg_matches(&matches)
    };
    let why = |line: &str| parse(line).unwrap().options().unwrap_err().to_string();
    assert!(parse("load").is_err(), "neither corpus nor synthetic");
    assert!(parse("load --corpus x --synthetic").is_err());
    assert!(why("load --synthetic --password x").contains("--duration"));
    assert!(why("load --synthetic --duration 1").contains("--password"));
    assert!(why("load --synthetic --duration 1 --password x --url https://a").contains("http://"));
    assert!(why("load --synthetic --duration 1 --password x --rate 0").contains("--rate"));
    let good = parse("load --synthetic --duration 1 --password x --sessions 7 --agents-count 2").unwrap();
    let options = good.options().unwrap();
    assert_eq!((options.conversations, options.agents[1].agent.as_str()), (7, "load-2"));
    assert!(!format!("{options:?}").contains("password: \"x"), "no secret in a debug line");
}

#[test]
fn a_send_is_a_frame_or_a_body() {
    let say = Say { op: None, session: None, id: "c0", text: "\"", after: 2 };
    assert_eq!(json(&say), r#"{"id":"c0","text":"\"","after":2}"#);
    let say = Say { op: Some("send"), session: Some("s"), ..say };
    assert_eq!(json(&say), r#"{"op":"send","session":"s","id":"c0","text":"\"","after":2}"#);
}
