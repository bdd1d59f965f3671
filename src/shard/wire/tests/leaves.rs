//! Values that many messages have, at random and as samples.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::agent::event::{AgentEvent, AgentWhat, Held, ReleaseWhy, Stage};
use crate::center::StaffRole;
use crate::session::event::*;
use crate::shard::door::{Receipt, Who};
use crate::words::*;

pub(super) const SESSION: SessionId = SessionId([7; 16]);
pub(super) const RESERVATION: ReservationId = ReservationId(0xfeed_beef);

pub(super) fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-z.]{1,8}", "\\PC{0,20}", Just("Zo\u{eb} \u{5E9}\u{5DC}".to_owned())]
}

pub(super) fn agent() -> impl Strategy<Value = AgentId> {
    "[a-z]{1,6}".prop_map(AgentId)
}

pub(super) fn id() -> impl Strategy<Value = MessageId> {
    "[!-~]{1,64}".prop_map(MessageId)
}

pub(super) fn session() -> impl Strategy<Value = SessionId> {
    any::<[u8; 16]>().prop_map(SessionId)
}

pub(super) fn reservation() -> impl Strategy<Value = ReservationId> {
    any::<u128>().prop_map(ReservationId)
}

pub(super) fn seq() -> impl Strategy<Value = Seq> {
    any::<u64>().prop_map(Seq)
}

pub(super) fn time() -> impl Strategy<Value = Time> {
    any::<u64>().prop_map(Time)
}

pub(super) fn party_id() -> impl Strategy<Value = PartyId> {
    any::<u32>().prop_map(PartyId)
}

pub(super) fn errand() -> impl Strategy<Value = Errand> {
    select(vec![Errand::Engage, Errand::Release])
}

pub(super) fn by() -> impl Strategy<Value = By> {
    prop_oneof![
        party_id().prop_map(By::Party),
        agent().prop_map(By::Staff),
        text().prop_map(By::Integration),
        Just(By::System),
    ]
}

pub(super) fn audience() -> impl Strategy<Value = Audience> {
    prop_oneof![
        Just(Audience::All),
        Just(Audience::Staff),
        Just(Audience::Supervisors),
        party_id().prop_map(Audience::Only),
        Just(Audience::Nobody),
    ]
}

pub(super) fn role() -> impl Strategy<Value = Role> {
    select(vec![Role::Customer, Role::Agent, Role::Supervisor, Role::Bot, Role::Flow, Role::System])
}

pub(super) fn who() -> impl Strategy<Value = Who> {
    let role = select(vec![StaffRole::Agent, StaffRole::Supervisor, StaffRole::Admin]);
    (by(), vec(role, 0..4), vec(text(), 0..3)).prop_map(|(by, roles, units)| Who { by, roles, units })
}

pub(super) fn birth() -> impl Strategy<Value = Birth> {
    let maps = (btree_map(text(), text(), 0..4), btree_map(text(), text(), 0..4));
    (text(), text(), any::<u64>(), option::of(text()), by(), maps).prop_map(
        |(service, unit, config, identity, creator, (contact, data))| Birth {
            service,
            unit,
            config,
            contact,
            identity,
            creator,
            data,
        },
    )
}

pub(super) fn party() -> impl Strategy<Value = Party> {
    (party_id(), role(), text(), option::of(agent()), audience())
        .prop_map(|(id, role, nick, agent, audience)| Party { id, role, nick, agent, audience })
}

pub(super) fn receipt() -> impl Strategy<Value = Receipt> {
    (seq(), time(), any::<bool>(), option::of(party_id())).prop_map(|(seq, at, repeated, party)| Receipt {
        seq,
        at,
        repeated,
        party,
    })
}

pub(super) fn held() -> impl Strategy<Value = Held> {
    let stage = select(vec![Stage::Reserved, Stage::Offered, Stage::Engaged]);
    (session(), text(), time(), stage).prop_map(|(session, queue, deadline, stage)| Held {
        session,
        queue,
        deadline,
        stage,
    })
}

/// Some events: that all kinds come back is shown where their codec is.
pub(super) fn event() -> impl Strategy<Value = Event> {
    let what = prop_oneof![
        birth().prop_map(What::Created).boxed(),
        party().prop_map(What::Joined).boxed(),
        text().prop_map(|text| What::Message { text }),
        agent().prop_map(|agent| What::Transferred(Target::Agent(agent))),
        reservation().prop_map(|reservation| What::OfferEnded { reservation, why: OfferEnd::Withdrawn }),
    ];
    (seq(), time(), by(), audience(), option::of(id()), what.boxed())
        .prop_map(|(seq, at, by, audience, id, what)| Event { seq, at, by, audience, id, what })
}

/// Some events of an agent's journal.
pub(super) fn agent_event() -> impl Strategy<Value = AgentEvent> {
    let what = prop_oneof![
        (text(), any::<u32>(), vec(text(), 0..3))
            .prop_map(|(device, capacity, queues)| AgentWhat::SignedIn { device, capacity, queues }),
        (any::<bool>(), option::of(text())).prop_map(|(ready, reason)| AgentWhat::State { ready, reason }),
        reservation().prop_map(|reservation| AgentWhat::Released { reservation, why: ReleaseWhy::Denied }),
    ];
    (seq(), time(), option::of(id()), what).prop_map(|(seq, at, id, what)| AgentEvent { seq, at, id, what })
}

pub(super) fn ann() -> AgentId {
    AgentId("ann".into())
}

pub(super) fn a_customer() -> Who {
    Who { by: By::Party(PartyId(1)), roles: Vec::new(), units: Vec::new() }
}

pub(super) fn a_supervisor() -> Who {
    let roles = vec![StaffRole::Agent, StaffRole::Supervisor, StaffRole::Admin];
    Who { by: By::Staff(ann()), roles, units: vec!["main".into(), "shop".into()] }
}

pub(super) fn a_receipt() -> Receipt {
    Receipt { seq: Seq(9), at: Time(1_700_000_000_123), repeated: true, party: Some(PartyId(3)) }
}

pub(super) fn a_birth() -> Birth {
    Birth {
        service: "chat".into(),
        unit: "main".into(),
        config: 7,
        contact: [("email".to_owned(), "a@b.c".to_owned())].into(),
        identity: Some("sub-1".into()),
        creator: By::Integration("crm".into()),
        data: [("topic".to_owned(), "bill".to_owned())].into(),
    }
}

pub(super) fn an_event() -> Event {
    Event {
        seq: Seq(3),
        at: Time(1_700_000_000_123),
        by: By::Party(PartyId(2)),
        audience: Audience::Staff,
        id: Some(MessageId("m-1".into())),
        what: What::Message { text: "Zo\u{eb}".into() },
    }
}

pub(super) fn an_agent_event() -> AgentEvent {
    let what = AgentWhat::State { ready: false, reason: Some("lunch".into()) };
    AgentEvent { seq: Seq(4), at: Time(1_700_000_000_123), id: Some(MessageId("s-1".into())), what }
}
