//! What comes down on streams, at random and one of each, and its way from and to deliveries.

use std::sync::Arc;

use proptest::option;
use proptest::prelude::*;

use super::leaves::*;
use super::refusals::why;
use super::{comes_back, covers, kinds};
use crate::shard::door::{Delivery, DoorError};
use crate::shard::wire::{Down, Why};
use crate::store::journal::Epoch;
use crate::words::{PartyId, Seq};

kinds!(kind, KINDS, Down, {
    Down::Attached(_) => "attached",
    Down::Answer { result: Ok(_), .. } => "answer",
    Down::Answer { result: Err(_), .. } => "answer-refused",
    Down::Event(_) => "event",
    Down::Typing { .. } => "typing",
    Down::Ended { .. } => "ended",
    Down::Agent(_) => "agent",
    Down::Opened => "opened",
    Down::AgentEnded => "agent-ended",
    Down::Refused(_) => "refused",
});

kinds!(delivery_kind, DELIVERIES, Delivery, {
    Delivery::Answer { result: Ok(_), .. } => "answer",
    Delivery::Answer { result: Err(_), .. } => "answer-refused",
    Delivery::Event { .. } => "event",
    Delivery::Typing { .. } => "typing",
    Delivery::Ended { .. } => "ended",
    Delivery::Agent(_) => "agent",
    Delivery::AgentEnded => "agent-ended",
});

fn down() -> impl Strategy<Value = Down> {
    let result = prop_oneof![receipt().prop_map(Ok), why().boxed().prop_map(Err)];
    let preview = option::of(text().prop_map(Into::into));
    prop_oneof![
        seq().prop_map(Down::Attached),
        (any::<u64>(), result).prop_map(|(tag, result)| Down::Answer { tag, result }),
        event().boxed().prop_map(|event| Down::event(&event)),
        (party_id(), any::<bool>(), preview).prop_map(|(party, on, preview)| Down::Typing {
            party,
            on,
            preview
        }),
        any::<bool>().prop_map(|resume| Down::Ended { resume }),
        agent_event().boxed().prop_map(Down::Agent),
        Just(Down::Opened),
        Just(Down::AgentEnded),
        why().boxed().prop_map(Down::Refused),
    ]
}

/// One of each kind.
pub(super) fn samples() -> Vec<(String, Down)> {
    let refused = || Why::NotOwner { epoch: Epoch::new(2, 9) };
    let samples = [
        Down::Attached(Seq(41)),
        Down::Answer { tag: 300, result: Ok(a_receipt()) },
        Down::Answer { tag: 301, result: Err(refused()) },
        Down::event(&an_event()),
        Down::Typing { party: PartyId(2), on: true, preview: Some("hel".into()) },
        Down::Ended { resume: true },
        Down::Agent(an_agent_event()),
        Down::Opened,
        Down::AgentEnded,
        Down::Refused(refused()),
    ];
    samples.map(|down| (kind(&down).to_owned(), down)).into()
}

fn deliveries() -> Vec<Delivery> {
    vec![
        Delivery::Answer { tag: 300, result: Ok(a_receipt()) },
        Delivery::Answer { tag: 301, result: Err(DoorError::Behind) },
        Delivery::Event { session: SESSION, event: Arc::new(an_event()) },
        Delivery::Typing { session: SESSION, party: PartyId(2), on: false, preview: None },
        Delivery::Ended { session: SESSION, resume: false },
        Delivery::Agent(Arc::new(an_agent_event())),
        Delivery::AgentEnded,
    ]
}

#[test]
fn there_is_a_sample_of_each() {
    covers(KINDS, samples().iter().map(|(_, down)| kind(down)));
    covers(DELIVERIES, deliveries().iter().map(delivery_kind));
}

#[test]
fn a_delivery_comes_back() {
    for delivery in deliveries() {
        // A delivery has no equality: all that is in it is in how it prints.
        let before = format!("{delivery:?}");
        let down = Down::decode(&Down::from(delivery).encode()).unwrap();
        let after = down.into_delivery(SESSION).unwrap().expect("a delivery");
        assert_eq!(format!("{after:?}"), before);
    }
}

#[test]
fn the_answer_to_an_opening_is_no_delivery() {
    assert!(Down::Attached(Seq(1)).into_delivery(SESSION).unwrap().is_none());
    assert!(Down::Refused(Why::Stale { seq: Seq(1) }).into_delivery(SESSION).unwrap().is_none());
}

#[test]
fn a_damaged_event_is_an_error_and_no_delivery() {
    let Down::Event(body) = Down::event(&an_event()) else { panic!("an event") };
    let cut = Down::decode(&Down::Event(body.slice(..body.len() - 1)).encode()).unwrap();
    assert!(cut.into_delivery(SESSION).is_err());
    assert!(Down::Event(body.slice(..7)).into_delivery(SESSION).is_err());
}

proptest! {
    #[test]
    fn what_comes_down_comes_back(down in down()) {
        comes_back(&down)?;
    }

    #[test]
    fn an_event_comes_back(event in event()) {
        let delivery = Down::event(&event).into_delivery(SESSION).unwrap();
        let Some(Delivery::Event { event: after, .. }) = delivery else { panic!("an event") };
        prop_assert_eq!(&*after, &event);
    }
}
