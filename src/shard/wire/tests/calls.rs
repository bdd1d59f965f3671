//! Calls, at random and one of each.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::asks::{ACTS, BYS, act_kind, ask, asks, by_kind};
use super::leaves::*;
use super::{comes_back, covers, kinds};
use crate::agent::event::AgentAct;
use crate::shard::wire::Call;
use crate::store::journal::Epoch;
use crate::words::{MessageId, Seq};

kinds!(kind, KINDS, Call, {
    Call::Ask { .. } => "ask",
    Call::Page { .. } => "page",
    Call::Summary { .. } => "summary",
    Call::AskAgent { act: AgentAct::SignIn { .. }, .. } => "agent-sign-in",
    Call::AskAgent { act: AgentAct::SignOut { .. }, .. } => "agent-sign-out",
    Call::AskAgent { act: AgentAct::State { .. }, .. } => "agent-state",
    Call::Agent { .. } => "agent",
    Call::Position { .. } => "position",
    Call::Queues => "queues",
    Call::Recovered { .. } => "recovered",
    Call::Store => "store",
});

fn call() -> impl Strategy<Value = Call> {
    let act =
        prop_oneof![
            (text(), any::<u32>(), vec(text(), 0..3))
                .prop_map(|(device, capacity, queues)| AgentAct::SignIn { device, capacity, queues }),
            text().prop_map(|device| AgentAct::SignOut { device }),
            (any::<bool>(), option::of(text())).prop_map(|(ready, reason)| AgentAct::State { ready, reason }),
        ];
    prop_oneof![
        6 => (who(), session(), ask(), seq())
            .prop_map(|(who, session, ask, known)| Call::Ask { who, session, ask, known }),
        1 => (who(), session(), seq(), any::<usize>(), seq())
            .prop_map(|(who, session, from, limit, known)| Call::Page { who, session, from, limit, known }),
        1 => (who(), session(), seq()).prop_map(|(who, session, known)| Call::Summary { who, session, known }),
        2 => (agent(), id(), act.boxed()).prop_map(|(agent, id, act)| Call::AskAgent { agent, id, act }),
        1 => agent().prop_map(|agent| Call::Agent { agent }),
        1 => session().prop_map(|session| Call::Position { session }),
        1 => Just(Call::Queues),
        1 => Just(Call::Store),
        1 => (any::<u16>(), any::<u64>())
            .prop_map(|(shard, epoch)| Call::Recovered { shard, epoch: Epoch(epoch) }),
    ]
}

/// One of each kind, and one ask of each act.
pub(super) fn samples() -> Vec<(String, Call)> {
    let known = Seq(41);
    let asked = |ask| Call::Ask { who: a_customer(), session: SESSION, ask, known };
    let agent = |act| Call::AskAgent { agent: ann(), id: MessageId("s-1".into()), act };
    let device = || "desk Zo\u{eb}".to_owned();
    let calls = [
        Call::Page { who: a_customer(), session: SESSION, from: Seq(7), limit: 500, known },
        Call::Summary { who: a_supervisor(), session: SESSION, known },
        agent(AgentAct::SignIn { device: device(), capacity: 3, queues: vec!["support".into()] }),
        agent(AgentAct::SignOut { device: device() }),
        agent(AgentAct::State { ready: true, reason: Some("back".into()) }),
        Call::Agent { agent: ann() },
        Call::Position { session: SESSION },
        Call::Queues,
        Call::Recovered { shard: 171, epoch: Epoch(806) },
        Call::Store,
    ];
    let asks = asks().into_iter().map(|(name, ask)| (name, asked(ask)));
    asks.chain(calls.map(|call| (kind(&call).to_owned(), call))).collect()
}

#[test]
fn there_is_a_sample_of_each() {
    covers(KINDS, samples().iter().map(|(_, call)| kind(call)));
    covers(ACTS, asks().iter().map(|(_, ask)| act_kind(&ask.act)));
    covers(BYS, asks().iter().map(|(_, ask)| by_kind(&ask.by)));
}

proptest! {
    #[test]
    fn a_call_comes_back(call in call()) {
        comes_back(&call)?;
    }
}
