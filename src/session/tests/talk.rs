//! What can be said, and what saying it costs.

use super::{Play, Start, check};
use crate::center::Rate;
use crate::session::event::{Notice, What};
use crate::session::input::{Act, Ask, Input};
use crate::session::{Refusal, Soft};
use crate::words::{Audience, MessageId, Seq, Time};

#[test]
fn everything_that_can_be_said() {
    check(
        Start::Served,
        "0:10 customer says hello
         0:11 eve tells staff is this the one?
         0:12 customer sets customer.order 17
         0:13 customer sets customer.order 17
         0:14 eve sets staff.vip yes
         0:15 customer reads 6
         0:16 customer reads 6
         0:17 customer types hel
         0:18 eve whispers customer only you
         0:19 eve notes angry",
        r#"0:10 1 : hello
         0:11 2 : is this the one? [Staff]
         0:12 1 data {"customer.order": "17"} []
         0:14 2 data {"staff.vip": "yes"} [] [Staff]
         0:15 1 Read(Seq(6))
         0:18 2 : only you [only 1]
         0:19 2 note angry [Staff]
         0:17 typing 1 All true Some("hel")"#,
    );
}

#[test]
fn a_change_of_two_name_spaces_is_two_events() {
    let mut play = Play::at(Start::Served);
    let set = [("customer.a", "1"), ("staff.b", "2")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    play.ask(play.by("eve"), Act::Data { set: set.into(), remove: Vec::new() });
    play.ask(play.by("eve"), Act::Data { set: [].into(), remove: vec!["staff.b".into(), "staff.c".into()] });
    play.assert(
        r#"0:02 2 data {"customer.a": "1"} []
           0:02 2 data {"staff.b": "2"} [] [Staff]
           0:02 2 data {} ["staff.b"] [Staff]"#,
    );
    assert_eq!(play.session.data().len(), 1);
}

#[test]
fn a_new_nickname_is_the_partys() {
    let mut play = Play::at(Start::Served);
    play.ask(
        play.by("customer"),
        Act::Notice { notice: Notice::Nick("Annie".into()), audience: Audience::All },
    );
    assert_eq!(play.session.parties().next().map(|(party, _)| party.nick.as_str()), Some("Annie"));
}

/// The id sits on the first event of an ask, whatever else it makes.
#[test]
fn the_id_is_on_the_first_event() {
    let mut play = Play::at(Start::Waiting);
    let ids: Vec<_> =
        play.events.iter().filter_map(|event| event.id.clone().map(|id| (event.seq, id))).collect();
    assert_eq!(ids, [(Seq(1), MessageId("m1".into()))]);
    play.script("0:10 customer says x");
    assert_eq!(play.events.last().and_then(|event| event.id.clone()), Some(MessageId("m2".into())));
}

/// Text of every script and direction is kept as it came.
#[test]
fn text_is_kept_byte_for_byte() {
    let text = "Zoë \u{202B}שלום\u{202C} \u{1F469}\u{200D}\u{1F680}\r\n\tनमस्ते \u{FEFF}e\u{301}";
    let mut play = Play::at(Start::Served);
    play.ask(play.by("customer"), Act::Send { text: text.into(), audience: Audience::All });
    assert_eq!(play.events.last().map(|event| &event.what), Some(&What::Message { text: text.into() }));
}

fn said(play: &Play, soft: &mut Soft, at: u64) -> Result<usize, Refusal> {
    let act = Act::Send { text: "x".into(), audience: Audience::All };
    let ask = Ask { by: play.by("customer"), id: MessageId("x".into()), after: None, act };
    let now = Time(2_000_000 + at);
    play.session.decide(soft, &Input::Ask(ask), &play.rules(), now).map(|decision| decision.drafts.len())
}

#[test]
fn a_party_has_a_burst_and_then_a_rate() {
    let play = Play::at(Start::Served);
    let mut soft = Soft::opened(Time(0), &play.session);
    for _ in 0..60 {
        assert_eq!(said(&play, &mut soft, 0), Ok(1));
    }
    assert_eq!(said(&play, &mut soft, 0), Err(Refusal::TooFast { retry_ms: 50 }));
    assert_eq!(said(&play, &mut soft, 49), Err(Refusal::TooFast { retry_ms: 1 }));
    assert_eq!(said(&play, &mut soft, 50), Ok(1));
    assert_eq!(said(&play, &mut soft, 50), Err(Refusal::TooFast { retry_ms: 50 }));
    // A minute later the bucket is full, and not more than full.
    let later = (0..100).take_while(|_| said(&play, &mut soft, 60_000).is_ok()).count();
    assert_eq!(later, 60);
}

#[test]
fn a_service_has_a_rate_of_its_own() {
    for (events_per_second, burst, said_at_once) in
        [(1_000, 2_000, 2_000), (1_000_000, 1_000_000, 3_000), (1, 1, 1), (0, 5, 3_000), (5, 0, 3_000)]
    {
        let mut play = Play::at(Start::Served);
        play.service.rate = Rate { events_per_second, burst };
        let mut soft = Soft::opened(Time(0), &play.session);
        let count = (0..3_000).take_while(|_| said(&play, &mut soft, 0).is_ok()).count();
        assert_eq!(count, said_at_once, "{events_per_second} a second, {burst} at once");
    }
}

/// The quick look at bytes refuses the same characters as the slow look at characters.
#[test]
fn exactly_the_control_characters_are_refused() {
    let play = Play::at(Start::Served);
    for c in (0..=0xFFFF_u32).filter_map(char::from_u32) {
        let act = Act::Send { text: format!("a{c}b"), audience: Audience::All };
        let ask = Ask { by: play.by("crm"), id: MessageId("x".into()), after: None, act };
        let decided = play.session.decide(&mut Soft::default(), &Input::Ask(ask), &play.rules(), play.now);
        let allowed = !c.is_control() || matches!(c, '\n' | '\t' | '\r');
        assert_eq!(decided.is_ok(), allowed, "{c:?}");
    }
}
