//! Answers, at random and one of each, and their way from and to the door's results.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::leaves::*;
use super::refusals::*;
use super::{comes_back, covers, kinds};
use crate::agent::event::{Held, Stage};
use crate::session::event::Party;
use crate::session::{Head, Phase, RecordState};
use crate::shard::desk::board::QueueNow;
use crate::shard::door::{AgentSummary, DoorError, EventPage, Receipt, Summary};
use crate::shard::wire::{Answer, Why};
use crate::words::*;

kinds!(kind, KINDS, Answer, {
    Answer::Receipt(_) => "receipt",
    Answer::Page(_) => "page",
    Answer::Summary(_) => "summary",
    Answer::Agent(_) => "agent",
    Answer::Position(_) => "position",
    Answer::Queues(_) => "queues",
    Answer::Refused(_) => "refused",
    Answer::Yes => "yes",
});

fn page() -> impl Strategy<Value = EventPage> {
    let phase = select(vec![Phase::Unborn, Phase::Online, Phase::Offline, Phase::Stopped]);
    (vec(event().prop_map(Arc::new), 0..5), seq(), any::<bool>(), phase)
        .prop_map(|(events, next, more, phase)| EventPage { events, next, more, phase })
}

fn summary() -> impl Strategy<Value = Summary> {
    let head = (session(), seq(), text(), option::of(time()), btree_map(text(), text(), 0..3));
    let head = head.prop_map(|(id, seq, service, ended, contact)| Head {
        id,
        seq,
        service,
        ended,
        contact,
        ..a_head()
    });
    (head, vec(party(), 0..4), seq(), option::of(any::<u32>()))
        .prop_map(|(head, parties, seq, position)| Summary { head, parties, seq, position })
}

fn agent_summary() -> impl Strategy<Value = AgentSummary> {
    let held = btree_map(reservation(), held(), 0..4);
    (seq(), vec(text(), 0..3), any::<bool>(), option::of(text()), any::<u32>(), held).prop_map(
        |(seq, devices, ready, reason, capacity, held)| AgentSummary {
            seq,
            devices,
            ready,
            reason,
            capacity,
            held,
        },
    )
}

fn queues() -> impl Strategy<Value = BTreeMap<String, QueueNow>> {
    let queue = (any::<u32>(), any::<bool>()).prop_map(|(waiting, staffed)| QueueNow { waiting, staffed });
    btree_map(text(), queue, 0..4)
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        receipt().prop_map(Answer::Receipt),
        page().boxed().prop_map(Answer::Page),
        summary().boxed().prop_map(|summary| Answer::Summary(summary.into())),
        agent_summary().boxed().prop_map(Answer::Agent),
        option::of(any::<u32>()).prop_map(Answer::Position),
        queues().boxed().prop_map(Answer::Queues),
        why().boxed().prop_map(Answer::Refused),
        Just(Answer::Yes),
    ]
}

fn a_head() -> Head {
    Head {
        id: SESSION,
        seq: Seq(9),
        state: RecordState::Closed,
        service: "chat".into(),
        unit: "main".into(),
        config: 7,
        contact: BTreeMap::from([("email".into(), "a@b.c".into())]),
        identity: Some("sub-1".into()),
        agents: vec![ann()],
        started: Time(1_000),
        ended: Some(Time(2_000)),
        last_at: Time(2_500),
        disposition: Some("solved".into()),
        messages: 6,
    }
}

fn a_page() -> EventPage {
    let events =
        vec![Arc::new(an_event()), Arc::new(crate::session::event::Event { seq: Seq(5), ..an_event() })];
    EventPage { events, next: Seq(5), more: true, phase: Phase::Offline }
}

fn a_summary() -> Summary {
    let party = Party {
        id: PartyId(4),
        role: Role::Agent,
        nick: "Ann".into(),
        agent: Some(ann()),
        audience: Audience::Staff,
    };
    Summary { head: a_head(), parties: vec![party], seq: Seq(11), position: Some(2) }
}

fn an_agent_summary() -> AgentSummary {
    let one = |stage| Held { session: SESSION, queue: "shop".into(), deadline: Time(99), stage };
    AgentSummary {
        seq: Seq(6),
        devices: vec!["desk".into(), "phone".into()],
        ready: true,
        reason: Some("back".into()),
        capacity: 3,
        held: BTreeMap::from([
            (ReservationId(1), one(Stage::Reserved)),
            (ReservationId(2), one(Stage::Offered)),
            (ReservationId(3), one(Stage::Engaged)),
        ]),
    }
}

fn a_board() -> BTreeMap<String, QueueNow> {
    BTreeMap::from([
        ("shop".into(), QueueNow { waiting: 3, staffed: true }),
        ("support".into(), QueueNow::default()),
    ])
}

/// One of each kind, and one refusal of each.
pub(super) fn samples() -> Vec<(String, Answer)> {
    let bare = Receipt { repeated: false, party: None, ..a_receipt() };
    let answers = [
        ("receipt", Answer::Receipt(a_receipt())),
        ("receipt-bare", Answer::Receipt(bare)),
        ("page", Answer::Page(a_page())),
        ("page-empty", Answer::Page(EventPage { events: Vec::new(), more: false, ..a_page() })),
        ("summary", Answer::Summary(a_summary().into())),
        ("agent", Answer::Agent(an_agent_summary())),
        ("agent-bare", Answer::Agent(AgentSummary::default())),
        ("position", Answer::Position(Some(17))),
        ("position-none", Answer::Position(None)),
        ("queues", Answer::Queues(a_board())),
        ("yes", Answer::Yes),
    ];
    let named = |why: Why| {
        let name = match &why {
            Why::Door(DoorError::Refused(refusal)) => format!("-{}", refusal_kind(refusal)),
            Why::Door(DoorError::AgentRefused(refusal)) => format!("-{}", agent_refusal_kind(refusal)),
            Why::Door(_) | Why::NotOwner { .. } | Why::Stale { .. } => String::new(),
        };
        (format!("why-{}{name}", why_kind(&why)), Answer::Refused(why))
    };
    let answers = answers.map(|(name, answer)| (name.to_owned(), answer));
    answers.into_iter().chain(whys().into_iter().map(named)).collect()
}

#[test]
fn there_is_a_sample_of_each() {
    covers(KINDS, samples().iter().map(|(_, answer)| kind(answer)));
    covers(WHYS, whys().iter().map(why_kind));
    covers(REFUSALS, refusals().iter().map(refusal_kind));
    covers(AGENT_REFUSALS, agent_refusals().iter().map(agent_refusal_kind));
}

#[test]
fn the_doors_results_come_back() {
    let over = |answer: Answer| Answer::decode(&answer.encode()).unwrap();
    assert_eq!(over(a_receipt().into()).into_receipt(), Ok(a_receipt()));
    assert_eq!(over(a_page().into()).into_page(), Ok(a_page()));
    assert_eq!(over(a_summary().into()).into_summary(), Ok(a_summary()));
    assert_eq!(over(an_agent_summary().into()).into_agent(), Ok(an_agent_summary()));
    assert_eq!(over(Some(3).into()).into_position(), Ok(Some(3)));
    assert_eq!(over(a_board().into()).into_queues(), Ok(a_board()));
    let refused: Result<Receipt, DoorError> = Err(DoorError::Full);
    assert_eq!(over(refused.into()).into_receipt(), Err(Why::Door(DoorError::Full)));
}

/// The other node did something, but not what it says: only "unknown" is true.
#[test]
fn an_answer_of_another_kind_leaves_the_outcome_unknown() {
    let unknown = || Why::Door(DoorError::Unknown);
    assert_eq!(Answer::Position(None).into_receipt(), Err(unknown()));
    assert_eq!(Answer::Receipt(a_receipt()).into_page(), Err(unknown()));
    assert_eq!(Answer::Receipt(a_receipt()).into_summary(), Err(unknown()));
    assert_eq!(Answer::Receipt(a_receipt()).into_agent(), Err(unknown()));
    assert_eq!(Answer::Receipt(a_receipt()).into_position(), Err(unknown()));
    assert_eq!(Answer::Receipt(a_receipt()).into_queues(), Err(unknown()));
}

proptest! {
    #[test]
    fn an_answer_comes_back(answer in answer()) {
        comes_back(&answer)?;
    }
}
