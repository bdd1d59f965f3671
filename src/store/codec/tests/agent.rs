//! What was written is read, by this release and from the golden rows of every release; nothing else ever panics.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use crate::agent::AgentDay;
use crate::agent::event::{AgentEvent, AgentWhat, Held, ReleaseWhy, Stage};
use crate::store::codec::agent_event::{decode_agent_event, encode_agent_event};
use crate::store::codec::agent_state::{decode_agent, encode_agent};
use crate::store::codec::fields::DecodeError;
use crate::words::*;

use super::{golden, hex};

fn bytes(event: &AgentEvent) -> Vec<u8> {
    let mut out = Vec::new();
    encode_agent_event(event, &mut out);
    out
}

fn state_bytes(day: &AgentDay) -> Vec<u8> {
    let mut out = Vec::new();
    encode_agent(day, &mut out);
    out
}

/// Few ids, so that events meet each other.
fn reservation() -> impl Strategy<Value = ReservationId> {
    prop_oneof![(0..4_u128), any::<u128>()].prop_map(ReservationId)
}

fn held() -> impl Strategy<Value = Held> {
    let stage = prop::sample::select(vec![Stage::Reserved, Stage::Offered, Stage::Engaged]);
    (any::<[u8; 16]>(), "\\PC{0,8}", any::<u64>(), stage).prop_map(|(session, queue, deadline, stage)| Held {
        session: SessionId(session),
        queue,
        deadline: Time(deadline),
        stage,
    })
}

fn what() -> impl Strategy<Value = AgentWhat> {
    let all = || btree_map(reservation(), held(), 0..3);
    let device = || "[a-c]|\\PC{0,8}";
    let why = prop::sample::select(vec![ReleaseWhy::Session, ReleaseWhy::Denied]);
    prop_oneof![
        1 => ("[a-z]{1,4}", all()).prop_map(|(agent, held)| AgentWhat::Opened { agent: AgentId(agent), held }),
        1 => (device(), any::<u32>(), vec("\\PC{0,8}", 0..3))
            .prop_map(|(device, capacity, queues)| AgentWhat::SignedIn { device, capacity, queues }),
        1 => (device(), any::<bool>()).prop_map(|(device, absent)| AgentWhat::SignedOut { device, absent }),
        1 => (any::<bool>(), option::of("\\PC{0,8}")).prop_map(|(ready, reason)| AgentWhat::State { ready, reason }),
        4 => (reservation(), held()).prop_map(|(reservation, held)| AgentWhat::Reserved {
            reservation,
            session: held.session,
            queue: held.queue,
            deadline: held.deadline,
        }),
        2 => reservation().prop_map(|reservation| AgentWhat::Offered { reservation }),
        2 => reservation().prop_map(|reservation| AgentWhat::Engaged { reservation }),
        3 => (reservation(), why).prop_map(|(reservation, why)| AgentWhat::Released { reservation, why }),
        1 => all().prop_map(|held| AgentWhat::Ended { held }),
    ]
}

/// Any event, in any order: what `apply` and the codec must take.
fn event() -> impl Strategy<Value = AgentEvent> {
    let id = option::of("[!-~]{1,64}".prop_map(MessageId));
    (any::<u64>(), any::<u64>(), id, what()).prop_map(|(seq, at, id, what)| AgentEvent {
        seq: Seq(seq),
        at: Time(at),
        id,
        what,
    })
}

proptest! {
    #[test]
    fn an_event_comes_back(event in event()) {
        prop_assert_eq!(decode_agent_event(event.seq, &bytes(&event)), Ok(event));
    }

    /// `apply` takes every event in every order, and whatever state that gives comes back from its bytes.
    #[test]
    fn a_state_comes_back(run in any::<u32>(), events in vec(event(), 0..30)) {
        let mut day = AgentDay::new(AgentId("ann".into()), run);
        for event in &events {
            day.apply(event);
        }
        prop_assert_eq!(decode_agent(&state_bytes(&day)), Ok(day));
    }

    #[test]
    fn chance_never_panics(mut noise in vec(any::<u8>(), 0..200), version in any::<bool>()) {
        if let (true, Some(first)) = (version, noise.first_mut()) {
            *first = 1;
        }
        let _ = decode_agent_event(Seq(1), &noise);
        let _ = decode_agent(&noise);
    }

    #[test]
    fn damage_never_panics(event in event(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut out = bytes(&event);
        let at = at.index(out.len());
        if cut { out.truncate(at) } else { out[at] = byte }
        let _ = decode_agent_event(event.seq, &out);
        let _ = decode_agent(&out);
    }
}

#[test]
fn fields_of_a_later_release_are_passed_over() {
    let event = sample(AgentWhat::Offered { reservation: ReservationId(7) });
    let mut out = bytes(&event);
    assert_eq!(out.pop(), Some(0xff));
    out.extend([0x18, 99, 0xa1, 0x01, 0x82, 0x02, 0x9f, 0xff, 0xff]);
    assert_eq!(decode_agent_event(Seq(3), &out), Ok(event));
}

#[test]
fn what_cannot_be_read_says_why() {
    assert_eq!(decode_agent_event(Seq(1), &[]), Err(DecodeError::Empty));
    assert_eq!(decode_agent_event(Seq(1), &[9, 0xbf, 0xff]), Err(DecodeError::Version(9)));
    assert_eq!(decode_agent_event(Seq(1), &[1, 0xbf, 0xff]), Err(DecodeError::Missing(2)));
    let later = [1, 0xbf, 0x01, 0x18, 77, 0x02, 0x00, 0xff];
    assert_eq!(decode_agent_event(Seq(1), &later), Err(DecodeError::Unknown { field: 1, value: 77 }));
    assert_eq!(decode_agent(&[1, 0x80]), Err(DecodeError::Row));
    assert_eq!(decode_agent(&[1, 0xbf, 0xff]), Err(DecodeError::Missing(1)));
}

fn sample(what: AgentWhat) -> AgentEvent {
    AgentEvent { seq: Seq(3), at: Time(1_700_000_000_123), id: Some(MessageId("m-1".into())), what }
}

/// One of each kind. Lines are added when kinds are; none is ever changed.
fn samples() -> Vec<(&'static str, AgentEvent)> {
    let reservation = ReservationId(0xfeed_beef);
    let one =
        |stage| Held { session: SessionId([7; 16]), queue: "support".into(), deadline: Time(99), stage };
    let held = [
        (ReservationId(1), one(Stage::Reserved)),
        (ReservationId(2), one(Stage::Offered)),
        (ReservationId(3), one(Stage::Engaged)),
    ];
    let signed_in = AgentWhat::SignedIn {
        device: "desk Zoë".into(),
        capacity: 3,
        queues: vec!["support".into(), "shop".into()],
    };
    let reserved = AgentWhat::Reserved {
        reservation,
        session: SessionId([9; 16]),
        queue: "shop".into(),
        deadline: Time(42),
    };
    let whats = vec![
        ("opened", AgentWhat::Opened { agent: AgentId("ann".into()), held: held.clone().into() }),
        ("signed-in", signed_in),
        ("signed-out", AgentWhat::SignedOut { device: "desk Zoë".into(), absent: false }),
        ("signed-out-absent", AgentWhat::SignedOut { device: "phone".into(), absent: true }),
        ("ready", AgentWhat::State { ready: true, reason: None }),
        ("not-ready", AgentWhat::State { ready: false, reason: Some("lunch".into()) }),
        ("reserved", reserved),
        ("offered", AgentWhat::Offered { reservation }),
        ("engaged", AgentWhat::Engaged { reservation }),
        ("released", AgentWhat::Released { reservation, why: ReleaseWhy::Session }),
        ("released-denied", AgentWhat::Released { reservation, why: ReleaseWhy::Denied }),
        ("ended", AgentWhat::Ended { held: held.into() }),
    ];
    let mut events: Vec<_> = whats.into_iter().map(|(name, what)| (name, sample(what))).collect();
    let bare = AgentWhat::State { ready: true, reason: None };
    events.push(("without-id", AgentEvent { id: None, ..sample(bare) }));
    events
}

/// A state with something in every field.
fn full_day() -> AgentDay {
    let mut day = AgentDay::new(AgentId("ann".into()), 5);
    let mut seq = Seq(0);
    let mut put = |what| {
        seq = seq.next();
        day.apply(&AgentEvent { seq, ..sample(what) });
    };
    let all = samples();
    let what = |name: &str| {
        all.iter().find(|(known, _)| *known == name).map(|(_, event)| event.what.clone()).unwrap()
    };
    put(what("opened"));
    put(what("signed-in"));
    put(what("not-ready"));
    put(AgentWhat::Released { reservation: ReservationId(1), why: ReleaseWhy::Denied });
    put(AgentWhat::Released { reservation: ReservationId(2), why: ReleaseWhy::Session });
    put(what("ended"));
    day
}

#[test]
fn golden_events_are_read_for_ever() {
    let rows = golden("agent_event_v1.hex");
    let samples = samples();
    let written: String =
        samples.iter().map(|(name, event)| format!("{name} {}\n", hex(&bytes(event)))).collect();
    assert_eq!(rows.len(), samples.len(), "add the lines of the new kinds; all lines are now:\n{written}");
    for ((name, row), (sample, event)) in rows.iter().zip(&samples) {
        assert_eq!(name, sample);
        assert_eq!(decode_agent_event(event.seq, row).as_ref(), Ok(event), "{name}");
    }
}

#[test]
fn golden_checkpoint_is_read_for_ever() {
    let rows = golden("agent_state_v1.hex");
    let day = full_day();
    let (_, row) = rows.first().unwrap_or_else(|| panic!("full {}", hex(&state_bytes(&day))));
    assert_eq!(decode_agent(row), Ok(day));
}
