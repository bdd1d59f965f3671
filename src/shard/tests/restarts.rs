//! Random inputs through the door, in several lives: what was shown once is shown again, the summary is the same, and a
//! replay of the shown events gives the state that the owner has (promises P2, P4, P10).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::life::{Clock, Node, auditor, customer, live, session, staff};
use crate::agent::event::AgentAct;
use crate::session::Session;
use crate::session::event::{AfterLeave, Event};
use crate::session::input::Act;
use crate::shard::door::Summary;
use crate::store::rows::embedded::tests::disk::{Dice, Disk};
use crate::words::{AgentId, Audience, MessageId, SessionId};

const SESSIONS: u64 = 5;
const AGENTS: [&str; 3] = ["ann", "ben", "sue"];

type Seen = BTreeMap<SessionId, (Vec<Arc<Event>>, Summary)>;

#[test]
fn what_was_shown_is_shown_again_after_any_restart() {
    let mut same = 0;
    for seed in 0..12 {
        let (mut dice, disk, clock) = (Dice::new(seed), Disk::new(), Clock::new());
        let mut seen = Seen::new();
        for round in 0..6 {
            seen = live(async {
                let node = Node::start(&disk, &clock).await.unwrap();
                let found = look(&node).await;
                same += compare(&seen, &found, &format!("seed {seed}, round {round}"));
                for _ in 0..dice.below(60) {
                    act(&node, &mut dice).await;
                }
                look(&node).await
            });
            disk.kill();
            clock.advance(dice.below(3) * 20_000);
        }
    }
    assert!(same > 100, "only {same} sessions had the same summary after a restart");
}

/// One random input. Refusals are as good as anything here; only silence would not be.
async fn act(node: &Node, dice: &mut Dice) {
    let id = session(dice.below(SESSIONS));
    let agent = AGENTS[dice.index(3)];
    let name = format!("m{}", dice.below(40));
    let text = || format!("text {name}");
    let _ = match dice.below(14) {
        0..=1 => node.create(id).await,
        2..=4 => node.say(&customer(), id, (&name, None, &text())).await,
        5..=6 => node.say(&staff(agent), id, (&name, None, &text())).await,
        7 => node.join(agent, id, &name).await,
        8 => node.ask(&staff(agent), id, (&name, None, Act::Note { text: text() })).await,
        9 => {
            let act = Act::Send { text: text(), audience: Audience::Staff };
            node.ask(&staff(agent), id, (&name, None, act)).await
        }
        10 => {
            let act = if dice.one_in(2) {
                AgentAct::SignIn { device: "d".into(), capacity: 2, queues: vec!["support".into()] }
            } else {
                AgentAct::State { ready: dice.one_in(2), reason: None }
            };
            node.door.ask_agent(AgentId(agent.into()), MessageId(name), act).await
        }
        11 => match node.agent(agent).await.held.iter().next() {
            Some((reservation, held)) => {
                let reservation = *reservation;
                let act = match dice.below(3) {
                    0 => Act::Accept { reservation },
                    1 => Act::Decline { reservation },
                    _ => Act::Conclude { disposition: Some("done".into()), note: None },
                };
                node.ask(&staff(agent), held.session, (&name, None, act)).await
            }
            None => return,
        },
        12 if dice.one_in(2) => {
            let act =
                Act::Data { set: BTreeMap::from([("customer.k".into(), name.clone())]), remove: Vec::new() };
            node.ask(&customer(), id, (&name, None, act)).await
        }
        12 => node.ask(&staff(agent), id, (&name, None, Act::Leave { then: AfterLeave::Keep })).await,
        _ if dice.one_in(3) => node.ask(&customer(), id, (&name, None, Act::Close)).await,
        _ => return,
    };
}

async fn look(node: &Node) -> Seen {
    let mut seen = Seen::new();
    for number in 0..SESSIONS {
        let id = session(number);
        let Ok(events) = node.all(id).await else { continue };
        let summary = node.door.summary(auditor(), id).await.unwrap();
        seen.insert(id, (events, summary));
    }
    seen
}

/// How many sessions had the very same summary.
fn compare(before: &Seen, now: &Seen, at: &str) -> u32 {
    let mut same = 0;
    for (id, (events, summary)) in before {
        let (found, stands) = now.get(id).unwrap_or_else(|| panic!("{at}: session {id} is gone"));
        assert!(found.starts_with(events), "{at}: {events:?} became {found:?}");
        if stands.seq == summary.seq {
            let (stands, summary) = (without_place(stands), without_place(summary));
            assert_eq!(stands, summary, "{at}");
            same += 1;
        }
        assert!(found.is_sorted_by(|one, next| one.seq < next.seq), "{at}");
        // What is for one party only, nobody else may see: then a replay of what was seen is not the whole.
        if found.len() as u64 == stands.seq.0 {
            let mut replayed = Session::new(*id);
            found.iter().for_each(|event| replayed.apply(event));
            assert_eq!(replayed.head(), stands.head, "{at}");
        }
    }
    same
}

/// The place in line is soft: it is the matchmaker's.
fn without_place(summary: &Summary) -> Summary {
    Summary { position: None, ..summary.clone() }
}
