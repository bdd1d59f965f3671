//! The agent's side of a socket: what follows from the agent's journal, however summary and events interleave.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::agent_side::{AgentSide, Follows};
use super::render::Out;
use super::watches::Watches;
use crate::agent::event::{AgentEvent, AgentWhat, Held, ReleaseWhy, Stage};
use crate::limits::WATCHES;
use crate::shard::door::AgentSummary;
use crate::words::{AgentId, ReservationId, Seq, SessionId, Time};

const SESSION: SessionId = SessionId([5; 16]);
const RESERVATION: ReservationId = ReservationId(9);

fn event(seq: u64, at: u64, what: AgentWhat) -> Arc<AgentEvent> {
    Arc::new(AgentEvent { seq: Seq(seq), at: Time(at), id: None, what })
}

fn reserved(seq: u64) -> Arc<AgentEvent> {
    let what = AgentWhat::Reserved {
        reservation: RESERVATION,
        session: SESSION,
        queue: "q".into(),
        deadline: Time(100),
    };
    event(seq, 1, what)
}

fn summary(seq: u64, held: BTreeMap<ReservationId, Held>) -> AgentSummary {
    AgentSummary { seq: Seq(seq), devices: vec!["desk".into()], ready: true, reason: None, capacity: 2, held }
}

fn side() -> AgentSide {
    AgentSide::new(AgentId("ann".into()), "desk".into())
}

#[test]
fn an_offer_is_shown_once_whether_the_event_or_the_summary_comes_first() {
    let offered = event(4, 1, AgentWhat::Offered { reservation: RESERVATION });
    let shown = |follows: &[Follows]| {
        follows.iter().filter(|step| **step == Follows::Offer(RESERVATION, SESSION)).count()
    };

    let mut early = side();
    assert!(early.event(&reserved(3)).is_empty() && early.event(&offered).is_empty());
    let mut all = early.arrived(summary(2, BTreeMap::new()));
    all.extend(early.event(&offered));
    assert_eq!(shown(&all), 1);

    let held = Held { session: SESSION, queue: "q".into(), deadline: Time(100), stage: Stage::Offered };
    let mut late = side();
    assert!(late.event(&offered).is_empty());
    let all = late.arrived(summary(4, [(RESERVATION, held)].into()));
    assert_eq!(shown(&all), 1);
}

#[test]
fn an_offer_ends_as_accepted_timed_out_or_withdrawn() {
    let release = AgentWhat::Released { reservation: RESERVATION, why: ReleaseWhy::Session };
    for (last, why) in [
        (event(5, 50, AgentWhat::Engaged { reservation: RESERVATION }), "accepted"),
        (event(5, 100, release.clone()), "timed_out"),
        (event(5, 99, release), "withdrawn"),
    ] {
        let mut side = side();
        side.arrived(summary(2, BTreeMap::new()));
        side.event(&reserved(3));
        side.event(&event(4, 1, AgentWhat::Offered { reservation: RESERVATION }));
        assert!(side.event(&last).contains(&Follows::OfferEnded(RESERVATION, why)), "{why}");
    }
}

#[test]
fn a_new_day_counts_from_one_again_with_what_is_held() {
    let mut side = side();
    side.arrived(summary(40, BTreeMap::new()));
    let held = Held { session: SESSION, queue: "q".into(), deadline: Time(100), stage: Stage::Engaged };
    let opened = AgentWhat::Opened { agent: AgentId("ann".into()), held: [(RESERVATION, held)].into() };
    side.event(&event(1, 1, opened));
    assert!(side.held(RESERVATION).is_some());
    assert_eq!(side.state_frame()["agent"]["seq"], 1);
}

#[test]
fn another_devices_sign_out_is_news_and_ones_own_is_the_end() {
    let mut side = side();
    side.arrived(summary(1, BTreeMap::new()));
    let out = |device: &str| AgentWhat::SignedOut { device: device.into(), absent: false };
    assert_eq!(side.event(&event(2, 1, out("phone"))), [Follows::State]);
    assert_eq!(side.event(&event(3, 1, out("desk"))), [Follows::SignedOut]);
}

#[test]
fn a_watch_passes_each_seq_once_and_watches_are_bounded() {
    let mut watches = Watches::default();
    assert!(watches.begin(SESSION, Seq(4)));
    assert!(!watches.begin(SESSION, Seq(0)));
    assert!(!watches.passes(SESSION, Seq(4)));
    assert!(watches.passes(SESSION, Seq(6)));
    assert!(!watches.passes(SESSION, Seq(6)));
    assert!(!watches.passes(SessionId([6; 16]), Seq(1)));
    for n in 0..WATCHES {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&(n as u64).to_be_bytes());
        watches.begin(SessionId(id), Seq(0));
    }
    assert!(watches.is_full());
}

#[test]
fn frames_share_one_buffer_and_give_it_back() {
    let mut out = Out::default();
    out.push(&serde_json::json!({"a": 1}));
    out.push(&serde_json::json!({"b": "é"}));
    let texts: Vec<_> = out.frames.drain(..).map(|frame| frame.into_text().unwrap().to_string()).collect();
    assert_eq!(texts, [r#"{"a":1}"#, r#"{"b":"é"}"#]);
    out.rest();
}

/// The parts of an idle socket that are ours; `cargo xtask bench sockets` measures the whole.
#[test]
fn an_idle_socket_stays_small() {
    fn future<A, B, C, D, F>(_: fn(A, B, C, D) -> F) -> usize {
        size_of::<F>()
    }
    // A mailbox has room for 32 deliveries from its start.
    let delivery = size_of::<crate::shard::door::Delivery>();
    assert!(delivery <= 56, "{delivery} bytes for a delivery");
    let task = future(super::connection::serve);
    assert!(task <= 1_536, "{task} bytes for the task");
}
