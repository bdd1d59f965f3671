//! What goes in comes out: every script, byte for byte, through a real XML parser and a real CSV parser.

use std::collections::BTreeMap;
use std::sync::Arc;

use quick_xml::events::Event as XmlEvent;

use super::{Format, Writer, csv};
use crate::session::event::{AfterLeave, By, Event, LeaveReason, Notice, Party, What};
use crate::session::{Head, Phase, RecordState};
use crate::shard::door::EventPage;
use crate::words::{AgentId, Audience, PartyId, Role, Seq, SessionId, Time};

const TEXTS: [&str; 6] = [
    "plain <b>&amp;</b> ]]> \"quotes\" 'too'",
    "lines\nand\ttabs\r\nand returns\r",
    "  spaces kept  ",
    "עברית العربية हिन्दी 日本語 ไทย",
    "👩‍👩‍👧‍👦 🏳️‍🌈 e\u{301} \u{202e}right-to-left\u{202c} \u{feff}",
    "\u{85}\u{2028}\u{2029}\u{10ffff}",
];

fn event(seq: u64, by: u32, what: What) -> Arc<Event> {
    let (at, by) = (Time(1_795_525_200_000 + seq * 700), By::Party(PartyId(by)));
    Arc::new(Event { seq: Seq(seq), at, by, audience: Audience::All, id: None, what })
}

fn write(format: Format, staff: bool, events: &[Arc<Event>]) -> String {
    let first = EventPage { events: events.to_vec(), next: Seq(9), more: false, phase: Phase::Online };
    let mut writer = Writer::new(format, SessionId([1; 16]), staff, &first);
    let mut out = Vec::new();
    for event in events {
        writer.event(&mut out, event);
    }
    writer.end(&mut out);
    String::from_utf8(out).unwrap()
}

/// The texts of all elements of one name, as a parser that normalizes line ends sees them.
fn texts(xml: &str, name: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let (mut out, mut inside) = (Vec::new(), None::<String>);
    loop {
        match reader.read_event().unwrap() {
            XmlEvent::Start(start) if start.name().as_ref() == name => inside = Some(String::new()),
            XmlEvent::Text(text) => {
                if let Some(inside) = &mut inside {
                    inside.push_str(&text.xml10_content());
                }
            }
            XmlEvent::GeneralRef(reference) => {
                if let Some(inside) = &mut inside {
                    inside.push_str(&quick_xml::escape::unescape(&format!("&{};", &*reference)).unwrap());
                }
            }
            XmlEvent::End(end) if end.name().as_ref() == name => out.extend(inside.take()),
            XmlEvent::Eof => return out,
            _ => {}
        }
    }
}

#[test]
fn every_script_survives_the_xml_byte_for_byte() {
    let large = "ÿ€𐍈\r\n".repeat(32 * 1024 / 11);
    let all: Vec<&str> = TEXTS.into_iter().chain([large.as_str()]).collect();
    let events: Vec<_> = (1..)
        .zip(&all)
        .map(|(seq, text)| event(seq, 1, What::Message { text: (*text).to_owned() }))
        .collect();
    assert_eq!(texts(&write(Format::Xml, false, &events), "msgText"), all);
    let json: serde_json::Value = serde_json::from_str(&write(Format::Json, false, &events)).unwrap();
    let back: Vec<_> =
        json["events"].as_array().unwrap().iter().map(|event| event["text"].as_str().unwrap()).collect();
    assert_eq!(back, all);
}

fn agent() -> Party {
    Party {
        id: PartyId(2),
        role: Role::Agent,
        nick: "Ann \"A\" <&>\n".into(),
        agent: Some(AgentId("ann@corp".into())),
        audience: Audience::All,
    }
}

#[test]
fn the_xml_has_the_classic_shape() {
    let left = What::Left { party: PartyId(2), reason: LeaveReason::Own, then: AfterLeave::Close };
    let custom = Notice::Custom { name: "n".into(), data: "k=v".into() };
    let events = [event(1, 2, What::Joined(agent())), event(2, 2, What::Notice(custom)), event(3, 2, left)];
    let xml = write(Format::Xml, true, &events);
    let expected = concat!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
        "<chatTranscript startAt=\"2026-11-24T13:00:00.700Z\" sessionId=\"01010101-0101-0101-0101-010101010101\">\n",
        "<newParty userId=\"0000000000000002\" timeShift=\"0\" visibility=\"ALL\" eventId=\"1\">",
        "<userInfo personId=\"ann@corp\" userNick=\"Ann &quot;A&quot; &lt;&amp;&gt;&#10;\" userType=\"AGENT\" ",
        "protocolType=\"BASIC\" timeZoneOffset=\"0\"/></newParty>\n",
        "<notice userId=\"0000000000000002\" timeShift=\"0\" visibility=\"ALL\" eventId=\"2\">",
        "<noticeText noticeType=\"USER_CUSTOM\">k=v</noticeText>",
        "<userData><item key=\"name\" type=\"string\">n</item></userData></notice>\n",
        "<partyLeft userId=\"0000000000000002\" timeShift=\"1\" visibility=\"ALL\" eventId=\"3\" ",
        "askerId=\"0000000000000002\"><reason code=\"2\">left with request to close forcedly</reason></partyLeft>\n",
        "</chatTranscript>\n",
    );
    assert_eq!(xml, expected);
}

#[test]
fn a_customers_xml_has_no_sign_in_names() {
    let xml = write(Format::Xml, false, &[event(1, 2, What::Joined(agent()))]);
    assert!(xml.contains("personId=\"\"") && !xml.contains("ann@corp"));
}

#[test]
fn what_xml_cannot_hold_is_replaced() {
    let xml = write(Format::Xml, false, &[event(1, 1, What::Message { text: "a\u{ffff}b".into() })]);
    assert_eq!(texts(&xml, "msgText"), ["a\u{fffd}b"]);
}

#[test]
fn an_empty_transcript_is_whole_too() {
    assert!(write(Format::Xml, false, &[]).ends_with("</chatTranscript>\n"));
    assert!(serde_json::from_str::<serde_json::Value>(&write(Format::Json, false, &[])).is_ok());
}

#[test]
fn csv_runs_no_formula_and_keeps_commas_and_lines() {
    let head = Head {
        id: SessionId([1; 16]),
        seq: Seq(9),
        state: RecordState::Closed,
        config: 1,
        service: "support".into(),
        unit: "north".into(),
        contact: BTreeMap::from([("name".into(), "a,\"b\"\nc".into())]),
        identity: Some("=HYPERLINK(\"http://x\")".into()),
        agents: vec![AgentId("ann".into()), AgentId("ben".into())],
        started: Time(0),
        ended: None,
        last_at: Time(1),
        disposition: Some("+1".into()),
        messages: 3,
    };
    let bytes = csv::write(&[(SessionId([1; 16]), head)]);
    let mut reader = ::csv::Reader::from_reader(bytes.as_slice());
    let row = reader.records().next().unwrap().unwrap();
    assert_eq!((&row[7], &row[8], &row[9]), ("ann ben", "'+1", "3"));
    assert_eq!(&row[10], "'=HYPERLINK(\"http://x\")");
    assert_eq!(&row[11], r#"{"name":"a,\"b\"\nc"}"#);
}
