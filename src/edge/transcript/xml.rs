//! The transcript XML of classic chat servers: `newParty`, `message`, `notice`, `partyLeft`. What it has no element for
//! (flow, queue, assignments) is left out; JSON has everything. Characters that XML cannot hold become U+FFFD.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use quick_xml::Writer;
use quick_xml::events::BytesText;

use crate::edge::wire::time::Moment;
use crate::session::event::{AfterLeave, Birth, By, Event, LeaveReason, Notice, Party, What};
use crate::words::{Audience, PartyId, Role, SessionId, Time};

/// What the writer remembers from event to event.
#[derive(Debug)]
pub struct Xml {
    session: SessionId,
    started: Time,
    /// Userdata of the creation, for the first customer's element.
    data: BTreeMap<String, String>,
}

impl Xml {
    /// A transcript of a session that started then.
    #[must_use]
    pub fn new(session: SessionId, started: Option<Time>) -> Self {
        Self { session, started: started.unwrap_or_default(), data: BTreeMap::new() }
    }

    /// Declaration and root.
    pub fn begin(&self, out: &mut Vec<u8>) {
        let head = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<chatTranscript startAt=\"{}\" sessionId=\"{}\">\n",
            Moment(self.started),
            self.session
        );
        out.extend_from_slice(head.as_bytes());
    }

    /// One event, if the form has an element for it.
    pub fn event(&mut self, out: &mut Vec<u8>, event: &Event, staff: bool) {
        let before = out.len();
        if self.element(&mut Writer::new(&mut *out), event, staff).is_err() {
            // Writing to memory does not fail; should it, half an element must not stay.
            out.truncate(before);
        } else if out.len() > before {
            out.push(b'\n');
        }
    }

    fn element(&mut self, xml: &mut Writer<&mut Vec<u8>>, event: &Event, staff: bool) -> io::Result<()> {
        let common = Common::new(event, self.started);
        match &event.what {
            What::Created(birth) => {
                self.data = visible(birth, staff);
                Ok(())
            }
            What::Joined(party) => {
                let data = if party.role == Role::Customer {
                    std::mem::take(&mut self.data)
                } else {
                    BTreeMap::new()
                };
                new_party(xml, &common, party, (staff, &data))
            }
            What::Message { text } => common
                .open(xml, "message", common.by)
                .write_inner(xml, |xml| text_element(xml, "msgText", &[], text)),
            What::Notice(notice) => self::notice(xml, &common, notice),
            What::IdleAlert { .. } => common.open(xml, "notice", common.by).write_inner(xml, |xml| {
                text_element(xml, "noticeText", &[("noticeType", "IDLE_CONTROL_ALERT")], "")
            }),
            What::Left { party, reason, then } => party_left(xml, &common, *party, (*reason, *then)),
            _ => Ok(()),
        }
    }
}

/// The attributes that every element has.
struct Common {
    by: Option<PartyId>,
    shift: u64,
    visibility: &'static str,
    receiver: Option<PartyId>,
    event: u64,
}

/// An element whose start tag is written.
struct Open(&'static str, io::Result<()>);

impl Open {
    fn write_inner<F>(self, xml: &mut Writer<&mut Vec<u8>>, inner: F) -> io::Result<()>
    where
        F: FnOnce(&mut Writer<&mut Vec<u8>>) -> io::Result<()>,
    {
        self.1?;
        inner(xml)?;
        xml.write_event(quick_xml::events::Event::End(quick_xml::events::BytesEnd::new(self.0)))
    }
}

impl Common {
    fn new(event: &Event, started: Time) -> Self {
        let (visibility, receiver) = match event.audience {
            Audience::All | Audience::Nobody => ("ALL", None),
            Audience::Staff => ("INT", None),
            Audience::Supervisors => ("VIP", None),
            Audience::Only(party) => ("ALL", Some(party)),
        };
        let by = if let By::Party(party) = event.by { Some(party) } else { None };
        Self { by, shift: event.at.since(started) / 1_000, visibility, receiver, event: event.seq.0 }
    }

    fn open(&self, xml: &mut Writer<&mut Vec<u8>>, name: &'static str, user: Option<PartyId>) -> Open {
        self.open_with(xml, name, user, None)
    }

    fn open_with(
        &self,
        xml: &mut Writer<&mut Vec<u8>>,
        name: &'static str,
        user: Option<PartyId>,
        asker: Option<PartyId>,
    ) -> Open {
        let mut start = quick_xml::events::BytesStart::new(name);
        start.push_attribute(("userId", user_id(user).as_str()));
        start.push_attribute(("timeShift", self.shift.to_string().as_str()));
        start.push_attribute(("visibility", self.visibility));
        start.push_attribute(("eventId", self.event.to_string().as_str()));
        if let Some(receiver) = self.receiver {
            start.push_attribute(("receiverId", user_id(Some(receiver)).as_str()));
        }
        if asker.is_some() {
            start.push_attribute(("askerId", user_id(asker).as_str()));
        }
        Open(name, xml.write_event(quick_xml::events::Event::Start(start)))
    }
}

fn user_id(party: Option<PartyId>) -> String {
    party.map_or_else(String::new, |party| format!("{:016X}", party.0))
}

fn visible(birth: &Birth, staff: bool) -> BTreeMap<String, String> {
    let own = |key: &str| staff || key.starts_with("customer.");
    birth.data.iter().filter(|(key, _)| own(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn new_party(
    xml: &mut Writer<&mut Vec<u8>>,
    common: &Common,
    party: &Party,
    extra: (bool, &BTreeMap<String, String>),
) -> io::Result<()> {
    let (staff, data) = extra;
    let (user, protocol) = match party.role {
        Role::Customer => ("CLIENT", "FLEX"),
        Role::Agent | Role::Bot => ("AGENT", "BASIC"),
        Role::Supervisor => ("SUPERVISOR", "BASIC"),
        Role::Flow => ("EXTERNAL", "ESP"),
        Role::System => ("SYSTEM", "NONE"),
    };
    // Sign-in names are staff's own business.
    let person = party.agent.as_ref().filter(|_| staff).map_or("", |agent| agent.0.as_str());
    common.open(xml, "newParty", Some(party.id)).write_inner(xml, |xml| {
        xml.create_element("userInfo")
            .with_attribute(("personId", person))
            .with_attribute(("userNick", clean(&party.nick).as_ref()))
            .with_attribute(("userType", user))
            .with_attribute(("protocolType", protocol))
            .with_attribute(("timeZoneOffset", "0"))
            .write_empty()?;
        if party.role == Role::Bot {
            return items(xml, &BTreeMap::from([("GCTI_Chat_PartyStyle".to_owned(), "BOT".to_owned())]));
        }
        items(xml, data)
    })
}

fn items(xml: &mut Writer<&mut Vec<u8>>, data: &BTreeMap<String, String>) -> io::Result<()> {
    if data.is_empty() {
        return Ok(());
    }
    xml.create_element("userData").write_inner_content(|xml| {
        for (key, value) in data {
            text_element(xml, "item", &[("key", key), ("type", "string")], value)?;
        }
        Ok(())
    })?;
    Ok(())
}

fn notice(xml: &mut Writer<&mut Vec<u8>>, common: &Common, notice: &Notice) -> io::Result<()> {
    let (kind, text, data) = match notice {
        Notice::Url(url) => ("USER_PUSHED_URL", url.as_str(), BTreeMap::new()),
        Notice::Custom { name, data } => {
            ("USER_CUSTOM", data.as_str(), BTreeMap::from([("name".to_owned(), name.clone())]))
        }
        Notice::Nick(nick) => ("USER_UPDATE_NICK", nick.as_str(), BTreeMap::new()),
        Notice::File { file, name, bytes, mime } => {
            let data = [("file-id", file.clone()), ("file-name", name.clone()), ("mime-type", mime.clone())];
            let mut data: BTreeMap<_, _> =
                data.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            data.insert("file-size".to_owned(), bytes.to_string());
            ("SYS_COMMAND", "file-uploaded", data)
        }
        // The form has no word for read marks.
        Notice::Read(_) => return Ok(()),
    };
    common.open(xml, "notice", common.by).write_inner(xml, |xml| {
        text_element(xml, "noticeText", &[("noticeType", kind)], text)?;
        items(xml, &data)
    })
}

fn party_left(
    xml: &mut Writer<&mut Vec<u8>>,
    common: &Common,
    party: PartyId,
    why: (LeaveReason, AfterLeave),
) -> io::Result<()> {
    let (code, text) = match why {
        (LeaveReason::Own, AfterLeave::Keep) => (None, "left by own wish"),
        (LeaveReason::Own, AfterLeave::CloseIfNoAgent) => {
            (Some("1"), "left with request to close if no agents")
        }
        (LeaveReason::Own, AfterLeave::Close) => (Some("2"), "left with request to close forcedly"),
        (LeaveReason::Absent, _) => (Some("3"), "left due to disconnect"),
        (LeaveReason::Removed | LeaveReason::Transferred, _) => (Some("4"), "removed by another participant"),
        (LeaveReason::Closed, _) => (Some("5"), "removed by server: the chat is closed"),
        (LeaveReason::Idle, _) => (Some("7"), "removed due to inactivity"),
    };
    common.open_with(xml, "partyLeft", Some(party), common.by.or(Some(party))).write_inner(xml, |xml| {
        let code = code.map(|code| [("code", code)]);
        text_element(xml, "reason", code.as_ref().map_or(&[], |code| code.as_slice()), text)
    })
}

fn text_element(
    xml: &mut Writer<&mut Vec<u8>>,
    name: &str,
    attributes: &[(&str, &str)],
    text: &str,
) -> io::Result<()> {
    let mut element = xml.create_element(name);
    for (key, value) in attributes {
        element = element.with_attribute((*key, clean(value).as_ref()));
    }
    // The escape keeps a carriage return, which every parser would otherwise turn into a line feed.
    element.write_text_content(BytesText::new(&clean(text)))?;
    Ok(())
}

/// The text with U+FFFD for what XML 1.0 cannot hold. Inputs have no control characters; this leaves U+FFFE and U+FFFF.
fn clean(text: &str) -> Cow<'_, str> {
    let held =
        |c: char| matches!(c, '\t' | '\n' | '\r') || (c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'));
    if text.chars().all(held) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if held(c) { c } else { '\u{fffd}' }).collect())
}
