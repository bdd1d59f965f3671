//! Random good histories are ok; random corruptions of them are found.

use proptest::prelude::*;

use super::corruptions::{WAYS, Way, corrupt};
use super::world::World;
use super::{judge, kinds};
use crate::tools::history::Line;

/// What happens in a session, drawn at random.
#[derive(Clone, Copy, Debug)]
enum Act {
    Say(bool),
    Repeat(bool),
    Reconnect(bool),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        5 => any::<bool>().prop_map(Act::Say),
        1 => any::<bool>().prop_map(Act::Repeat),
        1 => any::<bool>().prop_map(Act::Reconnect),
    ];
    prop::collection::vec(act, 1..20)
}

/// Messages before and after the random part, so that each corruption has neighbours to be seen against.
fn good(sessions: &[Vec<Act>]) -> Vec<Line<'static>> {
    let mut world = World::new(1);
    for acts in sessions {
        let talk = world.session();
        world.say(talk, true);
        for act in acts {
            match *act {
                Act::Say(customer) => world.say(talk, customer),
                Act::Repeat(customer) => world.say_repeated(talk, customer),
                Act::Reconnect(customer) => world.reconnect(talk, customer),
            }
        }
        world.say(talk, false);
        world.say(talk, true);
        world.say(talk, true);
    }
    world.finish()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_random_good_history_is_ok(sessions in prop::collection::vec(acts(), 1..6)) {
        let report = judge(&good(&sessions));
        prop_assert!(report.verdict.is_ok(), "{} {:?}", report.verdict, report.findings);
    }

    #[test]
    fn a_random_corruption_is_found(
        sessions in prop::collection::vec(acts(), 1..4),
        way in prop::sample::select(WAYS.to_vec()),
        at in any::<prop::sample::Index>(),
    ) {
        let s = at.index(sessions.len()) as u32 + 1;
        let mut lines = good(&sessions);
        let typed = lines.iter().filter(|line| matches!(line, Line::Send(send) if send.s == s && send.n == 1));
        let id = format!("t{}", at.index(typed.count()));
        corrupt(&mut lines, way.0, s, &id);
        let report = judge(&lines);
        prop_assert!(!report.verdict.is_ok(), "{:?}", way);
        // The last word on a connection has no follower to be out of order with; it is found as undelivered.
        if matches!(way.0, Way::ShowLate | Way::Skip) {
            return Ok(());
        }
        prop_assert!(kinds(&report).contains(&way.1), "{:?}: {:?}", way, report.findings);
    }
}
