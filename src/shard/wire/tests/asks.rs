//! Asks with every act, at random and as samples.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::kinds;
use super::leaves::*;
use crate::session::event::{AfterLeave, By, Notice, Target};
use crate::session::input::{Act, Ask};
use crate::words::*;

kinds!(act_kind, ACTS, Act, {
    Act::Create { .. } => "create",
    Act::Join { .. } => "join",
    Act::Send { .. } => "send",
    Act::Notice { notice: Notice::Url(_), .. } => "notice-url",
    Act::Notice { notice: Notice::Custom { .. }, .. } => "notice-custom",
    Act::Notice { notice: Notice::File { .. }, .. } => "notice-file",
    Act::Notice { notice: Notice::Nick(_), .. } => "notice-nick",
    Act::Notice { notice: Notice::Read(_), .. } => "notice-read",
    Act::Typing { .. } => "typing",
    Act::Data { .. } => "data",
    Act::Leave { then: AfterLeave::Keep } => "leave-keep",
    Act::Leave { then: AfterLeave::CloseIfNoAgent } => "leave-close-if-no-agent",
    Act::Leave { then: AfterLeave::Close } => "leave-close",
    Act::Remove { .. } => "remove",
    Act::Close => "close",
    Act::Accept { .. } => "accept",
    Act::Decline { .. } => "decline",
    Act::Conclude { .. } => "conclude",
    Act::Transfer { target: Target::Agent(_) } => "transfer-agent",
    Act::Transfer { target: Target::Queue(_) } => "transfer-queue",
    Act::Note { .. } => "note",
    Act::Disposition { .. } => "disposition",
});

kinds!(by_kind, BYS, By, {
    By::Party(_) => "party",
    By::Staff(_) => "staff",
    By::Integration(_) => "integration",
    By::System => "system",
});

fn notice() -> impl Strategy<Value = Notice> {
    prop_oneof![
        text().prop_map(Notice::Url),
        (text(), text()).prop_map(|(name, data)| Notice::Custom { name, data }),
        (text(), text(), any::<u64>(), text()).prop_map(|(file, name, bytes, mime)| Notice::File {
            file,
            name,
            bytes,
            mime
        }),
        text().prop_map(Notice::Nick),
        seq().prop_map(Notice::Read),
    ]
}

fn talk() -> impl Strategy<Value = Act> {
    let create = (birth().boxed(), option::of(text()), option::of(text()));
    let join = (role(), text(), option::of(agent()), audience());
    prop_oneof![
        create.prop_map(|(birth, customer, text)| Act::Create { birth: birth.into(), customer, text }),
        join.prop_map(|(role, nick, agent, audience)| Act::Join { role, nick, agent, audience }),
        (text(), audience()).prop_map(|(text, audience)| Act::Send { text, audience }),
        (notice().boxed(), audience()).prop_map(|(notice, audience)| Act::Notice { notice, audience }),
        (any::<bool>(), option::of(text())).prop_map(|(on, preview)| Act::Typing { on, preview }),
        (btree_map(text(), text(), 0..4), vec(text(), 0..3))
            .prop_map(|(set, remove)| Act::Data { set, remove }),
    ]
}

fn work() -> impl Strategy<Value = Act> {
    let then = select(vec![AfterLeave::Keep, AfterLeave::CloseIfNoAgent, AfterLeave::Close]);
    let target = prop_oneof![agent().prop_map(Target::Agent), text().prop_map(Target::Queue)];
    prop_oneof![
        then.prop_map(|then| Act::Leave { then }),
        party_id().prop_map(|party| Act::Remove { party }),
        Just(Act::Close),
        reservation().prop_map(|reservation| Act::Accept { reservation }),
        reservation().prop_map(|reservation| Act::Decline { reservation }),
        (option::of(text()), option::of(text()))
            .prop_map(|(disposition, note)| Act::Conclude { disposition, note }),
        target.prop_map(|target| Act::Transfer { target }),
        text().prop_map(|text| Act::Note { text }),
        text().prop_map(|code| Act::Disposition { code }),
    ]
}

pub(super) fn ask() -> impl Strategy<Value = Ask> {
    // Boxed: the value trees of all acts in one another are too large for a test's stack.
    let act = prop_oneof![talk().boxed(), work().boxed()];
    (by(), id(), option::of(seq()), act).prop_map(|(by, id, after, act)| Ask { by, id, after, act }).boxed()
}

/// One of each act.
fn acts() -> Vec<Act> {
    let notice = |notice| Act::Notice { notice, audience: Audience::Supervisors };
    let (file, name, mime) = ("f1".into(), "a.pdf".into(), "application/pdf".into());
    vec![
        Act::Create { birth: a_birth().into(), customer: Some("Ann".into()), text: Some("hello".into()) },
        Act::Join {
            role: Role::Supervisor,
            nick: "Sam".into(),
            agent: Some(AgentId("sam".into())),
            audience: Audience::Staff,
        },
        Act::Send { text: "Zo\u{eb}: \u{5E9}\u{5DC}".into(), audience: Audience::Only(PartyId(4)) },
        notice(Notice::Url("https://example.org/a".into())),
        notice(Notice::Custom { name: "cart".into(), data: "{}".into() }),
        notice(Notice::File { file, name, bytes: 1_234_567, mime }),
        notice(Notice::Nick("Annie".into())),
        notice(Notice::Read(Seq(12))),
        Act::Typing { on: true, preview: Some("he".into()) },
        Act::Data { set: [("vip".to_owned(), "yes".to_owned())].into(), remove: vec!["topic".into()] },
        Act::Leave { then: AfterLeave::Keep },
        Act::Leave { then: AfterLeave::CloseIfNoAgent },
        Act::Leave { then: AfterLeave::Close },
        Act::Remove { party: PartyId(2) },
        Act::Close,
        Act::Accept { reservation: RESERVATION },
        Act::Decline { reservation: RESERVATION },
        Act::Conclude { disposition: Some("solved".into()), note: Some("called".into()) },
        Act::Transfer { target: Target::Agent(ann()) },
        Act::Transfer { target: Target::Queue("billing".into()) },
        Act::Note { text: "called back".into() },
        Act::Disposition { code: "solved".into() },
    ]
}

pub(super) fn an_ask(act: Act) -> Ask {
    Ask { by: By::Party(PartyId(1)), id: MessageId("m-1".into()), after: Some(Seq(8)), act }
}

/// One of each act, and one by each kind of asker.
pub(super) fn asks() -> Vec<(String, Ask)> {
    let named = |ask: Ask| (format!("ask-{}", act_kind(&ask.act)), ask);
    let mut asks: Vec<_> = acts().into_iter().map(an_ask).map(named).collect();
    let others = [By::Staff(ann()), By::Integration("crm".into()), By::System];
    asks.extend(others.map(|by| {
        let name = format!("ask-by-{}", by_kind(&by));
        (name, Ask { by, after: None, ..an_ask(Act::Close) })
    }));
    let bare = Act::Conclude { disposition: None, note: None };
    asks.push(("ask-conclude-bare".into(), an_ask(bare)));
    asks.push(("ask-send-to-all".into(), an_ask(Act::Send { text: "x".into(), audience: Audience::All })));
    let nobody = Act::Send { text: "x".into(), audience: Audience::Nobody };
    asks.push(("ask-send-to-nobody".into(), an_ask(nobody)));
    asks
}
