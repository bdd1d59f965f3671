//! All that can be said no with, at random and as samples; the texts of refusals are kept once and up to a bound.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::select;

use super::kinds;
use crate::agent::AgentRefusal;
use crate::session::Refusal;
use crate::shard::door::DoorError;
use crate::shard::wire::Why;
use crate::shard::wire::parts::kept::{KEPT_BYTES, KEPT_TEXTS, Kept, keep};
use crate::store::journal::Epoch;
use crate::words::Seq;

/// Kept before any test damages them: each damaged one is a text of its own, and their number is bounded.
static TEXTS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    ["text", "nick", "data key", "wants 1 or more characters and no control characters", ""]
        .map(|text| keep(text, "lost"))
        .to_vec()
});

pub(super) fn known() -> &'static [&'static str] {
    &TEXTS
}

kinds!(refusal_kind, REFUSALS, Refusal, {
    Refusal::NoSession => "no-session",
    Refusal::AlreadyCreated => "already-created",
    Refusal::NotInSession => "not-in-session",
    Refusal::NotAllowed => "not-allowed",
    Refusal::Closed => "closed",
    Refusal::Stopped => "stopped",
    Refusal::IdReused => "id-reused",
    Refusal::TooLarge { .. } => "too-large",
    Refusal::Malformed { .. } => "malformed",
    Refusal::WrongNamespace => "wrong-namespace",
    Refusal::NoParty => "no-party",
    Refusal::NoOffer => "no-offer",
    Refusal::NotAssigned => "not-assigned",
    Refusal::NoTarget => "no-target",
    Refusal::NoDisposition => "no-disposition",
    Refusal::TooFast { .. } => "too-fast",
    Refusal::Stale { .. } => "stale",
});

kinds!(agent_refusal_kind, AGENT_REFUSALS, AgentRefusal, {
    AgentRefusal::NotOpen => "not-open",
    AgentRefusal::Ended => "ended",
    AgentRefusal::NotSignedIn => "not-signed-in",
    AgentRefusal::NotReady => "not-ready",
    AgentRefusal::AtCapacity => "at-capacity",
    AgentRefusal::BadDeadline => "bad-deadline",
    AgentRefusal::Over => "over",
    AgentRefusal::Conflict => "conflict",
    AgentRefusal::TooManyDevices { .. } => "too-many-devices",
    AgentRefusal::Malformed { .. } => "malformed",
});

kinds!(why_kind, WHYS, Why, {
    Why::Door(DoorError::Refused(_)) => "refused",
    Why::Door(DoorError::AgentRefused(_)) => "agent-refused",
    Why::Door(DoorError::Unknown) => "unknown",
    Why::Door(DoorError::Busy { .. }) => "busy",
    Why::Door(DoorError::Full) => "full",
    Why::Door(DoorError::Behind) => "behind",
    Why::Door(DoorError::Quarantined) => "quarantined",
    Why::Door(DoorError::Closing) => "closing",
    Why::NotOwner { .. } => "not-owner",
    Why::Stale { .. } => "stale",
});

/// One of each.
pub(super) fn refusals() -> Vec<Refusal> {
    let (field, wants) = (known()[0], known()[3]);
    vec![
        Refusal::NoSession,
        Refusal::AlreadyCreated,
        Refusal::NotInSession,
        Refusal::NotAllowed,
        Refusal::Closed,
        Refusal::Stopped,
        Refusal::IdReused,
        Refusal::TooLarge { field, limit: 32_768 },
        Refusal::Malformed { field, wants },
        Refusal::WrongNamespace,
        Refusal::NoParty,
        Refusal::NoOffer,
        Refusal::NotAssigned,
        Refusal::NoTarget,
        Refusal::NoDisposition,
        Refusal::TooFast { retry_ms: 250 },
        Refusal::Stale { known: Seq(12) },
    ]
}

/// One of each.
pub(super) fn agent_refusals() -> Vec<AgentRefusal> {
    let (field, wants) = (known()[1], known()[3]);
    vec![
        AgentRefusal::NotOpen,
        AgentRefusal::Ended,
        AgentRefusal::NotSignedIn,
        AgentRefusal::NotReady,
        AgentRefusal::AtCapacity,
        AgentRefusal::BadDeadline,
        AgentRefusal::Over,
        AgentRefusal::Conflict,
        AgentRefusal::TooManyDevices { limit: 8 },
        AgentRefusal::Malformed { field, wants },
    ]
}

/// One of each, with each refusal.
pub(super) fn whys() -> Vec<Why> {
    let refused = refusals().into_iter().map(DoorError::Refused);
    let agent_refused = agent_refusals().into_iter().map(DoorError::AgentRefused);
    let others = [
        DoorError::Unknown,
        DoorError::Busy { retry_ms: 1_000 },
        DoorError::Full,
        DoorError::Behind,
        DoorError::Quarantined,
        DoorError::Closing,
    ];
    let between = [Why::NotOwner { epoch: Epoch::new(3, 7) }, Why::Stale { seq: Seq(41) }];
    refused.chain(agent_refused).chain(others).map(Why::Door).chain(between).collect()
}

pub(super) fn agent_refusal() -> impl Strategy<Value = AgentRefusal> {
    let texts = (select(known()), select(known()));
    prop_oneof![
        4 => select(agent_refusals()),
        1 => any::<usize>().prop_map(|limit| AgentRefusal::TooManyDevices { limit }),
        1 => texts.prop_map(|(field, wants)| AgentRefusal::Malformed { field, wants }),
    ]
}

fn refusal() -> impl Strategy<Value = Refusal> {
    let texts = (select(known()), select(known()));
    let limit = (select(known()), any::<u64>());
    prop_oneof![
        4 => select(refusals()),
        1 => limit.prop_map(|(field, limit)| Refusal::TooLarge { field, limit }),
        1 => texts.prop_map(|(field, wants)| Refusal::Malformed { field, wants }),
        1 => any::<u64>().prop_map(|retry_ms| Refusal::TooFast { retry_ms }),
        1 => any::<u64>().prop_map(|known| Refusal::Stale { known: Seq(known) }),
    ]
}

pub(super) fn why() -> impl Strategy<Value = Why> {
    prop_oneof![
        3 => select(whys()),
        3 => refusal().prop_map(|refusal| Why::Door(DoorError::Refused(refusal))),
        2 => agent_refusal().prop_map(|refusal| Why::Door(DoorError::AgentRefused(refusal))),
        1 => any::<u64>().prop_map(|retry_ms| Why::Door(DoorError::Busy { retry_ms })),
        1 => any::<u64>().prop_map(|epoch| Why::NotOwner { epoch: Epoch(epoch) }),
        1 => any::<u64>().prop_map(|seq| Why::Stale { seq: Seq(seq) }),
    ]
}

#[test]
fn what_only_nodes_say_is_said_to_clients_safely() {
    let error = DoorError::from(Why::NotOwner { epoch: Epoch(1) });
    assert_eq!(error, DoorError::Unknown, "it may be stored all the same");
    assert_eq!(
        DoorError::from(Why::Stale { seq: Seq(4) }),
        DoorError::Refused(Refusal::Stale { known: Seq(4) })
    );
    assert_eq!(DoorError::from(Why::Door(DoorError::Full)), DoorError::Full);
}

#[test]
fn a_text_is_kept_once_and_their_number_is_bounded() {
    let kept = Kept::new();
    let first = kept.keep("nick").unwrap();
    assert!(std::ptr::eq(first, kept.keep("nick").unwrap()));
    assert_eq!(kept.keep(&"x".repeat(KEPT_BYTES + 1)), None);
    for at in 1..KEPT_TEXTS {
        assert!(kept.keep(&format!("field {at}")).is_some());
    }
    assert_eq!(kept.keep("one too many"), None);
    assert!(std::ptr::eq(first, kept.keep("nick").unwrap()), "what is kept is found past the bound");
}
