//! What is kept above the journal: creation, ids after the end, what a refusal means (traces F12 and F13, by whole lives of
//! nodes with their own edges, doors and workers), and capacity (F14, by whole nodes, and by the agent's own machine on a journal
//! of the trace).

use std::sync::Arc;
use std::time::Duration;

use holdfast::agent::event::{AgentAct, AgentEvent, AgentInput, AgentWhat};
use holdfast::agent::{AgentDay, AgentSoft};
use holdfast::edge::Shared;
use holdfast::edge::auth::creations::Bounds;
use holdfast::edge::auth::token::Signer;
use holdfast::edge::http::Key;
use holdfast::edge::http::ids::Caller;
use holdfast::runtime::Real;
use holdfast::session::event::What;
use holdfast::session::input::Act;
use holdfast::shard::door::DoorError;
use holdfast::shard::looks::Pace;
use holdfast::store::codec;
use holdfast::store::journal::record::{self, Parts};
use holdfast::store::rows::{Mutation, Rows, Table};
use holdfast::words::{AgentId, MessageId, ReservationId, Seq, SessionId, Time};
use tokio::sync::Notify;

use super::super::owner::Owner;
use super::super::stage::Play;
use super::super::through::Through;
use super::AB;
use crate::suites::shards::life::{Answer, Node, Run, auditor, customer};
use crate::suites::shards::{accepted, gone, recorded};

/// How often a client asks again; the servers are busy.
const TRIES: usize = 5;

/// As a client does it: where nobody knows the outcome, it asks again under the same id.
async fn answered(ask: impl AsyncFn() -> Answer) -> Answer {
    for _ in 1..TRIES {
        match ask().await {
            Err(DoorError::Unknown) => {}
            answer => return answer,
        }
    }
    ask().await
}

/// As above, and it must be accepted.
async fn surely(ask: impl AsyncFn() -> Answer) -> (Seq, bool) {
    accepted(&answered(ask).await)
}

// -- F12 --

/// The id of a session is made of the creation's key, so that a create that is repeated at another edge, and after a takeover,
/// finds the first.
pub async fn a_session_is_created_twice(play: &Play<'_>, kept: bool) {
    let created = play.lives(move |run| [0, 1].map(|_| run.live(async |node| created(&node, kept).await)));
    let [first, again] = created.await;
    play.history.must("P3: one creation made two sessions", first == again);
}

/// One create at an edge of its own, always under the same key; or the edge draws the id.
async fn created(node: &Node, keyed: bool) -> SessionId {
    let signer = Signer::new(&node.door.secret());
    let edge = Shared::new((node.door.clone(), signer), Real::start(), Arc::new(|_| {}), Bounds::default());
    let key = Key(keyed.then(|| "a key of 128 random bits".to_owned()));
    let id = key.session(&edge, "support", &Caller::Anonymous);
    let id = id.unwrap_or_else(|_| panic!("the key is long enough"));
    surely(async || node.create(id).await).await;
    id
}

/// The record keeps the ids of messages: one that is sent again after the end is answered as it was.
pub async fn the_record_forgets_ids(play: &Play<'_>, kept: bool) {
    let told = play.lives(move |run| {
        let id = run.session(1);
        let first = run.live(async |_| {
            let node = run.node_over(Pace::default(), |rows| if kept { rows } else { forgetful(rows) }).await;
            surely(async || node.create(id).await).await;
            let (seq, _) = surely(async || node.say(id, "m", "hello").await).await;
            surely(async || node.ask(customer(), id, "bye", Act::Close).await).await;
            recorded(&node, id).await;
            assert!(gone(&node, id).await, "the journal is gone");
            seq
        });
        let again = run.live(async |node| answered(async || node.say(id, "m", "hello").await).await);
        (first, again.map(|receipt| receipt.seq).ok())
    });
    let (first, again) = told.await;
    play.history.must("P3: what is sent again after the end is told otherwise", again == Some(first));
}

/// A store into which records go without the ids of messages.
fn forgetful(rows: Arc<dyn Rows>) -> Arc<dyn Rows> {
    Arc::new(Through::writing(rows, |rows, mut batch| {
        batch.mutations.iter_mut().for_each(without_ids);
        rows.write(batch)
    }))
}

fn without_ids(mutation: &mut Mutation) {
    let Mutation::Put { table: Table::Records, clustering, value, .. } = mutation else { return };
    if *clustering == record::part_key(0) {
        return;
    }
    // Whose part it is says its key alone.
    let (mut parts, any) = (Parts::default(), holdfast::words::JournalId::Session(SessionId([0; 16])));
    for (seq, body) in record::read_part(value).expect("a part") {
        let mut event = codec::decode_event(seq, &body).expect("an event");
        event.id = None;
        let mut body = Vec::new();
        codec::encode_event(&event, &mut body);
        assert!(parts.push(&any, seq, body.into()).is_none(), "it was one part and is smaller now");
    }
    let Some(Mutation::Put { value: shorter, .. }) = parts.close(&any) else { return };
    *value = shorter;
}

// -- F13 --

/// What the customer says while the owner changes.
const SECOND: &str = "between";

/// A refusal without an answer says nothing about the message: whoever sends it again under another id has sent two.
pub async fn a_refusal_is_taken_for_a_no(play: &Play<'_>, kept: bool) {
    let texts = play.lives(move |run| {
        let id = run.session(1);
        run.live(async |_| refused_and_adopted(&run, id, kept).await)
    });
    play.history.shown(texts.await);
}

/// The first owner hears late that a message is stored, when the second has found it; then the customer asks there.
async fn refused_and_adopted(run: &Run, id: SessionId, kept: bool) -> Vec<String> {
    let (stored, told) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let old = run.node_over(Pace::default(), |rows| late(rows, &stored, &told)).await;
    surely(async || old.create(id).await).await;
    surely(async || old.say(id, "m1", "before").await).await;
    let answer = old.say(id, "m2", SECOND);
    let taken_over = async {
        stored.notified().await;
        let new = run.node().await;
        surely(async || new.say(id, "m1", "before").await).await;
        told.notify_one();
        new
    };
    let (answer, new) = futures_util::future::join(answer, taken_over).await;
    assert_eq!(answer, Err(DoorError::Unknown), "nobody is told that it failed");
    surely(async || new.say(id, if kept { "m2" } else { "m3" }, SECOND).await).await;
    new.texts(id).await
}

/// A store that says late that the customer's second message is stored.
fn late(rows: Arc<dyn Rows>, stored: &Arc<Notify>, told: &Arc<Notify>) -> Arc<dyn Rows> {
    let (stored, told) = (stored.clone(), told.clone());
    Arc::new(Through::writing(rows, move |rows, batch| {
        let (write, late) = (rows.write(batch.clone()), batch.mutations.iter().any(is_second));
        let (stored, told) = (stored.clone(), told.clone());
        Box::pin(async move {
            let outcome = write.await;
            if late {
                stored.notify_one();
                told.notified().await;
            }
            outcome
        })
    }))
}

fn is_second(mutation: &Mutation) -> bool {
    let is_text = |value: &[u8]| value.windows(SECOND.len()).any(|part| part == SECOND.as_bytes());
    matches!(mutation, Mutation::Put { table: Table::Journal, value, .. } if is_text(value))
}

// -- F14 --

/// What a matchmaker knows of free capacity is soft: the agent's journal alone grants it. The first matchmaker is deposed and
/// does not know.
pub async fn capacity_is_granted_where_it_is_soft(play: &Play<'_>, kept: bool) {
    let mut agent = at_work(play).await;
    let announced = day(&agent.published()).free();
    let mut granted = 0;
    for reservation in 1..=2 {
        // Both go by the same announcement.
        let free = if kept { reserves(&agent, reservation) } else { announced > 0 };
        if free && kept {
            let reserved = agent.append(&format!("reserved {reservation}"));
            play.land(&reserved, &AB).await;
            agent.look(AB).await;
        }
        granted += u32::from(free);
    }
    play.history.must("P9: an agent is promised more than once", granted <= announced);
}

/// A grant is one when it is published: the agent's deposed owner has none to give.
pub async fn a_deposed_owner_grants_capacity(play: &Play<'_>, kept: bool) {
    let (mut e0, mut e1) = (at_work(play).await, Owner::new(play, 2));
    play.fence(e0.incarnation, AB).await;
    e1.open(AB).await;
    play.land_all(&e1.take(), &AB).await;
    e1.look(AB).await;
    let mut granted = 0;
    for (owner, reservation) in [(&mut e0, 1), (&mut e1, 2)] {
        assert!(reserves(owner, reservation), "each knows of free capacity");
        let reserved = owner.append(&format!("reserved {reservation}"));
        play.land(&reserved, &AB).await;
        owner.look(AB).await;
        granted += u32::from(!kept || owner.published() == owner.all());
    }
    play.history.must("P9: an agent is promised more than once", granted <= 1);
}

/// A deposed node with an agent, a customer and a matchmaker of its own offers nothing, for nothing of it is published any more;
/// else the agent has an offer there and another where they work now.
pub async fn a_deposed_node_goes_on_offering(play: &Play<'_>, kept: bool) {
    let offers = play.lives(move |run| {
        run.live(async |_| {
            let over = |rows| if kept { rows } else { Arc::new(Through::blind(rows)) as Arc<dyn Rows> };
            let old = run.node_over(Pace::default(), over).await;
            works(
                &old,
                "in",
                AgentAct::SignIn { device: "desk".into(), capacity: 1, queues: vec!["support".into()] },
            )
            .await;
            works(&old, "ready", AgentAct::State { ready: true, reason: None }).await;
            let new = run.node().await;
            let agent = new.door.agent(ann()).await.expect("the new owner knows the agent");
            assert!(agent.ready, "and that they are ready");
            let (there, here) = (run.session(1), run.session(2));
            let began = if kept {
                old.create(there).await.is_ok()
            } else {
                answered(async || old.create(there).await).await.is_ok()
            };
            surely(async || new.create(here).await).await;
            offered(&new, here).await;
            if began {
                offered(&old, there).await;
            }
            1 + u32::from(began)
        })
    });
    play.history.must("P9: an agent is promised more than once", offers.await <= 1);
}

fn ann() -> AgentId {
    AgentId("ann".to_owned())
}

/// The agent asks for a change.
async fn works(node: &Node, id: &str, act: AgentAct) {
    surely(async || node.door.ask_agent(ann(), MessageId(id.to_owned()), act.clone()).await).await;
}

/// Waits until a session shows that it is offered to the agent.
async fn offered(node: &Node, id: SessionId) {
    loop {
        let page = node.door.page(auditor(), id, Seq(0), 500).await.expect("the session is read");
        if page.events.iter().any(|event| matches!(event.what, What::Offered { .. })) {
            return;
        }
        node.pause(Duration::from_millis(20)).await;
    }
}

/// The owner of an agent's journal; the agent takes one conversation at a time.
async fn at_work<'p, 's>(play: &'p Play<'s>) -> Owner<'p, 's> {
    let mut e0 = Owner::new(play, 1);
    play.land_all(&e0.bear("opened"), &AB).await;
    for what in ["signed in", "ready"] {
        let event = e0.append(what);
        play.land(&event, &AB).await;
    }
    e0.look(AB).await;
    e0
}

/// Whether the agent's day takes a reservation now.
fn reserves(owner: &Owner<'_, '_>, reservation: u128) -> bool {
    let proposal = AgentInput::Reserve {
        reservation: ReservationId(reservation),
        session: SessionId(reservation.to_be_bytes()),
        queue: "support".to_owned(),
        deadline: Time(30_000),
    };
    let day = day(&owner.all());
    let mut soft = AgentSoft::opened(Time(0), &day);
    day.decide(&mut soft, &proposal, Time(100)).is_ok()
}

/// The day that these events make.
fn day(events: &[String]) -> AgentDay {
    let mut day = AgentDay::new(AgentId("ann".to_owned()), 1);
    for (at, event) in (1..).zip(events) {
        let (device, queues) = ("desk".to_owned(), vec!["support".to_owned()]);
        let what = match event.as_str() {
            "opened" => day.open_event(std::collections::BTreeMap::new()),
            "signed in" => AgentWhat::SignedIn { device, capacity: 1, queues },
            "ready" => AgentWhat::State { ready: true, reason: None },
            reserved => {
                let number = reserved.rsplit(' ').next().and_then(|number| number.parse::<u128>().ok());
                let number = number.expect("a reservation's number");
                AgentWhat::Reserved {
                    reservation: ReservationId(number),
                    session: SessionId(number.to_be_bytes()),
                    queue: "support".to_owned(),
                    deadline: Time(30_000),
                }
            }
        };
        day.apply(&AgentEvent { seq: Seq(at), at: Time(at), id: None, what });
    }
    day
}
