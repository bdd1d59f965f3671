//! Who may not do what, and what may not be written. A refusal leaves no event and no content in its words.

use super::play::birth;
use super::{Play, Start};
use crate::limits;
use crate::session::event::{AfterLeave, By, Notice, Target};
use crate::session::input::{Act, Ask, Input};
use crate::session::{Refusal, Soft};
use crate::words::{AgentId, Audience, MessageId, PartyId, ReservationId, Role, Seq};

#[track_caller]
fn refused(play: &Play, by: By, act: Act) -> Refusal {
    let ask = Ask { by, id: MessageId("r".into()), after: None, act };
    let mut soft = Soft::opened(play.now, &play.session);
    play.session.decide(&mut soft, &Input::Ask(ask), &play.rules(), play.now).expect_err("must be refused")
}

fn send(text: impl Into<String>) -> Act {
    Act::Send { text: text.into(), audience: Audience::All }
}

fn data(key: &str, value: impl Into<String>) -> Act {
    Act::Data { set: [(key.to_owned(), value.into())].into(), remove: Vec::new() }
}

fn join(role: Role, agent: Option<&str>, audience: Audience) -> Act {
    Act::Join { role, nick: "X".into(), agent: agent.map(|agent| AgentId(agent.into())), audience }
}

fn too_large(field: &'static str, limit: usize) -> Refusal {
    Refusal::TooLarge { field, limit: limit as u64 }
}

#[test]
fn nothing_happens_before_birth_and_birth_happens_once() {
    let play = Play::new();
    assert_eq!(refused(&play, By::System, send("x")), Refusal::NoSession);
    let play = Play::at(Start::Waiting);
    let act = Act::Create { birth: Box::new(birth()), customer: None, text: None };
    assert_eq!(refused(&play, By::System, act), Refusal::AlreadyCreated);
}

#[test]
fn strangers_are_refused() {
    let play = Play::at(Start::Served);
    assert_eq!(refused(&play, By::Party(PartyId(0)), send("x")), Refusal::NotInSession);
    assert_eq!(refused(&play, By::Party(PartyId(9)), send("x")), Refusal::NotInSession);
    let adam = || play.by("adam");
    assert_eq!(refused(&play, adam(), send("x")), Refusal::NotInSession);
    assert_eq!(refused(&play, adam(), data("staff.a", "1")), Refusal::NotInSession);
    assert_eq!(refused(&play, adam(), Act::Close), Refusal::NotInSession);
    assert_eq!(refused(&play, adam(), Act::Note { text: "x".into() }), Refusal::NotInSession);
    assert_eq!(refused(&play, adam(), Act::Leave { then: AfterLeave::Close }), Refusal::NotInSession);
    assert_eq!(refused(&play, adam(), Act::Conclude { disposition: None, note: None }), Refusal::NotAssigned);
    assert_eq!(refused(&play, adam(), join(Role::Agent, Some("adam"), Audience::All)), Refusal::NotAllowed);
    assert_eq!(
        refused(&play, adam(), join(Role::Supervisor, Some("adam"), Audience::All)),
        Refusal::NotAllowed
    );
    assert_eq!(refused(&play, adam(), Act::Accept { reservation: ReservationId(1) }), Refusal::NoOffer);
    assert_eq!(refused(&play, adam(), Act::Remove { party: PartyId(1) }), Refusal::NotAllowed);
    assert!(play.session.reader(&adam(), false).is_err());
}

#[test]
fn customers_may_talk_and_nothing_else() {
    let play = Play::at(Start::Served);
    let customer = || play.by("customer");
    let staff = Act::Send { text: "x".into(), audience: Audience::Staff };
    for act in [
        staff,
        Act::Note { text: "x".into() },
        Act::Disposition { code: "solved".into() },
        Act::Conclude { disposition: None, note: None },
        Act::Transfer { target: Target::Queue("billing".into()) },
        Act::Accept { reservation: ReservationId(1) },
        Act::Decline { reservation: ReservationId(1) },
        Act::Remove { party: PartyId(2) },
        join(Role::Customer, None, Audience::All),
        join(Role::Agent, Some("eve"), Audience::All),
    ] {
        assert_eq!(refused(&play, customer(), act.clone()), Refusal::NotAllowed, "{act:?}");
    }
    assert_eq!(refused(&play, customer(), data("staff.a", "1")), Refusal::WrongNamespace);
    assert_eq!(refused(&play, customer(), data("system.a", "1")), Refusal::WrongNamespace);
    assert_eq!(refused(&play, customer(), data("a", "1")), Refusal::WrongNamespace);
    let mut own = birth();
    own.data.insert("staff.vip".into(), "yes".into());
    let act = Act::Create { birth: Box::new(own), customer: Some("Ann".into()), text: None };
    assert_eq!(refused(&Play::new(), By::Party(PartyId(1)), act), Refusal::WrongNamespace);
}

#[test]
fn staff_may_not_write_for_the_system_and_integrations_take_no_offers() {
    let mut play = Play::at(Start::Waiting);
    play.script("0:01 eve reserved");
    assert_eq!(
        refused(&play, play.by("crm"), Act::Accept { reservation: ReservationId(1) }),
        Refusal::NotAllowed
    );
    assert_eq!(
        refused(&play, play.by("adam"), Act::Accept { reservation: ReservationId(1) }),
        Refusal::NoOffer
    );
    assert_eq!(
        refused(&play, play.by("eve"), Act::Accept { reservation: ReservationId(2) }),
        Refusal::NoOffer
    );
    play.script("0:02 eve accepts");
    assert_eq!(refused(&play, play.by("eve"), data("system.a", "1")), Refusal::WrongNamespace);
    let nobody = Act::Send { text: "x".into(), audience: Audience::Nobody };
    assert_eq!(refused(&play, play.by("eve"), nobody), Refusal::NotAllowed);
    let nowhere = Act::Transfer { target: Target::Queue("nowhere".into()) };
    assert_eq!(refused(&play, play.by("eve"), nowhere), Refusal::NoTarget);
    let sam = Act::Transfer { target: Target::Agent(AgentId("sam".into())) };
    assert_eq!(refused(&play, play.by("eve"), sam), Refusal::NoTarget);
    assert_eq!(
        refused(&play, play.by("eve"), Act::Disposition { code: "odd".into() }),
        Refusal::NoDisposition
    );
    assert_eq!(refused(&play, play.by("eve"), Act::Remove { party: PartyId(9) }), Refusal::NoParty);
    assert_eq!(refused(&play, play.by("crm"), join(Role::Flow, None, Audience::All)), Refusal::NotAllowed);
    assert_eq!(
        refused(&play, play.by("crm"), join(Role::Customer, None, Audience::Staff)),
        Refusal::NotAllowed
    );
}

#[test]
fn after_the_close_customers_are_refused_and_staff_file() {
    let mut play = Play::at(Start::Served);
    play.script("1:00 eve closes");
    assert_eq!(refused(&play, play.by("customer"), send("x")), Refusal::Closed);
    assert_eq!(refused(&play, play.by("crm"), send("x")), Refusal::Closed);
    assert_eq!(refused(&play, play.by("crm"), join(Role::Customer, None, Audience::All)), Refusal::Closed);
    assert_eq!(refused(&play, play.by("adam"), Act::Note { text: "x".into() }), Refusal::NotInSession);
    play.script("1:01 eve sets staff.a 1\n 1:02 eve concludes\n 1:03 journals answer");
    assert_eq!(refused(&play, play.by("customer"), send("x")), Refusal::Stopped);
    assert_eq!(refused(&play, play.by("eve"), Act::Note { text: "x".into() }), Refusal::Stopped);
}

#[test]
fn texts_have_limits() {
    let play = Play::at(Start::Served);
    let customer = || play.by("customer");
    let malformed = |act: Act| matches!(refused(&play, customer(), act), Refusal::Malformed { .. });
    for text in ["", "a\u{0}b", "a\u{7f}", "a\u{85}b", "\u{1b}[0m"] {
        assert!(malformed(send(text)), "{text:?}");
    }
    let long = "x".repeat(limits::TEXT_BYTES + 1);
    assert_eq!(refused(&play, customer(), send(long.clone())), too_large("text", limits::TEXT_BYTES));
    let typing = Act::Typing { on: true, preview: Some(long.clone()) };
    assert_eq!(refused(&play, customer(), typing), too_large("preview", limits::TEXT_BYTES));
    assert_eq!(
        refused(&play, play.by("eve"), Act::Note { text: long }),
        too_large("note", limits::TEXT_BYTES)
    );
    let notice = |notice| Act::Notice { notice, audience: Audience::All };
    assert!(malformed(notice(Notice::Url("javascript:alert(1)".into()))));
    assert!(malformed(notice(Notice::Url("https://a b".into()))));
    assert!(malformed(notice(Notice::Nick("a\nb".into()))));
    assert!(malformed(notice(Notice::Read(Seq(1_000)))));
    let nick = notice(Notice::Nick("ñ".repeat(129)));
    assert_eq!(refused(&play, customer(), nick), too_large("nick", limits::NICK_CHARS));
    let custom = Notice::Custom { name: "n".into(), data: "x".repeat(limits::TEXT_BYTES) };
    assert_eq!(refused(&play, customer(), notice(custom)), too_large("data", limits::TEXT_BYTES));
}

#[test]
fn the_largest_that_is_allowed_is_allowed() {
    let mut play = Play::at(Start::Served);
    play.ask(play.by("customer"), send("x".repeat(limits::TEXT_BYTES)));
    play.ask(
        play.by("customer"),
        Act::Notice { notice: Notice::Nick("ñ".repeat(128)), audience: Audience::All },
    );
    for at in 0..limits::DATA_KEYS {
        play.ask(play.by("eve"), data(&format!("staff.k{at:03}"), "x".repeat(600)));
        play.pass(play.now.plus(50));
    }
    assert_eq!((play.said.as_str(), play.session.data().len()), ("", limits::DATA_KEYS));
    assert_eq!(refused(&play, play.by("eve"), data("staff.more", "")), too_large("data", limits::DATA_KEYS));
    let big = data("staff.k000", "x".repeat(10_000));
    assert_eq!(refused(&play, play.by("eve"), big), too_large("data", limits::DATA_BYTES));
    let key = format!("staff.{}", "k".repeat(limits::DATA_KEY_BYTES));
    assert_eq!(refused(&play, play.by("eve"), data(&key, "")), too_large("data key", limits::DATA_KEY_BYTES));
}

#[test]
fn a_session_has_room_for_so_many() {
    let mut play = Play::at(Start::Served);
    for _ in 2..limits::PARTIES {
        play.script("+1s crm invites");
    }
    assert_eq!(play.said, "");
    let one_more = join(Role::Customer, None, Audience::All);
    assert_eq!(refused(&play, play.by("crm"), one_more), too_large("parties", limits::PARTIES));
}

#[test]
fn a_birth_has_limits() {
    let play = Play::new();
    let create = |change: fn(&mut crate::session::event::Birth), nick: &str| {
        let mut birth = birth();
        change(&mut birth);
        Act::Create { birth: Box::new(birth), customer: Some(nick.into()), text: None }
    };
    let by = || By::Party(PartyId(1));
    let many = create(|birth| birth.contact.extend((0..33).map(|n| (format!("k{n}"), String::new()))), "Ann");
    assert_eq!(refused(&play, by(), many), too_large("contact", limits::CONTACT_KEYS));
    let big =
        create(|birth| drop(birth.contact.insert("k".into(), "x".repeat(limits::CONTACT_BYTES))), "Ann");
    assert_eq!(refused(&play, by(), big), too_large("contact", limits::CONTACT_BYTES));
    assert!(matches!(refused(&play, by(), create(|_| {}, "")), Refusal::Malformed { field: "nick", .. }));
}
