//! Who people are and what they ask: the contact center of every simulated cluster, its customers and its staff. Never acts.

use std::collections::BTreeMap;

use holdfast::center::StaffRole;
use holdfast::session::event::{Birth, By};
use holdfast::session::input::{Act, Ask};
use holdfast::shard::door::Who;
use holdfast::words::{AgentId, Audience, MessageId, PartyId, Seq, SessionId};

/// Two services: in one people are quick, in the other they let their sessions sleep.
const CENTER: &str = r#"
[unit.demo]
title = "Demo"
[queue.quick]
unit = "demo"
offer_timeout = "10s"
[queue.slow]
unit = "demo"
offer_timeout = "10s"
[service.quick]
unit = "demo"
queue = "quick"
limits = { events_per_second = 1000000, burst = 1000000 }
[service.quick.timers]
absent_after = "5s"
leave_after = "40s"
longest_wait = "60s"
idle_alert_after = "40s"
idle_close_after = "20s"
wrap_up_max = "30s"
post_max = "60s"
[service.slow]
unit = "demo"
queue = "slow"
limits = { events_per_second = 1000000, burst = 1000000 }
[service.slow.timers]
absent_after = "5s"
leave_after = "300s"
longest_wait = "300s"
idle_alert_after = "240s"
idle_close_after = "120s"
wrap_up_max = "120s"
post_max = "200s"
"#;

/// Agents with the queue that they serve and their capacity.
pub const AGENTS: [(&str, &str, u32); 7] = [
    ("ann", "quick", 2),
    ("ben", "quick", 3),
    ("cem", "quick", 1),
    ("dot", "slow", 4),
    ("eva", "slow", 4),
    ("fay", "slow", 3),
    ("gil", "quick", 2),
];

/// The contact center.
pub fn center() -> String {
    let agent = |(name, queue, capacity): &(&str, &str, u32)| {
        let hash = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA";
        format!(
            "[agent.{name}]\nnick = \"{name}\"\nunits = [\"demo\"]\nroles = [\"agent\"]\nqueues = [\"{queue}\"]\n\
             capacity = {capacity}\npassword_hash = \"{hash}\"\n"
        )
    };
    format!("{CENTER}{}", AGENTS.iter().map(agent).collect::<String>())
}

/// A session of a seed, by number.
pub fn session(seed: u64, number: u64) -> SessionId {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    id[8..].copy_from_slice(&number.to_be_bytes());
    SessionId(id)
}

/// The customer who created a session.
pub fn customer() -> Who {
    Who { by: By::Party(PartyId(1)), roles: Vec::new(), units: Vec::new() }
}

/// A member of staff.
pub fn staff(name: &str) -> Who {
    Who { by: By::Staff(AgentId(name.into())), roles: vec![StaffRole::Agent], units: vec!["demo".into()] }
}

/// Somebody who may see everything.
pub fn auditor() -> Who {
    let by = By::Integration("auditor".into());
    Who { by, roles: vec![StaffRole::Supervisor, StaffRole::Admin], units: vec!["demo".into()] }
}

/// A create with a customer.
pub fn birth(service: &str) -> Act {
    let birth = Birth {
        service: service.into(),
        unit: "demo".into(),
        config: 1,
        contact: BTreeMap::new(),
        identity: None,
        creator: By::Party(PartyId(1)),
        data: BTreeMap::new(),
    };
    Act::Create { birth: Box::new(birth), customer: Some("Cleo".into()), text: None }
}

/// A message.
pub fn message(text: &str, audience: Audience) -> Act {
    Act::Send { text: text.into(), audience }
}

/// What somebody asks under an id, knowing events up to a seq.
pub fn ask(who: &Who, (id, after): (&str, Option<u64>), act: Act) -> Ask {
    Ask { by: who.by.clone(), id: MessageId(id.into()), after: after.map(Seq), act }
}
