//! Whether something may be done to a node now, and by which command. Pure: it reads the map and changes nothing.

use holdfast_cluster::ownership::{Command, Incarnation, Map, NodeName, Reason, State};

use super::super::super::super::ops::cluster::Unable;
use super::not_now;

/// Sets a node aside; none when it is already.
pub(super) fn drain(map: &Map, node: &NodeName) -> Result<Option<Command>, Unable> {
    let (incarnation, state) = life(map, node)?;
    match state {
        State::Draining => Ok(None),
        State::Deposed | State::Gone => Err(not_now("it is not up: it owns nothing that it could give")),
        State::Up if map.in_state(State::Up).all(|up| up == incarnation) => {
            Err(not_now("no other node is up that could take its shards"))
        }
        State::Up => Ok(Some(Command::Drain { incarnation })),
    }
}

/// Takes a node back; none when it is not set aside. A life that drains has no way back, so the node begins another one: the
/// map ends this one, and the node, which lives, joins again at once.
pub(super) fn undrain(map: &Map, node: &NodeName) -> Result<Option<Command>, Unable> {
    let (incarnation, state) = life(map, node)?;
    match state {
        State::Up => Ok(None),
        State::Deposed | State::Gone => Err(not_now("it is not up: start it, and it takes shards again")),
        State::Draining => Ok(Some(Command::Depose { incarnation, reason: Reason::Operator })),
    }
}

/// What removing a node takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Removal {
    /// A life that must be fenced before.
    pub fence: Option<Incarnation>,
    /// Whether the map knows the node and shall forget it.
    pub forget: bool,
}

/// Removes a node that is gone: one that lives would go on without a map.
pub(super) fn remove(
    map: &Map,
    (me, node): (&NodeName, &NodeName),
    is_member: bool,
) -> Result<Removal, Unable> {
    let known = life(map, node).ok();
    if !is_member && known.is_none() {
        return Err(Unable::NoSuchNode);
    }
    if node == me || known.is_some_and(|(_, state)| state.owns()) {
        return Err(not_now("it is up: stop it first, and it gives its shards away"));
    }
    let fence = known.filter(|(_, state)| *state == State::Deposed).map(|(life, _)| life);
    Ok(Removal { fence, forget: known.is_some() })
}

/// A node's newest life and how far it has come.
fn life(map: &Map, node: &NodeName) -> Result<(Incarnation, State), Unable> {
    let incarnation = map.nodes().get(node).ok_or(Unable::NoSuchNode)?.incarnation;
    Ok((incarnation, map.state(incarnation).unwrap_or(State::Gone)))
}
