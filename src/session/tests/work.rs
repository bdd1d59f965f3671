//! Offers, assignments, sending on, filing: the two journals agree, and the customer is never stranded.

use super::{Play, Start, check};
use crate::session::event::{Errand, What};
use crate::session::input::{Act, FromAgent, Input};
use crate::session::{Effect, RecordState, Want};
use crate::words::{AgentId, Audience, ReservationId, Role, Time};

#[test]
fn an_offer_is_held_once_and_denied_to_others() {
    check(
        Start::Waiting,
        "0:01 eve reserved
         0:02 eve holds
         0:02 adam holds
         0:03 adam reserved
         0:04 adam reserved billing",
        "0:01 - offered eve until 0:21 [Staff]
         0:01 told Held
         0:02 told Held
         0:02 told NotHeld
         0:03 told Denied
         0:04 told Denied",
    );
}

#[test]
fn accepting_twice_is_one_assignment() {
    check(
        Start::Waiting,
        "0:01 eve reserved
         0:02 eve accepts
         0:03 eve accepts
         0:03 eve holds",
        "0:01 - offered eve until 0:21 [Staff]
         0:02 eve assigned eve [Staff]
         0:02 eve joined 2 Agent EVE
         0:01 told Held
         0:03 told Held",
    );
}

#[test]
fn an_agent_who_gave_up_is_asked_no_more() {
    check(
        Start::Waiting,
        "0:01 eve reserved
         0:02 eve gives up
         0:03 eve accepts
         0:03 eve holds",
        "0:01 - offered eve until 0:21 [Staff]
         0:02 - offer ended AgentGone [Staff]
         0:01 told Held
         0:02 told Noted
         0:03 refused: there is no such offer, or it has ended
         0:03 told NotHeld",
    );
}

#[test]
fn an_agent_who_gives_up_their_work_leaves_the_customer_in_line() {
    check(
        Start::Waiting,
        "0:01 eve reserved
         0:02 eve accepts
         0:10 eve gives up",
        "0:01 - offered eve until 0:21 [Staff]
         0:02 eve assigned eve [Staff]
         0:02 eve joined 2 Agent EVE
         0:10 - concluded eve Left [Staff]
         0:10 - left 2 Absent
         0:10 - queued support 0 since 0:00
         0:01 told Held
         0:10 told Noted",
    );
}

#[test]
fn an_old_copy_of_the_question_is_denied_when_its_offer_has_ended() {
    let mut play = Play::at(Start::Waiting);
    let question = FromAgent::Reserved {
        reservation: ReservationId(1),
        agent: AgentId("eve".into()),
        queue: "support".into(),
        deadline: Time(9_000_000),
    };
    play.script("0:01 eve reserved\n 0:02 eve declines\n 0:03 journals answer");
    play.input(&Input::Agent(question.clone()));
    play.script(
        "0:04 adam reserved\n 0:05 adam accepts\n 0:06 journals answer\n 0:07 adam transfers support",
    );
    play.input(&Input::Agent(question));
    play.assert(
        "0:01 - offered eve until 0:21 [Staff]
         0:02 eve offer ended Declined [Staff]
         0:04 - offered adam until 0:24 [Staff]
         0:05 adam assigned adam [Staff]
         0:05 adam joined 2 Agent ADAM
         0:07 2 concluded adam Transferred [Staff]
         0:07 2 transferred Queue(\"support\") [Staff]
         0:07 2 queued support 0 since 0:00
         0:07 2 left 2 Transferred
         0:01 told Held
         0:03 told Denied
         0:04 told Held
         0:07 told Denied",
    );
}

#[test]
fn only_the_last_ended_reservations_are_remembered() {
    let mut play = Play::at(Start::Waiting);
    for _ in 0..crate::limits::ENDED_RESERVATIONS + 1 {
        play.script("0:01 eve reserved\n 0:01 eve declines");
    }
    let ended = &play.session.line.ended;
    assert_eq!(ended.len(), crate::limits::ENDED_RESERVATIONS);
    assert!(!ended.contains(&ReservationId(1)) && ended.contains(&ReservationId(17)));
}

#[test]
fn an_old_word_of_giving_up_does_not_end_a_confirmed_chat() {
    check(
        Start::Served,
        "0:10 eve gives up\n 0:11 eve says still here",
        "0:11 2 : still here\n 0:10 told Held",
    );
}

#[test]
fn sent_on_to_an_agent() {
    check(
        Start::Served,
        "1:00 eve transfers adam
         1:01 journals answer
         1:02 adam reserved
         1:03 adam accepts
         1:04 adam says hello",
        "1:00 2 concluded eve Transferred [Staff]
         1:00 2 transferred Agent(AgentId(\"adam\")) [Staff]
         1:00 2 queued support 0 since 0:00
         1:00 2 left 2 Transferred
         1:02 - offered adam until 1:22 [Staff]
         1:03 adam assigned adam [Staff]
         1:03 adam joined 3 Agent ADAM
         1:04 3 : hello
         1:02 told Held",
    );
}

#[test]
fn sent_on_to_a_queue() {
    check(
        Start::Served,
        "1:00 eve transfers billing
         1:01 adam reserved billing
         1:02 adam accepts",
        "1:00 2 concluded eve Transferred [Staff]
         1:00 2 transferred Queue(\"billing\") [Staff]
         1:00 2 queued billing 5 since 0:00
         1:00 2 left 2 Transferred
         1:01 - offered adam until 1:21 [Staff]
         1:02 adam assigned adam [Staff]
         1:02 adam joined 3 Agent ADAM
         1:01 told Held",
    );
}

#[test]
fn sent_on_by_an_integration_while_in_line() {
    check(
        Start::Waiting,
        "0:01 eve reserved
         0:02 crm transfers billing",
        "0:01 - offered eve until 0:21 [Staff]
         0:02 crm offer ended Withdrawn [Staff]
         0:02 crm transferred Queue(\"billing\") [Staff]
         0:02 crm queued billing 5 since 0:00
         0:01 told Held",
    );
}

#[test]
fn a_supervisor_who_stays_keeps_the_chat_open() {
    check(
        Start::Served,
        "0:10 sam joins open
         0:20 eve concludes solved
         0:30 sam says I take over
         0:40 sam closes
         0:41 journals answer",
        "0:10 sam joined 3 Supervisor SAM
         0:20 2 filed solved [Staff]
         0:20 2 concluded eve Done [Staff]
         0:20 2 left 2 Own
         0:30 3 : I take over
         0:40 3 closed Asked
         0:40 - left 1 Closed
         0:40 - left 3 Closed
         0:41 - stopped Done [Staff]",
    );
}

#[test]
fn an_agent_creates_and_serves_without_an_offer() {
    check(
        Start::Unborn,
        "0:00 eve creates your order
         0:10 crm invites
         0:20 customer says thanks
         0:30 eve concludes solved",
        "0:00 eve created [Staff]
         0:00 eve joined 1 Agent EVE
         0:00 1 : your order
         0:10 crm joined 2 Customer Ann
         0:20 2 : thanks
         0:30 1 filed solved [Staff]
         0:30 1 closed Asked
         0:30 - left 1 Closed
         0:30 - left 2 Closed
         0:30 - stopped Done [Staff]",
    );
}

#[test]
fn the_disposition_comes_after_the_customer_has_gone() {
    check(
        Start::Served,
        "1:00 customer leaves
         1:05 eve files solved
         1:06 eve concludes
         1:07 journals answer",
        "1:00 1 left 1 Own
         1:05 2 filed solved [Staff]
         1:06 2 concluded eve Done [Staff]
         1:06 2 closed Asked
         1:06 - left 2 Closed
         1:07 - stopped Done [Staff]",
    );
}

fn seek(play: &Play) -> Vec<Want> {
    play.session.effects().into_iter().map(|effect| effect.what).collect()
}

#[test]
fn what_is_sought_says_whom_to_ask_first_and_last() {
    let mut play = Play::at(Start::Served);
    play.script("1:00 eve transfers adam\n 1:00 journals answer");
    let agent = |name: &str| AgentId(name.into());
    let sought = |prefer: Option<&str>, avoid: &[&str]| Want::Seek {
        queue: "support".into(),
        priority: 0,
        since: Time(1_000_000),
        prefer: prefer.map(agent),
        avoid: avoid.iter().copied().map(agent).collect(),
    };
    assert_eq!(seek(&play), [sought(Some("adam"), &[])]);
    play.script("1:01 adam reserved");
    assert_eq!(seek(&play), []);
    play.script("1:02 adam declines\n 1:02 journals answer");
    assert_eq!(seek(&play), [sought(None, &["adam"])]);
    play.script("1:03 eve reserved\n 1:30 journals answer");
    assert_eq!(seek(&play), [sought(None, &["adam", "eve"])]);
}

#[test]
fn errands_wait_for_their_event_and_end_with_the_answer() {
    let mut play = Play::at(Start::Waiting);
    play.script("0:01 eve reserved\n 0:02 eve accepts");
    let assigned = play.events.iter().find(|event| matches!(event.what, What::Assigned { .. })).unwrap().seq;
    let errand =
        |errand| Want::Errand { agent: AgentId("eve".into()), reservation: ReservationId(1), errand };
    assert_eq!(play.session.effects(), [Effect { after: assigned, what: errand(Errand::Engage) }]);
    // The release takes the place of an engagement that was never answered; its late answer is passed over.
    play.script("0:10 eve concludes");
    assert_eq!(seek(&play), [errand(Errand::Release)]);
    play.input(&Input::Agent(FromAgent::Done { reservation: ReservationId(1), errand: Errand::Engage }));
    assert_eq!(seek(&play), [errand(Errand::Release)]);
    play.script("0:11 journals answer");
    assert_eq!(seek(&play), [Want::Seal]);
}

#[test]
fn a_coach_who_takes_the_work_comes_into_the_open() {
    let mut play = Play::at(Start::Waiting);
    play.script("0:01 eve reserved");
    let act = Act::Join {
        role: Role::Agent,
        nick: "Eve".into(),
        agent: Some(AgentId("eve".into())),
        audience: Audience::Staff,
    };
    play.ask(play.by("crm"), act);
    play.script("0:02 eve accepts\n 0:03 eve says hello").assert(
        "0:01 - offered eve until 0:21 [Staff]
         0:01 crm joined 2 Agent Eve [Staff]
         0:02 2 assigned eve [Staff]
         0:02 2 left 2 Own [Staff]
         0:02 eve joined 3 Agent EVE
         0:03 3 : hello
         0:01 told Held",
    );
}

#[test]
fn the_head_says_how_it_stands() {
    let mut play = Play::at(Start::Waiting);
    assert_eq!(play.session.head().state, RecordState::New);
    play.script("0:01 eve reserved\n 0:02 eve accepts");
    assert_eq!(play.session.head().state, RecordState::Open);
    play.script("0:10 customer says bye\n 0:20 customer leaves closing");
    assert_eq!(play.session.head().state, RecordState::Offline);
    play.script("0:30 eve concludes solved\n 0:31 journals answer");
    let head = play.session.head();
    assert_eq!(head.state, RecordState::Closed);
    assert_eq!(head.agents, [AgentId("eve".into())]);
    assert_eq!(head.disposition.as_deref(), Some("solved"));
    assert_eq!((head.messages, head.ended, head.config), (2, Some(Time(1_020_000)), 7));
}
