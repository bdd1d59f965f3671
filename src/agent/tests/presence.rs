//! Sign-ins, absence, and how a day ends and goes on in the next.

use super::*;

#[test]
fn nothing_is_asked_of_a_day_that_has_not_begun_but_errands_are_answered() {
    let day = AgentDay::new(AgentId("ann".into()), 2);
    let mut play = Play { day, soft: AgentSoft::default(), now: Time(0), events: Vec::new(), asked: 0 };
    assert_eq!(play.sign_in("desk", 1), "refused: NotOpen");
    assert_eq!(play.reserve(1, 1), "refused: NotOpen");
    assert_eq!(play.errand(1, Errand::Release), "-> done Release");
    assert_eq!(play.errand(1, Errand::Engage), "-> tell gave up 1");
    assert_eq!((play.wants(), play.clock()), (String::new(), String::new()));
}

#[test]
fn asking_for_what_is_so_adds_nothing() {
    let mut play = Play::ready(1);
    assert_eq!(play.sign_in("desk", 1), "");
    assert_eq!(play.ask(AgentAct::State { ready: true, reason: None }), "");
    assert_eq!(play.sign_out("phone"), "");
    assert_eq!(play.sign_in("phone", 1), "SignedIn(phone)");
    assert_eq!(play.sign_out("desk"), "SignedOut(desk)");
    assert_eq!(play.wants(), "announce free 1 idle since 0", "still there on the phone");
}

#[test]
fn a_device_without_a_sign_of_life_is_signed_out_and_one_with_a_stream_is_not() {
    let mut play = Play::ready(1);
    play.sign_in("phone", 1);
    play.soft.connected("phone", play.now);
    play.at(59);
    assert_eq!(play.clock(), "");
    assert_eq!(play.next_wake_second(), Some(60));
    play.at(60);
    assert_eq!(play.clock(), "SignedOut(desk, absent)");
    play.at(600);
    assert_eq!(play.clock(), "");
    play.soft.gone("phone", play.now);
    play.at(660);
    assert_eq!(play.clock(), "SignedOut(phone, absent) Ended(held 0)");
    assert_eq!(play.wants(), "seal");
}

#[test]
fn a_takeover_is_not_absence() {
    let mut play = Play::ready(1);
    play.at(500);
    play.soft = AgentSoft::opened(play.now, &play.day);
    assert_eq!(play.clock(), "");
    play.at(559);
    assert_eq!(play.clock(), "");
    play.at(560);
    assert_eq!(play.clock(), "SignedOut(desk, absent) Ended(held 0)");
}

#[test]
fn who_signs_out_gives_up_offers_but_keeps_chats_until_their_sessions_end_them() {
    let mut play = Play::ready(3);
    for id in 1..=3 {
        play.reserve(id, u8::try_from(id).unwrap());
    }
    play.told(2, ToldAgent::Held);
    play.errand(3, Errand::Engage);
    assert_eq!(play.sign_out("desk"), "SignedOut(desk)");
    assert_eq!(play.wants(), "tell gave up 1, tell gave up 2, gone");
    assert_eq!(play.told(1, ToldAgent::Noted), "", "the errand that frees it will come");
    assert_eq!(play.told(1, ToldAgent::Denied), "Released(1, Denied)");
    assert_eq!(play.errand(2, Errand::Release), "Released(2, Session) -> done Release");
    assert_eq!(play.wants(), "gone");
    assert_eq!(play.errand(3, Errand::Release), "Released(3, Session) Ended(held 0) -> done Release");
    assert_eq!(play.errand(3, Errand::Release), "refused: Ended");
}

#[test]
fn who_signs_in_again_is_not_ready_until_they_say_so() {
    let mut play = Play::ready(1);
    play.reserve(1, 1);
    play.errand(1, Errand::Engage);
    play.sign_out("desk");
    play.at(5);
    play.sign_in("desk", 2);
    assert_eq!(play.wants(), "announce free 0 idle since 5");
    assert_eq!(play.reserve(2, 2), "refused: NotReady");
}

#[test]
fn after_24_hours_the_next_day_begins_with_what_is_held_and_who_is_signed_in() {
    let mut play = Play::ready(3);
    play.reserve(1, 1);
    play.errand(1, Errand::Engage);
    play.soft.connected("desk", play.now);
    play.at(86_400);
    assert_eq!(play.clock(), "Ended(held 1)");
    assert_eq!(play.reserve(9, 9), "refused: Ended");
    let next = play.day.next_day();
    play.day = AgentDay::new(AgentId("ann".into()), play.day.run() + 1);
    let written: Vec<_> = next.iter().map(show).collect();
    assert_eq!(written.join(" "), "Opened SignedIn(desk) Ready");
    for what in next {
        play.write(None, what);
    }
    assert_eq!(play.wants(), "rarely ask holds 1, announce free 2 idle since 86400");
    assert_eq!(play.errand(1, Errand::Release), "Released(1, Session) -> done Release");
}

#[test]
fn a_day_opened_for_a_sign_in_that_never_came_ends() {
    let mut play = Play::opened();
    assert_eq!(play.clock(), "");
    assert_eq!(play.next_wake_second(), Some(60));
    play.at(60);
    assert_eq!(play.clock(), "Ended(held 0)");
}

#[test]
fn the_id_of_an_input_is_on_its_first_event_only() {
    let mut play = Play::ready(1);
    play.sign_out("desk");
    let ids: Vec<_> = play.events.iter().rev().take(2).map(|event| event.id.is_some()).collect();
    assert_eq!(ids, [false, true], "Ended without, SignedOut with the id");
}

#[test]
fn a_clock_that_is_behind_counts_as_the_last_event() {
    let mut play = Play::ready(1);
    play.at(100);
    play.ask(AgentAct::State { ready: false, reason: None });
    play.at(50);
    play.ask(AgentAct::State { ready: true, reason: None });
    assert_eq!(play.wants(), "announce free 1 idle since 100");
}

#[test]
fn bad_names_are_refused_with_the_field() {
    let mut play = Play::opened();
    let refused = "refused: Malformed { field: \"device\", wants: \"1 to 64 characters, none of them a control character\" }";
    for device in ["", "a\nb", &"x".repeat(65)] {
        assert_eq!(play.sign_in(device, 1), refused);
    }
    for device in 0..crate::limits::AGENT_DEVICES_MAX {
        play.sign_in(&format!("device {device}"), 1);
    }
    assert_eq!(play.sign_in("one more", 1), "refused: TooManyDevices { limit: 8 }");
}
