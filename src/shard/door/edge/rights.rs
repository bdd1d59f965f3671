//! What may be asked of this node: by other nodes everything, by an edge what a customer's door asks. Everything that an edge
//! sends is looked at as if a thief had the edge: it may speak as a customer and as nobody else. Never waits.

use std::collections::BTreeMap;

use crate::center::Center;
use crate::session::Head;
use crate::session::event::{By, Party};
use crate::session::input::{Act, Ask};
use crate::shard::door::{Summary, Who};
use crate::shard::wire::{Call, Open};
use crate::words::{Audience, Role};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// A node of the cluster.
    Node,
    /// An edge.
    Edge,
}

/// What was asked for by an edge, and is not done for one; the label of the metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denied(pub &'static str);

impl Rights {
    /// Whether a call is answered. What an edge need not know, it does not say: the unit of a new session is the service's.
    pub(in crate::shard) fn call(self, call: &mut Call, center: &Center) -> Result<(), Denied> {
        if self == Self::Node {
            return Ok(());
        }
        match call {
            Call::Ask { who, ask, .. } => {
                self.ask(who, ask)?;
                match &mut ask.act {
                    Act::Create { birth, .. } => match center.services.get(&birth.service) {
                        Some(service) if service.anonymous || birth.identity.is_some() => {
                            birth.unit.clone_from(&service.unit);
                            Ok(())
                        }
                        _ => Err(Denied("service")),
                    },
                    _ => Ok(()),
                }
            }
            Call::Page { who, .. } | Call::Summary { who, .. } => customer(who),
            Call::Position { .. } => Ok(()),
            Call::AskAgent { .. } | Call::Agent { .. } => Err(Denied("agent")),
            Call::Queues => Err(Denied("queues")),
            Call::Recovered { .. } => Err(Denied("recovered")),
            Call::Store => Err(Denied("store")),
        }
    }

    /// Whether notes are taken: journals and the matchmaker speak by them, and none is on an edge.
    pub(in crate::shard) fn note(self) -> Result<(), Denied> {
        if self == Self::Node { Ok(()) } else { Err(Denied("note")) }
    }

    /// Whether a lane is served.
    pub(in crate::shard) fn open(self, open: &Open) -> Result<(), Denied> {
        match (self, open) {
            (Self::Node, _) => Ok(()),
            (Self::Edge, Open::Session { who, .. }) => customer(who),
            (Self::Edge, Open::Agent { .. }) => Err(Denied("agent")),
        }
    }

    /// How a session stands, as far as whoever asks needs it: an edge shows none of what staff know of the person.
    pub(in crate::shard) fn shown(self, summary: Summary) -> Summary {
        if self == Self::Node {
            return summary;
        }
        let Summary { head, parties, seq, position } = summary;
        let head = Head {
            unit: String::new(),
            contact: BTreeMap::new(),
            identity: None,
            agents: Vec::new(),
            disposition: None,
            ..head
        };
        let parties = parties.into_iter().map(|party| Party { agent: None, ..party }).collect();
        Summary { head, parties, seq, position }
    }

    /// Whether a change may be asked for, up a lane as well as by a call. That the party is a customer's is known only where
    /// the session is: its owner takes no party's word but a customer's.
    pub(in crate::shard) fn ask(self, who: &Who, ask: &Ask) -> Result<(), Denied> {
        if self == Self::Node {
            return Ok(());
        }
        if ask.by != who.by {
            return Err(Denied("who"));
        }
        match &ask.act {
            // The right of whoever invited: the customer has no party yet.
            Act::Join { role: Role::Customer, agent: None, audience: Audience::All, .. } => match who.by {
                By::System if is_plain(who) => Ok(()),
                _ => Err(Denied("who")),
            },
            Act::Create { birth, customer: Some(_), .. } if birth.creator == ask.by => customer(who),
            Act::Send { .. }
            | Act::Notice { .. }
            | Act::Typing { .. }
            | Act::Data { .. }
            | Act::Leave { .. }
            | Act::Close => customer(who),
            _ => Err(Denied("act")),
        }
    }
}

fn customer(who: &Who) -> Result<(), Denied> {
    match who.by {
        By::Party(_) if is_plain(who) => Ok(()),
        _ => Err(Denied("who")),
    }
}

fn is_plain(who: &Who) -> bool {
    who.roles.is_empty() && who.units.is_empty()
}
