//! How each surface gives its texts. The XML is read by a parser that shares nothing with the server's writer. Never
//! decides what is right.

use serde_json::{Value, json};

use super::Said;
use crate::support::http::{Ask, sse_events};

/// The text of a message that a person said: the flow's greeting is not what the tests are about.
pub fn spoken(event: &Value) -> Option<String> {
    let text = event["text"].as_str().filter(|_| event["type"] == "message")?;
    (!text.starts_with("Welcome to the demo")).then(|| text.to_owned())
}

/// Fails with the name of the first text that is not the same.
#[track_caller]
pub fn same(surface: &str, said: &Said, got: &[String]) {
    for ((name, text), got) in said.iter().zip(got) {
        let at = text.bytes().zip(got.bytes()).position(|(a, b)| a != b);
        assert!(text == got, "{surface}: {name}: {} bytes became {}, first at {at:?}", text.len(), got.len());
    }
    assert_eq!(got.len(), said.len(), "{surface}");
}

/// Of an object with `events`.
pub fn of_page(page: &Value) -> Vec<String> {
    page["events"].as_array().expect("events").iter().filter_map(spoken).collect()
}

/// By pages of seven, as a long poll that finds something gives them.
pub async fn of_poll(ask: &impl Fn(String) -> Ask) -> Vec<String> {
    let (mut from, mut texts) = (json!(0), Vec::new());
    loop {
        let page = ask(format!("/events?from={from}&limit=7&wait=1")).send().await.good();
        texts.extend(of_page(&page));
        from = page["next"].clone();
        if page["more"] == false {
            return texts;
        }
    }
}

/// Of a stream, until that many texts have come.
pub async fn of_sse(ask: Ask, count: usize) -> Vec<String> {
    let mut stream = ask.header("accept", "text/event-stream").open().await;
    let mut body = Vec::new();
    loop {
        body.extend(stream.part().await);
        let texts: Vec<String> = sse_events(&body).iter().filter_map(spoken).collect();
        if texts.len() >= count {
            return texts;
        }
    }
}

fn parsed(xml: &str) -> roxmltree::Document<'_> {
    roxmltree::Document::parse(xml).expect("XML that is well formed")
}

/// Of a transcript's `message` elements.
pub fn of_xml(xml: &str) -> Vec<String> {
    let document = parsed(xml);
    let messages = document.root_element().children().filter(|node| node.has_tag_name("message"));
    let texts = messages.filter_map(|node| node.children().find(|child| child.has_tag_name("msgText")));
    let texts = texts.map(|node| node.text().unwrap_or_default().to_owned());
    texts.filter(|text| !text.starts_with("Welcome to the demo")).collect()
}

/// Of its custom notices.
pub fn notices_of_xml(xml: &str) -> Vec<String> {
    let document = parsed(xml);
    let custom = |node: &roxmltree::Node<'_, '_>| node.attribute("noticeType") == Some("USER_CUSTOM");
    document.descendants().filter(custom).map(|node| node.text().unwrap_or_default().to_owned()).collect()
}

/// Nickname and userdata of the first party of a kind.
pub fn party_of_xml(xml: &str, kind: &str) -> (String, Vec<(String, Value)>) {
    let document = parsed(xml);
    let info = document.descendants().find(|node| node.attribute("userType") == Some(kind)).expect("a party");
    let party = info.ancestors().find(|node| node.has_tag_name("newParty")).expect("its element");
    let item = |node: roxmltree::Node<'_, '_>| {
        let name = node.attribute("key").or_else(|| node.attribute("name")).unwrap_or_default();
        (name.to_owned(), json!(node.attribute("value").or_else(|| node.text()).unwrap_or_default()))
    };
    let items = party.descendants().filter(|node| node.has_tag_name("item")).map(item).collect();
    (info.attribute("userNick").unwrap_or_default().to_owned(), items)
}

/// One cell of one record of a list.
pub fn of_csv(list: &str, session: &str, column: &str) -> String {
    let mut reader = csv::Reader::from_reader(list.as_bytes());
    let at = |headers: &csv::StringRecord| headers.iter().position(|name| name == column);
    let at = at(reader.headers().expect("a head")).expect("the column");
    let row = reader.records().map(|row| row.expect("a row")).find(|row| row.get(0) == Some(session));
    row.and_then(|row| row.get(at).map(ToOwned::to_owned)).expect("the record")
}
