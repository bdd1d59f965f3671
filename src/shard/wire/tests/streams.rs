//! How streams are opened and what goes up on them, at random and one of each.

use proptest::prelude::*;

use super::asks::{ask, asks};
use super::leaves::*;
use super::{comes_back, covers, kinds};
use crate::shard::wire::{Open, Up};
use crate::words::Seq;

kinds!(open_kind, OPENS, Open, {
    Open::Session { .. } => "open-session",
    Open::Agent { .. } => "open-agent",
});

kinds!(up_kind, UPS, Up, {
    Up::Submit { .. } => "submit",
    Up::Detach => "detach",
    Up::Attach { .. } => "attach",
});

fn open() -> impl Strategy<Value = Open> {
    prop_oneof![
        (who(), session()).prop_map(|(who, session)| Open::Session { who, session }),
        (agent(), text()).prop_map(|(agent, device)| Open::Agent { agent, device }),
    ]
}

fn up() -> impl Strategy<Value = Up> {
    prop_oneof![
        4 => (any::<u64>(), ask()).prop_map(|(tag, ask)| Up::Submit { tag, ask }),
        1 => Just(Up::Detach),
        1 => seq().prop_map(|from| Up::Attach { from }),
    ]
}

/// One of each kind.
pub(super) fn opens() -> Vec<(String, Open)> {
    let opens = [
        Open::Session { who: a_supervisor(), session: SESSION },
        Open::Agent { agent: ann(), device: "desk".into() },
    ];
    opens.map(|open| (open_kind(&open).to_owned(), open)).into()
}

/// One of each kind, and one of each ask.
pub(super) fn ups() -> Vec<(String, Up)> {
    let asks = asks().into_iter().map(|(name, ask)| (format!("submit-{name}"), Up::Submit { tag: 300, ask }));
    let others = [("detach", Up::Detach), ("attach", Up::Attach { from: Seq(40) })];
    asks.chain(others.map(|(name, up)| (name.to_owned(), up))).collect()
}

#[test]
fn there_is_a_sample_of_each() {
    covers(OPENS, opens().iter().map(|(_, open)| open_kind(open)));
    covers(UPS, ups().iter().map(|(_, up)| up_kind(up)));
}

proptest! {
    #[test]
    fn an_opening_comes_back(open in open()) {
        comes_back(&open)?;
    }

    #[test]
    fn what_goes_up_comes_back(up in up()) {
        comes_back(&up)?;
    }
}
