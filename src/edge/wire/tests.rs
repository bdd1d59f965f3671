//! The wire's shapes, as clients have them in front of them.

use std::collections::BTreeMap;

use super::event::EventJson;
use super::frame::{Frame, Op, Word};
use super::time::{Moment, parse};
use crate::session::event::{Birth, By, Event, Notice, Party, What};
use crate::words::{AgentId, Audience, MessageId, PartyId, Role, Seq, Time};

fn event(by: By, audience: Audience, what: What) -> Event {
    Event { seq: Seq(3), at: Time(1_795_525_200_123), by, audience, id: Some(MessageId("m1".into())), what }
}

fn json(event: &Event, staff: bool) -> serde_json::Value {
    serde_json::to_value(EventJson { event, staff }).unwrap()
}

#[test]
fn a_moment_is_what_jiff_says_too() {
    for millis in
        [0, 1, 951_782_400_000, 951_868_799_999, 1_795_525_200_123, 4_102_444_800_000, 253_402_207_199_999]
    {
        let ours = Moment(Time(millis)).to_string();
        let theirs =
            format!("{:.3}", jiff::Timestamp::from_millisecond(i64::try_from(millis).unwrap()).unwrap());
        assert_eq!(ours, theirs);
        assert_eq!(parse(&ours), Some(Time(millis)));
    }
    assert_eq!(parse("yesterday"), None);
}

#[test]
fn a_message_looks_as_documented() {
    let message =
        event(By::Party(PartyId(1)), Audience::All, What::Message { text: "line\nسلام 👩‍👩‍👧 \"q\"".into() });
    assert_eq!(
        json(&message, false),
        serde_json::json!({"seq": 3, "at": "2026-11-24T13:00:00.123Z", "by": 1, "audience": "all",
            "type": "message", "id": "m1", "text": "line\nسلام 👩‍👩‍👧 \"q\""})
    );
}

#[test]
fn customers_see_no_sign_in_names_units_or_staff_data() {
    let birth = Birth {
        service: "support".into(),
        unit: "north".into(),
        config: 1,
        contact: BTreeMap::from([("phone".into(), "1".into())]),
        identity: Some("subject".into()),
        creator: By::Integration("crm".into()),
        data: BTreeMap::from([("customer.a".into(), "1".into()), ("staff.b".into(), "2".into())]),
    };
    let created = event(By::Integration("crm".into()), Audience::All, What::Created(birth));
    let seen = json(&created, false).to_string();
    for hidden in ["north", "phone", "subject", "crm", "staff.b"] {
        assert!(!seen.contains(hidden), "{hidden} in {seen}");
    }
    assert!(seen.contains("customer.a"));
    assert!(json(&created, true).to_string().contains("staff.b"));

    let party = Party {
        id: PartyId(2),
        role: Role::Agent,
        nick: "Ann".into(),
        agent: Some(AgentId("ann@corp".into())),
        audience: Audience::All,
    };
    let joined = event(By::Staff(AgentId("ann@corp".into())), Audience::All, What::Joined(party));
    assert!(!json(&joined, false).to_string().contains("ann@corp"));
    assert_eq!(json(&joined, true)["party"]["agent"], "ann@corp");
}

#[test]
fn a_direct_message_names_its_party_and_a_read_mark_keeps_the_events_seq() {
    let direct = event(By::Party(PartyId(1)), Audience::Only(PartyId(4)), What::Notice(Notice::Read(Seq(9))));
    let seen = json(&direct, true);
    assert_eq!(seen["audience"], serde_json::json!({"only": 4}));
    assert_eq!((&seen["seq"], &seen["read"]), (&3.into(), &9.into()));
}

#[test]
fn frames_borrow_what_they_can_and_refuse_what_they_do_not_know() {
    let mut frame: Frame<'_> =
        serde_json::from_str(r#"{"op":"send","id":"m1","text":"hi","after":4}"#).unwrap();
    assert!(matches!(frame.text, Some(Word(std::borrow::Cow::Borrowed("hi")))));
    assert_eq!(frame.op, Op::Send);
    assert!(frame.act().unwrap().is_some());
    assert!(serde_json::from_str::<Frame<'_>>(r#"{"op":"send","aftr":4}"#).is_err());
    assert!(serde_json::from_str::<Frame<'_>>(r#"{"op":"fly"}"#).is_err());
}

#[test]
fn a_frame_without_its_field_is_refused_by_name() {
    let mut frame: Frame<'_> = serde_json::from_str(r#"{"op":"send","id":"m1"}"#).unwrap();
    assert_eq!(frame.act().unwrap_err().field.as_deref(), Some("text"));
    let mut frame: Frame<'_> = serde_json::from_str(r#"{"op":"notice","kind":"file","file":"f"}"#).unwrap();
    assert_eq!(frame.act().unwrap_err().field.as_deref(), Some("name"));
}
