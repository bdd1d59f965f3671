//! What was written is read, by this release and from the golden rows of every release; nothing else ever panics.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use crate::session::event::*;
use crate::session::{Phase, Session};
use crate::store::codec::fields::DecodeError;
use crate::store::codec::session_event::{decode_event, encode_event};
use crate::store::codec::session_state::{decode_session, encode_session};
use crate::words::*;

use super::{golden, hex};

fn bytes(event: &Event) -> Vec<u8> {
    let mut out = Vec::new();
    encode_event(event, &mut out);
    out
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z.]{1,8}",
        "\\PC{0,20}",
        Just("\u{1F469}\u{200D}\u{1F680} \u{5E9}\u{5DC}\u{5D5}\u{5DD}".to_owned())
    ]
}

fn agent() -> impl Strategy<Value = AgentId> {
    "[a-z]{1,6}".prop_map(AgentId)
}

fn time() -> impl Strategy<Value = Time> {
    any::<u64>().prop_map(Time)
}

fn reservation() -> impl Strategy<Value = ReservationId> {
    any::<u128>().prop_map(ReservationId)
}

fn party_id() -> impl Strategy<Value = PartyId> {
    any::<u32>().prop_map(PartyId)
}

fn by() -> impl Strategy<Value = By> {
    prop_oneof![
        party_id().prop_map(By::Party),
        agent().prop_map(By::Staff),
        text().prop_map(By::Integration),
        Just(By::System),
    ]
}

fn audience() -> impl Strategy<Value = Audience> {
    prop_oneof![
        Just(Audience::All),
        Just(Audience::Staff),
        Just(Audience::Supervisors),
        party_id().prop_map(Audience::Only),
        Just(Audience::Nobody),
    ]
}

fn birth() -> impl Strategy<Value = Birth> {
    let maps = (btree_map(text(), text(), 0..4), btree_map(text(), text(), 0..4));
    (text(), text(), any::<u64>(), option::of(text()), by(), maps).prop_map(
        |(service, unit, config, identity, creator, (contact, data))| Birth {
            service,
            unit,
            config,
            contact,
            identity,
            creator,
            data,
        },
    )
}

fn party() -> impl Strategy<Value = Party> {
    use Role::{Agent, Bot, Customer, Flow, Supervisor, System};
    let role = prop::sample::select(vec![Customer, Agent, Supervisor, Bot, Flow, System]);
    (party_id(), role, text(), option::of(agent()), audience())
        .prop_map(|(id, role, nick, agent, audience)| Party { id, role, nick, agent, audience })
}

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
        any::<u64>().prop_map(|seq| Notice::Read(Seq(seq))),
    ]
}

fn talk() -> impl Strategy<Value = What> {
    let left = prop::sample::select(vec![
        LeaveReason::Own,
        LeaveReason::Absent,
        LeaveReason::Removed,
        LeaveReason::Closed,
        LeaveReason::Idle,
        LeaveReason::Transferred,
    ]);
    let then = prop::sample::select(vec![AfterLeave::Keep, AfterLeave::CloseIfNoAgent, AfterLeave::Close]);
    prop_oneof![
        birth().prop_map(What::Created),
        party().prop_map(What::Joined),
        (party_id(), left, then).prop_map(|(party, reason, then)| What::Left { party, reason, then }),
        party_id().prop_map(What::Away),
        party_id().prop_map(What::Back),
        text().prop_map(|text| What::Message { text }),
        notice().prop_map(What::Notice),
        (btree_map(text(), text(), 0..4), vec(text(), 0..3))
            .prop_map(|(set, removed)| What::Data { set, removed }),
        text().prop_map(|code| What::Disposition { code }),
        text().prop_map(|text| What::Note { text }),
    ]
}

fn line() -> impl Strategy<Value = What> {
    use ConcludeWhy as C;
    use OfferEnd as O;
    let offer = prop::sample::select(vec![O::Declined, O::TimedOut, O::Withdrawn, O::AgentGone]);
    let conclude = prop::sample::select(vec![C::Done, C::Transferred, C::Left, C::TooLong]);
    let errand = prop::sample::select(vec![Errand::Engage, Errand::Release]);
    let step = prop_oneof![Just(StepState::Begun), text().prop_map(StepState::Done)];
    let target = prop_oneof![agent().prop_map(Target::Agent), text().prop_map(Target::Queue)];
    prop_oneof![
        (text(), step).prop_map(|(step, state)| What::Step { step, state }),
        (text(), any::<i32>(), time()).prop_map(|(queue, priority, since)| What::Queued {
            queue,
            priority,
            since
        }),
        (reservation(), agent(), text(), time()).prop_map(|(reservation, agent, queue, deadline)| {
            What::Offered { reservation, agent, queue, deadline }
        }),
        (reservation(), offer).prop_map(|(reservation, why)| What::OfferEnded { reservation, why }),
        (reservation(), agent()).prop_map(|(reservation, agent)| What::Assigned { reservation, agent }),
        (reservation(), agent(), conclude).prop_map(|(reservation, agent, why)| What::Concluded {
            reservation,
            agent,
            why
        }),
        target.prop_map(What::Transferred),
        (reservation(), errand).prop_map(|(reservation, errand)| What::Settled { reservation, errand }),
    ]
}

fn ending() -> impl Strategy<Value = What> {
    use CloseWhy as C;
    let close = vec![C::Asked, C::AfterLeave, C::Empty, C::LongestWait, C::Idle, C::Flow];
    prop_oneof![
        time().prop_map(|closes_at| What::IdleAlert { closes_at }),
        prop::sample::select(close).prop_map(|why| What::Closed { why }),
        prop::sample::select(vec![StopWhy::Done, StopWhy::TooLong]).prop_map(|why| What::Stopped { why }),
    ]
}

/// Any event, in any order: what `apply` and the codec must take.
fn event() -> impl Strategy<Value = Event> {
    let what = prop_oneof![5 => talk(), 5 => line(), 1 => ending()];
    let id = option::of("[!-~]{1,64}".prop_map(MessageId));
    (any::<u64>(), time(), by(), audience(), id, what).prop_map(|(seq, at, by, audience, id, what)| Event {
        seq: Seq(seq),
        at,
        by,
        audience,
        id,
        what,
    })
}

proptest! {
    #[test]
    fn an_event_comes_back(event in event()) {
        prop_assert_eq!(decode_event(event.seq, &bytes(&event)), Ok(event));
    }

    /// `apply` takes every event in every order, and whatever state that gives comes back from its bytes.
    #[test]
    fn a_state_comes_back(id in any::<[u8; 16]>(), events in vec(event(), 0..20)) {
        let mut session = Session::new(SessionId(id));
        for event in &events {
            session.apply(event);
        }
        let mut out = Vec::new();
        encode_session(&session, &mut out);
        prop_assert_eq!(decode_session(&out), Ok(session));
    }

    #[test]
    fn chance_never_panics(mut noise in vec(any::<u8>(), 0..200), version in any::<bool>()) {
        if let (true, Some(first)) = (version, noise.first_mut()) {
            *first = 1;
        }
        let _ = decode_event(Seq(1), &noise);
        let _ = decode_session(&noise);
    }

    #[test]
    fn damage_never_panics(event in event(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut out = bytes(&event);
        let at = at.index(out.len());
        if cut { out.truncate(at) } else { out[at] = byte }
        let _ = decode_event(event.seq, &out);
    }
}

#[test]
fn fields_of_a_later_release_are_passed_over() {
    let event = sample(What::Message { text: "hi".into() });
    let mut out = bytes(&event);
    // Before the break that ends the map: field 99 with a map of a list, as some later release may write it.
    assert_eq!(out.pop(), Some(0xff));
    out.extend([0x18, 99, 0xa1, 0x01, 0x82, 0x02, 0x9f, 0xff, 0xff]);
    assert_eq!(decode_event(Seq(3), &out), Ok(event));
}

#[test]
fn what_cannot_be_read_says_why() {
    assert_eq!(decode_event(Seq(1), &[]), Err(DecodeError::Empty));
    assert_eq!(decode_event(Seq(1), &[9, 0xbf, 0xff]), Err(DecodeError::Version(9)));
    assert_eq!(decode_event(Seq(1), &[1, 0xbf, 0xff]), Err(DecodeError::Missing(2)));
    assert_eq!(decode_event(Seq(1), &[1, 0x80]), Err(DecodeError::Row));
    let later = [1, 0xbf, 0x01, 0x18, 77, 0x02, 0x00, 0xff];
    assert_eq!(decode_event(Seq(1), &later), Err(DecodeError::Unknown { field: 1, value: 77 }));
    let audience = [1, 0xbf, 0x01, 0x06, 0x02, 0x00, 0x06, 0x09, 0x0e, 0x61, 0x61, 0xff];
    assert_eq!(decode_event(Seq(1), &audience), Err(DecodeError::Unknown { field: 6, value: 9 }));
}

fn sample(what: What) -> Event {
    Event {
        seq: Seq(3),
        at: Time(1_700_000_000_123),
        by: By::Party(PartyId(2)),
        audience: Audience::Staff,
        id: Some(MessageId("m-1".into())),
        what,
    }
}

/// One of each kind. Lines are added when kinds are; none is ever changed.
fn samples() -> Vec<(&'static str, Event)> {
    let map = |key: &str, value: &str| [(key.to_owned(), value.to_owned())].into();
    let (reservation, agent) = (ReservationId(0xfeed_beef), AgentId("eve".into()));
    let birth = Birth {
        service: "chat".into(),
        unit: "main".into(),
        config: 7,
        contact: map("email", "ann@example.org"),
        identity: Some("sub-1".into()),
        creator: By::Integration("crm".into()),
        data: map("customer.topic", "billing"),
    };
    let party = Party {
        id: PartyId(4),
        role: Role::Supervisor,
        nick: "Sam".into(),
        agent: Some(AgentId("sam".into())),
        audience: Audience::Supervisors,
    };
    let file = Notice::File {
        file: "f1".into(),
        name: "a.pdf".into(),
        bytes: 1_234_567,
        mime: "application/pdf".into(),
    };
    let custom = Notice::Custom { name: "cart".into(), data: "{\"total\":3}".into() };
    let left =
        What::Left { party: PartyId(1), reason: LeaveReason::Absent, then: AfterLeave::CloseIfNoAgent };
    let offered =
        What::Offered { reservation, agent: agent.clone(), queue: "support".into(), deadline: Time(99) };
    let queued = What::Queued { queue: "support".into(), priority: -3, since: Time(42) };
    let concluded = What::Concluded { reservation, agent: agent.clone(), why: ConcludeWhy::TooLong };
    let data = What::Data { set: map("staff.vip", "yes"), removed: vec!["customer.topic".into()] };
    let whats = vec![
        ("created", What::Created(birth)),
        ("joined", What::Joined(party)),
        ("left", left),
        ("away", What::Away(PartyId(1))),
        ("back", What::Back(PartyId(1))),
        ("message", What::Message { text: "Zoë: \u{1F469}\u{200D}\u{1F680}\nשלום".into() }),
        ("notice-url", What::Notice(Notice::Url("https://example.org/a".into()))),
        ("notice-custom", What::Notice(custom)),
        ("notice-file", What::Notice(file)),
        ("notice-nick", What::Notice(Notice::Nick("Annie".into()))),
        ("notice-read", What::Notice(Notice::Read(Seq(12)))),
        ("data", data),
        ("step-begun", What::Step { step: "queue".into(), state: StepState::Begun }),
        ("step-done", What::Step { step: "queue".into(), state: StepState::Done("served".into()) }),
        ("queued", queued),
        ("offered", offered),
        ("offer-ended", What::OfferEnded { reservation, why: OfferEnd::TimedOut }),
        ("assigned", What::Assigned { reservation, agent: agent.clone() }),
        ("concluded", concluded),
        ("transferred-agent", What::Transferred(Target::Agent(agent))),
        ("transferred-queue", What::Transferred(Target::Queue("billing".into()))),
        ("disposition", What::Disposition { code: "solved".into() }),
        ("note", What::Note { text: "called back".into() }),
        ("idle-alert", What::IdleAlert { closes_at: Time(77) }),
        ("closed", What::Closed { why: CloseWhy::LongestWait }),
        ("stopped", What::Stopped { why: StopWhy::TooLong }),
        ("settled", What::Settled { reservation, errand: Errand::Release }),
    ];
    let mut events: Vec<_> = whats.into_iter().map(|(name, what)| (name, sample(what))).collect();
    let message = || What::Message { text: "x".into() };
    let bare = Event { by: By::System, audience: Audience::All, id: None, ..sample(message()) };
    events.push(("by-system-for-all", bare));
    events.push(("by-staff", Event { by: By::Staff(AgentId("eve".into())), ..sample(message()) }));
    events.push(("by-integration", Event { by: By::Integration("crm".into()), ..sample(message()) }));
    events.push(("for-one", Event { audience: Audience::Only(PartyId(9)), ..sample(message()) }));
    events.push(("for-nobody", Event { audience: Audience::Nobody, ..sample(message()) }));
    events
}

fn full_session() -> Session {
    let mut session = Session::new(SessionId([7; 16]));
    for (at, (_, event)) in samples().into_iter().enumerate() {
        let over = matches!(event.what, What::Stopped { .. } | What::Closed { .. });
        if !over {
            session.apply(&Event { seq: Seq(at as u64 + 1), ..event });
        }
    }
    assert_eq!(session.phase(), Phase::Online);
    session
}

#[test]
fn golden_events_are_read_for_ever() {
    let rows = golden("session_event_v1.hex");
    let samples = samples();
    let written: String =
        samples.iter().map(|(name, event)| format!("{name} {}\n", hex(&bytes(event)))).collect();
    assert_eq!(rows.len(), samples.len(), "add the lines of the new kinds; all lines are now:\n{written}");
    for ((name, row), (sample, event)) in rows.iter().zip(&samples) {
        assert_eq!(name, sample);
        assert_eq!(decode_event(event.seq, row).as_ref(), Ok(event), "{name}");
    }
}

#[test]
fn golden_checkpoint_is_read_for_ever() {
    let rows = golden("session_state_v1.hex");
    let session = full_session();
    let mut out = Vec::new();
    encode_session(&session, &mut out);
    let lines = format!("{} full_with_ended {}", rows.len(), hex(&out));
    let [(_, first), (_, with_ended)] = &rows[..] else { panic!("not two rows but {lines}") };
    assert_eq!(decode_session(with_ended).as_ref(), Ok(&session));
    // What ended was not remembered at first.
    let mut before = session;
    before.line.ended.clear();
    assert_eq!(decode_session(first), Ok(before));
}
