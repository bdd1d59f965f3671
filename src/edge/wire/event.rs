//! One event as JSON, for one kind of reader: customers do not see sign-in names, units or staff's userdata. Whether the
//! reader may see the event at all was decided behind the door (promise P7).

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::time::Moment;
use super::words::{
    AudienceJson, after_leave, close_why, conclude_why, leave_reason, offer_end, role, stop_why,
};
use crate::session::event::{Birth, By, Event, Notice, Party, StepState, Target, What};
use crate::words::PartyId;

/// An event as a reader of one kind sees it.
#[derive(Clone, Copy, Debug)]
pub struct EventJson<'a> {
    /// The event.
    pub event: &'a Event,
    /// Whether the reader is staff or an integration.
    pub staff: bool,
}

impl Serialize for EventJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let event = self.event;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("seq", &event.seq.0)?;
        map.serialize_entry("at", &Moment(event.at))?;
        match &event.by {
            By::Party(PartyId(party)) => map.serialize_entry("by", party)?,
            By::Staff(agent) if self.staff => map.serialize_entry("by_staff", &agent.0)?,
            By::Integration(name) if self.staff => map.serialize_entry("by_integration", name)?,
            By::Staff(_) | By::Integration(_) | By::System => {}
        }
        map.serialize_entry("audience", &AudienceJson(event.audience))?;
        map.serialize_entry("type", kind(&event.what))?;
        if let Some(id) = &event.id {
            map.serialize_entry("id", &id.0)?;
        }
        what(&mut map, &event.what, self.staff)?;
        map.end()
    }
}

/// The word of an event's type.
#[must_use]
pub const fn kind(what: &What) -> &'static str {
    match what {
        What::Created(_) => "created",
        What::Joined(_) => "joined",
        What::Left { .. } => "left",
        What::Away(_) => "away",
        What::Back(_) => "back",
        What::Message { .. } => "message",
        What::Notice(_) => "notice",
        What::Data { .. } => "data",
        What::Step { .. } => "flow",
        What::Queued { .. } => "queued",
        What::Offered { .. } => "offered",
        What::OfferEnded { .. } => "offer_ended",
        What::Assigned { .. } => "assigned",
        What::Concluded { .. } => "concluded",
        What::Transferred(_) => "transferred",
        What::Disposition { .. } => "disposition",
        What::Note { .. } => "note",
        What::IdleAlert { .. } => "idle_alert",
        What::Closed { .. } => "closed",
        What::Stopped { .. } => "stopped",
        What::Settled { .. } => "settled",
    }
}

fn what<M: SerializeMap>(map: &mut M, what: &What, staff: bool) -> Result<(), M::Error> {
    match what {
        What::Created(birth) => created(map, birth, staff),
        What::Joined(party) => map.serialize_entry("party", &PartyJson { party, staff }),
        What::Left { party, reason, then } => {
            map.serialize_entry("party", &party.0)?;
            map.serialize_entry("reason", leave_reason(*reason))?;
            map.serialize_entry("then", after_leave(*then))
        }
        What::Away(party) | What::Back(party) => map.serialize_entry("party", &party.0),
        What::Message { text } | What::Note { text } => map.serialize_entry("text", text),
        What::Notice(notice) => self::notice(map, notice),
        What::Data { set, removed } => {
            map.serialize_entry("set", set)?;
            map.serialize_entry("removed", removed)
        }
        What::Disposition { code } => map.serialize_entry("code", code),
        What::IdleAlert { closes_at } => map.serialize_entry("closes_at", &Moment(*closes_at)),
        What::Closed { why } => map.serialize_entry("why", close_why(*why)),
        What::Stopped { why } => map.serialize_entry("why", stop_why(*why)),
        _ => interaction(map, what),
    }
}

fn interaction<M: SerializeMap>(map: &mut M, what: &What) -> Result<(), M::Error> {
    match what {
        What::Step { step, state } => {
            map.serialize_entry("step", step)?;
            match state {
                StepState::Begun => map.serialize_entry("state", "begun"),
                StepState::Done(result) => {
                    map.serialize_entry("state", "done")?;
                    map.serialize_entry("result", result)
                }
            }
        }
        What::Queued { queue, priority, since } => {
            map.serialize_entry("queue", queue)?;
            map.serialize_entry("priority", priority)?;
            map.serialize_entry("since", &Moment(*since))
        }
        What::Offered { reservation, agent, queue, deadline } => {
            map.serialize_entry("reservation", &format_args!("{reservation}"))?;
            map.serialize_entry("agent", &agent.0)?;
            map.serialize_entry("queue", queue)?;
            map.serialize_entry("deadline", &Moment(*deadline))
        }
        What::OfferEnded { reservation, why } => {
            map.serialize_entry("reservation", &format_args!("{reservation}"))?;
            map.serialize_entry("why", offer_end(*why))
        }
        What::Assigned { reservation, agent } => {
            map.serialize_entry("reservation", &format_args!("{reservation}"))?;
            map.serialize_entry("agent", &agent.0)
        }
        What::Concluded { reservation, agent, why } => {
            map.serialize_entry("reservation", &format_args!("{reservation}"))?;
            map.serialize_entry("agent", &agent.0)?;
            map.serialize_entry("why", conclude_why(*why))
        }
        What::Transferred(Target::Agent(agent)) => {
            map.serialize_entry("to", &BTreeMap::from([("agent", &agent.0)]))
        }
        What::Transferred(Target::Queue(queue)) => {
            map.serialize_entry("to", &BTreeMap::from([("queue", queue)]))
        }
        // Bookkeeping between journals has no reader, and the rest is written by the caller.
        _ => Ok(()),
    }
}

fn created<M: SerializeMap>(map: &mut M, birth: &Birth, staff: bool) -> Result<(), M::Error> {
    map.serialize_entry("service", &birth.service)?;
    if staff {
        map.serialize_entry("unit", &birth.unit)?;
        map.serialize_entry("contact", &birth.contact)?;
        if let Some(identity) = &birth.identity {
            map.serialize_entry("identity", identity)?;
        }
        return map.serialize_entry("data", &birth.data);
    }
    let own: BTreeMap<_, _> = birth.data.iter().filter(|(key, _)| key.starts_with("customer.")).collect();
    map.serialize_entry("data", &own)
}

fn notice<M: SerializeMap>(map: &mut M, notice: &Notice) -> Result<(), M::Error> {
    match notice {
        Notice::Url(url) => {
            map.serialize_entry("kind", "url")?;
            map.serialize_entry("url", url)
        }
        Notice::Custom { name, data } => {
            map.serialize_entry("kind", "custom")?;
            map.serialize_entry("name", name)?;
            map.serialize_entry("data", data)
        }
        Notice::File { file, name, bytes, mime } => {
            map.serialize_entry("kind", "file")?;
            map.serialize_entry("file", file)?;
            map.serialize_entry("name", name)?;
            map.serialize_entry("bytes", bytes)?;
            map.serialize_entry("mime", mime)
        }
        Notice::Nick(nick) => {
            map.serialize_entry("kind", "nick")?;
            map.serialize_entry("nick", nick)
        }
        Notice::Read(seq) => {
            // Not "seq": that is the event's own.
            map.serialize_entry("kind", "read")?;
            map.serialize_entry("read", &seq.0)
        }
    }
}

/// A party as a reader of one kind sees it.
#[derive(Clone, Copy, Debug)]
pub struct PartyJson<'a> {
    /// The party.
    pub party: &'a Party,
    /// Whether the reader is staff or an integration.
    pub staff: bool,
}

impl Serialize for PartyJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let party = self.party;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("party", &party.id.0)?;
        map.serialize_entry("role", role(party.role))?;
        map.serialize_entry("nick", &party.nick)?;
        if self.staff {
            if let Some(agent) = &party.agent {
                map.serialize_entry("agent", &agent.0)?;
            }
            map.serialize_entry("audience", &AudienceJson(party.audience))?;
        }
        map.end()
    }
}
