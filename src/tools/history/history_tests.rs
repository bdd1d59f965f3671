//! The history's own tests: what is written comes back the same, and what is no history is refused with a reason.

use super::*;

fn event(text: &str) -> Event<'_> {
    Event {
        a: 1,
        s: 1,
        c: 1,
        q: 3,
        t: 9,
        y: "message".into(),
        by: 2,
        m: Some("t0".into()),
        h: digest(text),
        x: Some(text.into()),
    }
}

#[test]
fn every_text_comes_back_byte_for_byte() {
    let long = "x".repeat(40_000);
    let texts = ["", "plain", "\"quoted\" \\ \n\t", "שלום عربي 漢字", "\u{1F469}\u{200D}\u{1F680}", &long];
    for text in texts {
        let bytes = memory(&[Line::Event(event(text))]);
        let mut seen = 0;
        read(&bytes[..], |line| {
            assert_eq!(line, Line::Event(event(text)));
            seen += 1;
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, 1);
    }
}

#[test]
fn each_kind_of_line_comes_back() {
    let lines = [
        Line::Actor(Actor { a: 1, name: "customer 0".into(), side: Side::Customer }),
        Line::Session(Session { s: 1, id: "0198".into() }),
        Line::Listen(Listen { a: 1, s: 1, c: 4, from: 2, b: 3 }),
        Line::Send(Send {
            a: 1,
            s: 1,
            m: "t0".into(),
            n: 2,
            c: 4,
            i: 5,
            b: 6,
            h: Digest(u128::MAX),
            x: None,
        }),
        Line::Answer(Answer { a: 1, s: 1, m: "t0".into(), n: 2, e: 7, r: Outcome::Ack(3) }),
        Line::Answer(Answer { a: 1, s: 1, m: "t0".into(), n: 2, e: 7, r: Outcome::Again("unknown".into()) }),
        Line::Kept(event("hi")),
        Line::Transcript(Transcript { a: 1, s: 1, count: 1 }),
    ];
    let mut at = 0;
    read(&memory(&lines)[..], |line| {
        assert_eq!(line, lines[at]);
        at += 1;
        Ok(())
    })
    .unwrap();
    assert_eq!(at, lines.len());
}

#[test]
fn actors_of_a_file_keep_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.jsonl");
    let writer = HistoryWriter::create(&path, 5).unwrap();
    let mut first = writer.actor("one", Side::Customer);
    let mut second = writer.actor("two", Side::Agent);
    for q in 0..5_000 {
        first.write(&Line::Event(Event { a: first.number(), q, ..event("a") }));
        second.write(&Line::Event(Event { a: second.number(), q, ..event("b") }));
    }
    drop((first, second));
    writer.finish().unwrap();
    let mut next = [0_u64; 3];
    read_file(&path, |line| {
        if let Line::Event(event) = line {
            assert_eq!(event.q, next[event.a as usize]);
            next[event.a as usize] += 1;
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(next, [0, 5_000, 5_000]);
}

#[test]
fn what_is_no_history_is_refused() {
    let all = |bytes: &[u8]| read(bytes, |_| Ok(())).unwrap_err().to_string();
    assert!(all(b"").contains("header"));
    assert!(all(b"{\"hello\":1}\n").contains("header"));
    let newer = b"{\"header\":{\"version\":9,\"tool\":\"x\",\"began_unix_ms\":0}}\n";
    assert!(all(newer).contains("version 9"));
    let mut cut = memory(&[Line::Transcript(Transcript { a: 1, s: 1, count: 1 })]);
    cut.truncate(cut.len() - 4);
    assert!(all(&cut).contains("cut off"), "{}", all(&cut));
    let mut odd = memory(&[]);
    odd.extend_from_slice(b"{\"what\":{}}\n");
    assert!(all(&odd).starts_with("line 2"));
}
