//! Silences of runs made by hand: when each message was sent and acknowledged.

use super::super::model::{Message, Run};
use super::super::silence::Silence;
use crate::tools::history::{Micros, digest};

fn longest(messages: &[(Micros, Option<Micros>)]) -> (Micros, Micros) {
    let message = |&(begun, acked): &(Micros, Option<Micros>)| Message {
        actor: 1,
        session: 1,
        id: "m".into(),
        digest: digest(""),
        intended: begun,
        begun,
        retried: false,
        acked: acked.map(|at| (1, at)),
        refused: false,
        shown: None,
    };
    let run = Run { messages: messages.iter().map(message).collect(), ..Run::default() };
    let silence = Silence::of(&run);
    (silence.length, silence.began)
}

#[test]
fn time_in_which_nobody_waits_is_no_silence() {
    assert_eq!(longest(&[(0, Some(5)), (1_000, Some(1_007))]), (7, 1_000));
}

#[test]
fn any_acknowledgement_ends_a_silence() {
    assert_eq!(longest(&[(0, Some(100)), (10, Some(40)), (20, Some(70))]), (40, 0));
}

#[test]
fn what_was_never_acknowledged_does_not_wait_for_ever() {
    assert_eq!(longest(&[(0, None), (50, Some(60))]), (10, 50));
    assert_eq!(longest(&[]), (0, 0));
}
