//! One promise at a time: reservations, errands and answers in every order (P9).

use super::*;

#[test]
fn a_reservation_goes_from_reserved_to_free() {
    let mut play = Play::ready(1);
    assert_eq!(play.wants(), "announce free 1 idle since 0");
    assert_eq!(play.reserve(1, 1), "Reserved(1) -> reserved");
    assert_eq!(play.wants(), "tell reserved 1, announce free 0 idle since 0");
    assert_eq!(play.told(1, ToldAgent::Held), "Offered(1)");
    assert_eq!(play.wants(), "announce free 0 idle since 0");
    assert_eq!(play.errand(1, Errand::Engage), "Engaged(1) -> done Engage");
    play.at(9);
    assert_eq!(play.errand(1, Errand::Release), "Released(1, Session) -> done Release");
    assert_eq!(play.wants(), "announce free 1 idle since 9");
}

#[test]
fn capacity_is_never_promised_twice() {
    let mut play = Play::ready(2);
    play.reserve(1, 1);
    play.reserve(2, 2);
    assert_eq!(play.reserve(3, 3), "refused: AtCapacity");
    play.told(1, ToldAgent::Denied);
    assert_eq!(play.reserve(3, 3), "Reserved(3) -> reserved");
}

#[test]
fn a_known_id_is_answered_as_before_and_adds_nothing() {
    let mut play = Play::ready(1);
    play.reserve(1, 1);
    assert_eq!(play.reserve(1, 1), "-> reserved");
    assert_eq!(play.reserve(1, 2), "refused: Conflict");
    play.ask(AgentAct::State { ready: false, reason: None });
    assert_eq!(play.reserve(1, 1), "-> reserved", "the promise stands, ready or not");
    play.errand(1, Errand::Release);
    assert_eq!(play.reserve(1, 1), "refused: Over");
}

#[test]
fn what_a_deposed_matchmaker_proposes_is_refused() {
    let mut play = Play::ready(3);
    play.reserve(1, 1);
    assert_eq!(play.reserve(2, 1), "refused: Conflict", "one offer of a session at a time");
    let late = AgentInput::Reserve {
        reservation: ReservationId(3),
        session: SessionId([3; 16]),
        queue: "q".into(),
        deadline: play.now,
    };
    assert_eq!(play.put(&late), "refused: BadDeadline");
    play.ask(AgentAct::State { ready: false, reason: Some("lunch".into()) });
    assert_eq!(play.reserve(4, 4), "refused: NotReady");
    play.sign_out("desk");
    assert_eq!(play.reserve(4, 4), "refused: NotSignedIn");
}

#[test]
fn a_lower_capacity_takes_nothing_away_and_promises_nothing_new() {
    let mut play = Play::ready(2);
    play.reserve(1, 1);
    play.reserve(2, 2);
    assert_eq!(play.sign_in("desk", 1), "SignedIn(desk)");
    assert_eq!(play.day.held().len(), 2);
    play.errand(1, Errand::Release);
    assert_eq!(play.reserve(3, 3), "refused: AtCapacity");
}

#[test]
fn old_answers_and_errands_change_nothing() {
    let mut play = Play::ready(2);
    play.reserve(1, 1);
    play.told(1, ToldAgent::Held);
    play.errand(1, Errand::Engage);
    assert_eq!(play.told(1, ToldAgent::Denied), "", "an old denial does not end a chat");
    assert_eq!(play.errand(1, Errand::Engage), "-> done Engage");
    play.errand(1, Errand::Release);
    assert_eq!(play.errand(1, Errand::Engage), "-> tell gave up 1", "late, and over already");
    assert_eq!(play.errand(1, Errand::Release), "-> done Release");
    assert_eq!(play.errand(99, Errand::Release), "-> done Release", "what is not held is free");
    assert_eq!(play.day.free(), 2);
}

#[test]
fn a_denied_reservation_that_is_engaged_all_the_same_gets_free_capacity_or_is_given_up() {
    let mut play = Play::ready(1);
    play.reserve(1, 1);
    play.told(1, ToldAgent::Denied);
    assert_eq!(play.errand(1, Errand::Engage), "Engaged(1) -> done Engage");
    assert_eq!(play.day.free(), 0);
    play.errand(1, Errand::Release);

    play.reserve(2, 2);
    play.told(2, ToldAgent::Denied);
    play.reserve(3, 3);
    assert_eq!(play.errand(2, Errand::Engage), "-> tell gave up 2", "its place was promised to another");
    assert_eq!(play.errand(2, Errand::Release), "Released(2, Session) -> done Release");
    assert_eq!(play.errand(2, Errand::Engage), "-> tell gave up 2", "late: the release was the last word");
    assert_eq!(play.errand(77, Errand::Engage), "-> tell gave up 77", "never heard of");
    assert_eq!(play.day.held().len(), 1);
}

#[test]
fn an_overdue_reservation_is_freed_only_after_its_session_denied_it() {
    let mut play = Play::ready(1);
    play.reserve(1, 1);
    play.told(1, ToldAgent::Held);
    assert_eq!(play.next_wake_second(), Some(35), "30 s of offer, 5 s for clocks that differ");
    play.at(34);
    play.soft.seen("desk", play.now);
    assert_eq!(play.wants(), "announce free 0 idle since 0");
    play.at(35);
    assert_eq!(play.wants(), "ask holds 1, announce free 0 idle since 0");
    assert_eq!(play.clock(), "", "nobody frees it by the clock");
    assert_eq!(play.told(1, ToldAgent::Held), "");
    assert_eq!(play.wants(), "ask holds 1, announce free 0 idle since 0");
    assert_eq!(play.told(1, ToldAgent::Denied), "Released(1, Denied)");
    assert_eq!(play.wants(), "announce free 1 idle since 0");
}

#[test]
fn what_is_engaged_is_freed_when_its_session_is_lost() {
    let mut play = Play::ready(1);
    play.reserve(1, 1);
    play.told(1, ToldAgent::Held);
    play.errand(1, Errand::Engage);
    play.soft.connected("desk", play.now);
    play.at(34);
    assert_eq!(
        play.wants(),
        "announce free 0 idle since 0",
        "not before the deadline: the answer is the last word"
    );
    assert_eq!(play.next_wake_second(), Some(35));
    play.at(35);
    assert_eq!(play.wants(), "rarely ask holds 1, announce free 0 idle since 0");
    assert_eq!(play.told(1, ToldAgent::Held), "", "it is still in use");
    assert_eq!(play.told(1, ToldAgent::Denied), "", "an answer to an older question");
    assert_eq!(play.told(1, ToldAgent::NotHeld), "Released(1, Denied)");
    assert_eq!(play.day.free(), 1);
    assert_eq!(play.told(1, ToldAgent::NotHeld), "", "the same answer again");
}

#[test]
fn only_the_last_finished_reservations_are_remembered() {
    let mut play = Play::ready(1);
    let count = u128::try_from(crate::limits::AGENT_PAST_MAX).unwrap() + 1;
    for id in 1..=count {
        play.reserve(id, 1);
        play.errand(id, Errand::Release);
    }
    assert_eq!(play.day.save().past.len(), crate::limits::AGENT_PAST_MAX);
    assert_eq!(play.reserve(2, 1), "refused: Over");
}
