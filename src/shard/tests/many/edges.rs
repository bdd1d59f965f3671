//! Edges in front of the nodes: customers talk through them and notice no death of a node; whoever holds one can do what
//! customers do, and nothing else.

use bytes::Bytes;
use futures_util::StreamExt as _;

use super::super::life::{accepted, birth, customer, session, staff};
use super::fleet::{Edge, Fleet};
use super::{fleet, node, play};
use crate::agent::event::AgentAct;
use crate::center::StaffRole;
use crate::runtime::mpsc;
use crate::session::event::{By, What};
use crate::session::input::{Act, Ask, FromAgent};
use crate::session::refusal::Refusal;
use crate::shard::door::many::{Climbing, Method, Opening, Peers as _};
use crate::shard::door::{Delivery, DoorError, Mailbox, Receipt, Who};
use crate::shard::place;
use crate::shard::wire::{Answer, Call, Down, Note, Open, Up, Why};
use crate::store::journal::Epoch;
use crate::words::{AgentId, Audience, MessageId, PartyId, ReservationId, Role, Seq, SessionId};

const WITHIN: std::time::Duration = std::time::Duration::from_secs(20);

fn owned_by(fleet: &Fleet, name: &str) -> SessionId {
    let is = |id: &SessionId| fleet.owner(place::session(*id, super::fleet::SHARDS)).as_deref() == Some(name);
    (0..).map(session).find(is).expect("some session is")
}

fn asked(by: By, id: &str, act: Act) -> Ask {
    Ask { by, id: MessageId(id.into()), after: None, act }
}

fn words(text: &str) -> Act {
    Act::Send { text: text.into(), audience: Audience::All }
}

async fn ask(edge: &Edge, who: Who, id: SessionId, (name, act): (&str, Act)) -> Result<Receipt, DoorError> {
    edge.door.ask(who.clone(), id, asked(who.by, name, act)).await
}

/// Shows what comes, attached again whenever it is told to.
async fn follow(edge: &Edge, id: SessionId, shown: mpsc::Sender<String>) {
    let (mailbox, mut inbox) = Mailbox::open(1024);
    let mut last = Seq(0);
    edge.door.attach(customer(), id, last, mailbox.clone()).await.expect("it is there");
    while let Some(delivery) = inbox.recv().await {
        match delivery {
            Delivery::Event { event, .. } => {
                assert!(event.seq > last, "never backward, never twice");
                last = event.seq;
                if let (What::Message { text }, Some(_)) = (&event.what, &event.id)
                    && shown.send(text.clone()).await.is_err()
                {
                    return;
                }
            }
            Delivery::Ended { .. } => {
                while edge.door.attach(customer(), id, last, mailbox.clone()).await.is_err() {}
            }
            _ => {}
        }
    }
}

#[test]
fn a_customer_of_an_edge_notices_no_death_of_a_node() {
    play(async {
        let (fleet, store, ships) = fleet(&["a", "b", "c"]).await;
        let edge = fleet.edge("dmz").await;
        let id = owned_by(&fleet, "c");
        accepted(&ask(&edge, customer(), id, ("create", birth())).await);
        let (shown, mut seen) = mpsc::channel(64);
        let talk = async {
            // Its owner dies, and then the next one: each time somebody goes on, and whom the edge listened to is gone.
            for number in 0..30 {
                if let Some(ship) =
                    [(10, 2), (20, 1)].iter().find(|(at, _)| *at == number).map(|(_, ship)| &ships[*ship])
                {
                    ship.kill();
                    fleet.depose(&ship.name);
                }
                let text = format!("m{number}");
                accepted(&ask(&edge, customer(), id, (&text, words(&text))).await);
                assert_eq!(seen.recv().await, Some(text), "shown in its turn");
            }
        };
        tokio::select! {
            () = talk => {}
            () = follow(&edge, id, shown) => panic!("it follows for as long as somebody talks"),
        }
        assert!(!*edge.heard.adrift().borrow(), "one node is left, and that is enough");
        let all = node(&ships[0], &store).all(id).await.expect("it can be read");
        let said =
            all.iter().filter(|event| matches!(&event.what, What::Message { .. }) && event.id.is_some());
        assert_eq!(said.count(), 30, "each once");
    });
}

#[test]
fn an_owner_that_stands_still_holds_nobody_up_once_it_is_deposed() {
    play(async {
        let (fleet, _store, ships) = fleet(&["a", "b", "c"]).await;
        let edge = fleet.edge("dmz").await;
        let id = owned_by(&fleet, "c");
        accepted(&ask(&edge, customer(), id, ("create", birth())).await);
        let (shown, mut seen) = mpsc::channel(64);
        let talk = async {
            accepted(&ask(&edge, customer(), id, ("m0", words("m0"))).await);
            assert_eq!(seen.recv().await.as_deref(), Some("m0"));
            ships[2].stands_still();
            let mut said = Box::pin(ask(&edge, customer(), id, ("m1", words("m1"))));
            assert!(futures_util::poll!(&mut said).is_pending(), "nobody answers");
            fleet.depose("c");
            // Long before whoever asks would have given up.
            let answered = tokio::time::timeout(WITHIN / 4, said).await;
            accepted(&answered.expect("the next owner answers"));
            assert_eq!(seen.recv().await.as_deref(), Some("m1"), "and whoever follows goes on");
        };
        tokio::select! {
            () = talk => {}
            () = follow(&edge, id, shown) => panic!("it follows for as long as somebody talks"),
        }
    });
}

#[test]
fn an_edge_that_hears_nobody_sends_its_clients_elsewhere_until_it_does() {
    play(async {
        let (fleet, _store, ships) = fleet(&["a", "b"]).await;
        let edge = fleet.edge("dmz").await;
        let mut adrift = edge.heard.adrift();
        ships[0].cut(true);
        accepted(&ask(&edge, customer(), owned_by(&fleet, "b"), ("create", birth())).await);
        assert!(!*adrift.borrow(), "one is heard");
        edge.cut(true);
        tokio::time::timeout(WITHIN, adrift.wait_for(|adrift| *adrift))
            .await
            .expect("soon")
            .expect("it lives");
        edge.cut(false);
        tokio::time::timeout(WITHIN, adrift.wait_for(|adrift| !adrift))
            .await
            .expect("soon")
            .expect("it lives");
    });
}

#[test]
fn an_edge_hears_of_the_contact_center_what_its_door_needs() {
    play(async {
        let (fleet, _store, ships) = fleet(&["a", "b"]).await;
        let edge = fleet.edge("dmz").await;
        let known = ships[0].door.center();
        let text = ships[0].door.center_text(None).await.expect("it is stored").expect("there is one").1;
        ships[0].door.apply_center(known.version, text).await.expect("applied");
        while edge.door.center().version == known.version {
            tokio::task::yield_now().await;
        }
        let heard = edge.door.center();
        assert_eq!(heard.version, known.version + 1);
        assert_eq!(heard.services.keys().collect::<Vec<_>>(), known.services.keys().collect::<Vec<_>>());
        assert!(
            heard.agents.is_empty() && heard.keys.is_empty() && heard.queues.is_empty(),
            "and nothing else"
        );
        assert_eq!(*edge.heard.key().borrow(), Some([9; 32]));
        assert_eq!(edge.heard.count(), 2);
    });
}

/// What whoever holds an edge gets for a call.
async fn call(edge: &Edge, node: &str, call: &Call) -> Answer {
    let answer = edge.ways.call(node, Method::Call, call.encode(), WITHIN).await.expect("an answer");
    Answer::decode(&answer).expect("it can be read")
}

fn refused(answer: &Answer, of: &str) {
    let refusal = Answer::Refused(Why::Door(Refusal::NotAllowed.into()));
    assert_eq!(*answer, refusal, "{of}");
}

fn ann() -> AgentId {
    AgentId("ann".into())
}

fn program() -> Who {
    Who { by: By::Integration("crm".into()), roles: Vec::new(), units: Vec::new() }
}

#[test]
fn an_edge_may_ask_for_nothing_of_staff() {
    play(async {
        let (fleet, _store, _ships) = fleet(&["a"]).await;
        let edge = fleet.edge("dmz").await;
        let id = session(1);
        let act = AgentAct::State { ready: true, reason: None };
        for (of, asks) in [
            ("an agent", Call::Agent { agent: ann() }),
            ("an agent's change", Call::AskAgent { agent: ann(), id: MessageId("1".into()), act }),
            ("queues", Call::Queues),
            ("the store", Call::Store),
            ("a hand-over", Call::Recovered { shard: 0, epoch: Epoch(1) }),
        ] {
            refused(&call(&edge, "a", &asks).await, of);
        }
        let note =
            Note::Session(id, ann(), FromAgent::GaveUp { reservation: ReservationId(1), agent: ann() });
        assert!(
            edge.ways.call("a", Method::Note, note.encode(), WITHIN).await.is_err(),
            "nobody takes its notes"
        );
        let open = Open::Agent { agent: ann(), device: "desk".into() }.encode();
        let opening = Opening { token: 7, epoch: 0, open }.encode();
        let mut lane = edge.ways.open("a", opening).expect("there is a way");
        assert!(lane.next().await.is_none(), "no lane to an agent");
        let up = Climbing { token: 7, place: 0, up: Up::Attach { from: Seq(0) }.encode() };
        assert!(edge.ways.call("a", Method::Up, up.encode(), WITHIN).await.is_err());
    });
}

#[test]
fn an_edge_may_speak_as_a_customer_and_as_nobody_else() {
    play(async {
        let (fleet, store, ships) = fleet(&["a"]).await;
        let edge = fleet.edge("dmz").await;
        let id = session(1);
        accepted(&ask(&edge, customer(), id, ("create", birth())).await);
        accepted(&node(&ships[0], &store).join("ann", id, "join").await);
        let supervisor = Who { roles: vec![StaffRole::Supervisor], ..customer() };
        let of_unit = Who { units: vec!["demo".into()], ..customer() };
        let system = Who { by: By::System, roles: Vec::new(), units: Vec::new() };
        for who in [staff("ann"), program(), system.clone(), supervisor, of_unit] {
            let of = format!("{who:?}");
            let by = who.by.clone();
            let asks =
                Call::Ask { who: who.clone(), session: id, ask: asked(by, "x", words("x")), known: Seq(0) };
            refused(&call(&edge, "a", &asks).await, &of);
            let page = Call::Page { who: who.clone(), session: id, from: Seq(0), limit: 9, known: Seq(0) };
            refused(&call(&edge, "a", &page).await, &of);
            refused(
                &call(&edge, "a", &Call::Summary { who: who.clone(), session: id, known: Seq(0) }).await,
                &of,
            );
            let opening = Opening { token: 8, epoch: 0, open: Open::Session { who, session: id }.encode() };
            assert!(edge.ways.open("a", opening.encode()).expect("a way").next().await.is_none(), "{of}");
        }
        let agents_join =
            Act::Join { role: Role::Agent, nick: "x".into(), agent: Some(ann()), audience: Audience::All };
        let silent = Act::Join {
            role: Role::Customer,
            nick: "x".into(),
            agent: None,
            audience: Audience::Supervisors,
        };
        for (by, act) in [
            (By::Staff(ann()), words("as another")),
            (By::System, agents_join),
            (By::System, silent),
            (customer().by, Act::Accept { reservation: ReservationId(1) }),
            (customer().by, Act::Note { text: "x".into() }),
            (customer().by, Act::Remove { party: PartyId(2) }),
        ] {
            let who = if by == By::System { system.clone() } else { customer() };
            let of = format!("{act:?}");
            let asks = Call::Ask { who, session: id, ask: asked(by, "x", act), known: Seq(0) };
            refused(&call(&edge, "a", &asks).await, &of);
        }
        // A customer's invitation is the one thing that nobody's party asks for.
        let join =
            Act::Join { role: Role::Customer, nick: "Di".into(), agent: None, audience: Audience::All };
        accepted(&ask(&edge, system, id, ("invited", join)).await);
    });
}

#[test]
fn the_number_of_an_agents_party_opens_nothing() {
    play(async {
        let (fleet, store, ships) = fleet(&["a"]).await;
        let edge = fleet.edge("dmz").await;
        let id = session(1);
        accepted(&ask(&edge, customer(), id, ("create", birth())).await);
        let here = node(&ships[0], &store);
        let joined = here.join("ann", id, "join").await.expect("she joins");
        let party = joined.party.expect("a party of hers");
        let whisper = Act::Send { text: "whisper".into(), audience: Audience::Staff };
        accepted(&here.ask(&staff("ann"), id, ("whisper", None, whisper)).await);
        let as_ann = Who { by: By::Party(party), roles: Vec::new(), units: Vec::new() };
        let said = ask(&edge, as_ann.clone(), id, ("x", words("it is I"))).await;
        assert_eq!(said, Err(Refusal::NoSession.into()));
        let paged = edge.door.page(as_ann.clone(), id, Seq(0), 100).await;
        assert_eq!(paged, Err(Refusal::NoSession.into()));
        let (mailbox, _inbox) = Mailbox::open(8);
        let attached = edge.door.attach(as_ann, id, Seq(0), mailbox).await;
        assert_eq!(attached, Err(Refusal::NoSession.into()));
        let own = edge.door.page(customer(), id, Seq(0), 100).await.expect("the customer's own");
        let whispered = |what: &What| matches!(what, What::Message { text } if text == "whisper");
        assert!(
            !own.events.iter().any(|event| whispered(&event.what)),
            "and a customer is shown what is theirs"
        );
    });
}

#[test]
fn an_edge_says_no_unit_and_is_shown_nothing_of_the_person() {
    play(async {
        let (fleet, store, ships) = fleet(&["a"]).await;
        let edge = fleet.edge("dmz").await;
        let Act::Create { mut birth, customer: nick, text } = birth() else { unreachable!("it is a create") };
        birth.unit = "another".into();
        birth.contact.insert("phone".into(), "1".into());
        birth.identity = Some("cleo".into());
        let act = Act::Create { birth: birth.clone(), customer: nick.clone(), text: text.clone() };
        accepted(&ask(&edge, customer(), session(1), ("create", act)).await);
        let summary =
            ships[0].door.summary(super::super::life::auditor(), session(1)).await.expect("it is there");
        assert_eq!((summary.head.unit.as_str(), summary.head.contact.len()), ("demo", 1));
        let shown = edge.door.summary(customer(), session(1)).await.expect("it is there").head;
        assert_eq!((shown.service.as_str(), shown.state), ("support", summary.head.state));
        assert!(shown.contact.is_empty() && shown.identity.is_none() && shown.unit.is_empty(), "{shown:?}");
        birth.service = "nowhere".into();
        let act = Act::Create { birth: birth.clone(), customer: nick.clone(), text: text.clone() };
        assert_eq!(
            ask(&edge, customer(), session(2), ("create", act)).await,
            Err(Refusal::NotAllowed.into())
        );
        birth.service = "support".into();
        birth.creator = By::Staff(ann());
        let act = Act::Create { birth, customer: nick, text };
        assert_eq!(
            ask(&edge, customer(), session(3), ("create", act)).await,
            Err(Refusal::NotAllowed.into())
        );
        drop(store);
    });
}

#[test]
fn what_goes_up_a_lane_of_an_edge_is_looked_at_too() {
    play(async {
        let (fleet, _store, _ships) = fleet(&["a"]).await;
        let edge = fleet.edge("dmz").await;
        let id = session(1);
        accepted(&ask(&edge, customer(), id, ("create", birth())).await);
        let open = Open::Session { who: customer(), session: id }.encode();
        let mut lane = edge.ways.open("a", Opening { token: 9, epoch: 0, open }.encode()).expect("a way");
        let opened = lane.next().await.expect("the lane is served");
        assert_eq!(Down::decode(&opened), Ok(Down::Opened));
        let asks = [
            asked(By::Staff(ann()), "1", words("as another")),
            asked(By::System, "2", words("as nobody")),
            asked(customer().by, "3", Act::Accept { reservation: ReservationId(1) }),
        ];
        for (tag, ask) in (0..).zip(asks) {
            let up = Climbing { token: 9, place: tag, up: Up::Submit { tag, ask }.encode() };
            edge.ways.call("a", Method::Up, up.encode(), WITHIN).await.expect("it has its place");
            let answer: Bytes = lane.next().await.expect("an answer");
            let result = Err(Why::Door(Refusal::NotAllowed.into()));
            assert_eq!(Down::decode(&answer), Ok(Down::Answer { tag, result }));
        }
    });
}
