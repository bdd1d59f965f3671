//! Notes, at random and one of each, and their way from and to the messages of workers and matchmaker.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::leaves::*;
use super::refusals::{agent_refusal, known};
use super::{comes_back, covers, kinds};
use crate::agent::AgentRefusal;
use crate::agent::event::AgentInput;
use crate::routing::Seek;
use crate::runtime::oneshot;
use crate::session::event::Errand;
use crate::session::input::{FromAgent, ToldAgent};
use crate::shard::wire::note::{AgentNote, DeskNote, Note};
use crate::shard::worker::msg::{ToAgent, ToDesk, ToSession};
use crate::words::{AgentId, ReservationId, Time};

kinds!(kind, KINDS, Note, {
    Note::Session(_, _, FromAgent::Reserved { .. }) => "session-reserved",
    Note::Session(_, _, FromAgent::GaveUp { .. }) => "session-gave-up",
    Note::Session(_, _, FromAgent::Holds { .. }) => "session-holds",
    Note::Session(_, _, FromAgent::Done { .. }) => "session-done",
    Note::Agent(_, AgentNote::Errand { errand: Errand::Engage, .. }) => "agent-engage",
    Note::Agent(_, AgentNote::Errand { errand: Errand::Release, .. }) => "agent-release",
    Note::Agent(_, AgentNote::Reserve { .. }) => "agent-reserve",
    Note::Agent(_, AgentNote::Told { answer: ToldAgent::Held, .. }) => "agent-told-held",
    Note::Agent(_, AgentNote::Told { answer: ToldAgent::Denied, .. }) => "agent-told-denied",
    Note::Agent(_, AgentNote::Told { answer: ToldAgent::NotHeld, .. }) => "agent-told-not-held",
    Note::Agent(_, AgentNote::Told { answer: ToldAgent::Noted, .. }) => "agent-told-noted",
    Note::Desk(DeskNote::Seek(..)) => "desk-seek",
    Note::Desk(DeskNote::Unseek(_)) => "desk-unseek",
    Note::Desk(DeskNote::Announce { .. }) => "desk-announce",
    Note::Desk(DeskNote::Gone(_)) => "desk-gone",
    Note::Desk(DeskNote::Answered(_, Ok(()))) => "desk-answered",
    Note::Desk(DeskNote::Answered(_, Err(_))) => "desk-answered-no",
});

fn from_agent() -> impl Strategy<Value = FromAgent> {
    prop_oneof![
        (reservation(), agent(), text(), time()).prop_map(|(reservation, agent, queue, deadline)| {
            FromAgent::Reserved { reservation, agent, queue, deadline }
        }),
        (reservation(), agent()).prop_map(|(reservation, agent)| FromAgent::GaveUp { reservation, agent }),
        (reservation(), agent()).prop_map(|(reservation, agent)| FromAgent::Holds { reservation, agent }),
        (reservation(), errand()).prop_map(|(reservation, errand)| FromAgent::Done { reservation, errand }),
    ]
}

fn agent_note() -> impl Strategy<Value = AgentNote> {
    let told = select(vec![ToldAgent::Held, ToldAgent::Denied, ToldAgent::NotHeld, ToldAgent::Noted]);
    prop_oneof![
        (session(), reservation(), errand()).prop_map(|(session, reservation, errand)| AgentNote::Errand {
            session,
            reservation,
            errand
        }),
        (reservation(), session(), text(), time()).prop_map(|(reservation, session, queue, deadline)| {
            AgentNote::Reserve { reservation, session, queue, deadline }
        }),
        (reservation(), told).prop_map(|(reservation, answer)| AgentNote::Told { reservation, answer }),
    ]
}

fn seek() -> impl Strategy<Value = Seek> {
    (text(), any::<i32>(), time(), option::of(agent()), vec(agent(), 0..4), any::<u64>()).prop_map(
        |(queue, priority, since, prefer, avoid, offer_timeout)| Seek {
            queue,
            priority,
            since,
            prefer,
            avoid,
            offer_timeout,
        },
    )
}

fn desk_note() -> impl Strategy<Value = DeskNote> {
    let result = prop_oneof![Just(Ok(())), agent_refusal().prop_map(Err)];
    prop_oneof![
        (session(), seek()).prop_map(|(session, seek)| DeskNote::Seek(session, seek)),
        session().prop_map(DeskNote::Unseek),
        (agent(), vec(text(), 0..3), any::<u32>(), time()).prop_map(|(agent, queues, free, idle_since)| {
            DeskNote::Announce { agent, queues, free, idle_since }
        }),
        agent().prop_map(DeskNote::Gone),
        (reservation(), result).prop_map(|(reservation, result)| DeskNote::Answered(reservation, result)),
    ]
}

fn note() -> impl Strategy<Value = Note> {
    prop_oneof![
        (session(), agent(), from_agent().boxed())
            .prop_map(|(session, agent, said)| Note::Session(session, agent, said)),
        (agent(), agent_note().boxed()).prop_map(|(agent, note)| Note::Agent(agent, note)),
        desk_note().boxed().prop_map(Note::Desk),
    ]
}

fn for_sessions() -> [FromAgent; 4] {
    let (reservation, agent) = (RESERVATION, ann());
    [
        FromAgent::Reserved { reservation, agent: ann(), queue: "shop".into(), deadline: Time(99) },
        FromAgent::GaveUp { reservation, agent: ann() },
        FromAgent::Holds { reservation, agent },
        FromAgent::Done { reservation, errand: Errand::Release },
    ]
}

fn for_agents() -> [AgentNote; 7] {
    let (session, reservation) = (SESSION, RESERVATION);
    let told = |answer| AgentNote::Told { reservation, answer };
    [
        AgentNote::Errand { session, reservation, errand: Errand::Engage },
        AgentNote::Errand { session, reservation, errand: Errand::Release },
        AgentNote::Reserve { reservation, session, queue: "shop".into(), deadline: Time(99) },
        told(ToldAgent::Held),
        told(ToldAgent::Denied),
        told(ToldAgent::NotHeld),
        told(ToldAgent::Noted),
    ]
}

fn for_the_desk() -> [DeskNote; 6] {
    let seek = Seek {
        queue: "shop".into(),
        priority: -3,
        since: Time(42),
        prefer: Some(ann()),
        avoid: vec![AgentId("eve".into()), AgentId("sam".into())],
        offer_timeout: 30_000,
    };
    let refusal = AgentRefusal::Malformed { field: known()[1], wants: known()[3] };
    [
        DeskNote::Seek(SESSION, seek),
        DeskNote::Unseek(SESSION),
        DeskNote::Announce { agent: ann(), queues: vec!["shop".into()], free: 2, idle_since: Time(77) },
        DeskNote::Gone(ann()),
        DeskNote::Answered(RESERVATION, Ok(())),
        DeskNote::Answered(RESERVATION, Err(refusal)),
    ]
}

/// One of each kind.
pub(super) fn samples() -> Vec<(String, Note)> {
    let sessions = for_sessions().map(|said| Note::Session(SESSION, ann(), said)).into_iter();
    let agents = for_agents().map(|note| Note::Agent(ann(), note));
    let notes = sessions.chain(agents).chain(for_the_desk().map(Note::Desk));
    notes.map(|note| (kind(&note).to_owned(), note)).collect()
}

#[test]
fn there_is_a_sample_of_each() {
    covers(KINDS, samples().iter().map(|(_, note)| kind(note)));
}

#[test]
fn a_note_becomes_a_message_and_the_same_note_again() {
    for said in for_sessions() {
        let what = ToSession::Agent(ann(), said.clone());
        assert_eq!(Note::for_session(SESSION, what).unwrap(), Note::Session(SESSION, ann(), said));
    }
    for note in for_agents() {
        let again = Note::for_agent(ann(), ToAgent::from(note.clone())).unwrap();
        assert_eq!(again, Note::Agent(ann(), note));
    }
    for note in for_the_desk() {
        assert_eq!(Note::for_desk(ToDesk::from(note.clone())).unwrap(), Note::Desk(note));
    }
}

/// What somebody waits for must not leave as a note: its reply would be dropped unseen.
#[test]
fn what_is_not_a_note_is_given_back() {
    let (reply, _end) = oneshot::channel();
    assert!(matches!(Note::for_desk(ToDesk::Position(SESSION, reply)), Err(ToDesk::Position(..))));
    let (reply, _end) = oneshot::channel();
    assert!(matches!(Note::for_agent(ann(), ToAgent::Summary(reply)), Err(ToAgent::Summary(_))));
    let (mailbox, _end) = crate::shard::door::Mailbox::open(1);
    let detach = ToSession::Detach(mailbox);
    assert!(matches!(Note::for_session(SESSION, detach), Err(ToSession::Detach(_))));
    let clock = ToAgent::Errand(SESSION, AgentInput::Clock);
    assert!(matches!(Note::for_agent(ann(), clock), Err(ToAgent::Errand(..))));
    let (session, queue, deadline) = (SESSION, "shop".to_owned(), Time(1));
    let other = AgentInput::Reserve { reservation: ReservationId(2), session, queue, deadline };
    let contradiction = ToAgent::Reserve(ReservationId(1), other);
    assert!(matches!(Note::for_agent(ann(), contradiction), Err(ToAgent::Reserve(..))));
}

proptest! {
    #[test]
    fn a_note_comes_back(note in note()) {
        comes_back(&note)?;
    }
}
