//! The one transition of the map. Total over every command in every order, and the same everywhere: whatever the log
//! holds, each node comes to the same map. Never refuses by panicking.

use std::collections::VecDeque;

use super::command::{Answer, Command, Join, Reason, Refusal};
use super::map::{Holding, Life, Map, Node, State};
use super::spread::{least, loads};
use super::words::{Epoch, Incarnation, NodeName, Shard};
use crate::limits;

/// Applies the command that stands at `index` in the log. A refusal has changed nothing.
///
/// # Errors
/// Why the command was refused.
pub fn apply(map: &mut Map, command: &Command, index: u64) -> Result<Answer, Refusal> {
    if let Command::Found { generation, shards } = command {
        return found(map, *generation, *shards);
    }
    if !map.is_founded() {
        return Err(Refusal::NotFounded);
    }
    match command {
        Command::Found { .. } => Err(Refusal::AlreadyFounded),
        Command::Join(what) => join(map, what, Incarnation(index)),
        Command::Depose { incarnation, reason } => depose(map, *incarnation, *reason),
        Command::Release { shard, epoch, by, to } => {
            Ok(release(map, *shard, Holding { owner: Some(*by), epoch: *epoch }, *to))
        }
        Command::Fenced { incarnation } => fenced(map, *incarnation),
        Command::Drain { incarnation } => drain(map, *incarnation),
        Command::SetLevel { level } => set_level(map, *level),
        Command::Forget { node } => forget(map, node),
    }
}

fn found(map: &mut Map, generation: u32, shards: u16) -> Result<Answer, Refusal> {
    if map.is_founded() {
        let same = map.generation == generation && map.shard_count() == shards;
        return if same { Ok(Answer::Unchanged) } else { Err(Refusal::AlreadyFounded) };
    }
    let fine =
        (1..=limits::GENERATION_MAX).contains(&generation) && (1..=limits::SHARDS_MAX).contains(&shards);
    if !fine {
        return Err(Refusal::Malformed);
    }
    map.generation = generation;
    map.shards = vec![Holding { owner: None, epoch: Epoch::new(generation, 0) }; usize::from(shards)];
    Ok(Answer::Done)
}

fn join(map: &mut Map, join: &Join, incarnation: Incarnation) -> Result<Answer, Refusal> {
    let joins = map.nodes.get(&join.node).map(|node| node.joins.clone()).unwrap_or_default();
    if let Some((_, given)) = joins.iter().find(|(nonce, _)| *nonce == join.nonce) {
        return Ok(Answer::Joined(*given));
    }
    may_join(map, join, incarnation)?;
    if let Some(former) = map.nodes.get(&join.node).map(|node| node.incarnation) {
        end(map, former, Reason::Rejoined);
    }
    map.newest = incarnation;
    map.lives.insert(incarnation, Life { node: join.node.clone(), state: State::Up, ended: None });
    map.nodes.insert(join.node.clone(), node_of(join, incarnation, joins));
    adopt_orphans(map);
    Ok(Answer::Joined(incarnation))
}

fn may_join(map: &Map, join: &Join, incarnation: Incarnation) -> Result<(), Refusal> {
    let fine = join.node.is_well_formed()
        && join.addresses.is_well_formed()
        && join.zone.len() <= limits::NAME_BYTES_MAX
        && incarnation > map.newest;
    if !fine {
        return Err(Refusal::Malformed);
    }
    if join.level < map.level {
        return Err(Refusal::LevelNotAnnounced);
    }
    let room = map.nodes.contains_key(&join.node) || map.nodes.len() < limits::NODES_MAX;
    if room && map.lives.len() < limits::LIVES_MAX { Ok(()) } else { Err(Refusal::Full) }
}

fn node_of(join: &Join, incarnation: Incarnation, mut joins: VecDeque<(super::Nonce, Incarnation)>) -> Node {
    joins.push_back((join.nonce, incarnation));
    if joins.len() > limits::JOINS_REMEMBERED {
        joins.pop_front();
    }
    let (addresses, zone, level) = (join.addresses.clone(), join.zone.clone(), join.level);
    Node { incarnation, addresses, zone, level, joins }
}

fn depose(map: &mut Map, incarnation: Incarnation, reason: Reason) -> Result<Answer, Refusal> {
    match map.state(incarnation) {
        None => Err(Refusal::UnknownIncarnation),
        Some(State::Deposed | State::Gone) => Ok(Answer::Unchanged),
        Some(State::Up | State::Draining) => {
            end(map, incarnation, reason);
            Ok(Answer::Done)
        }
    }
}

/// Ends a life, if it has not ended, and spreads its shards.
fn end(map: &mut Map, incarnation: Incarnation, reason: Reason) {
    let Some(life) = map.lives.get_mut(&incarnation).filter(|life| life.state.owns()) else { return };
    life.state = State::Deposed;
    life.ended = Some(reason);
    let lost: Vec<Shard> = map.owned_by(incarnation).map(|(shard, _)| shard).collect();
    spread(map, &lost);
}

/// Gives everything that nobody owns to those that are up.
fn adopt_orphans(map: &mut Map) {
    let orphans: Vec<Shard> =
        map.shards().filter(|(_, holding)| holding.owner.is_none()).map(|(shard, _)| shard).collect();
    spread(map, &orphans);
}

fn spread(map: &mut Map, shards: &[Shard]) {
    let mut loads = loads(map);
    for shard in shards {
        let taker = least(&loads);
        grant(map, *shard, taker);
        if let Some(load) = taker.and_then(|at| loads.get_mut(&at)) {
            *load += 1;
        }
    }
}

/// Changes a shard's owner and raises its epoch. A shard whose epochs are used up stays without an owner: no epoch may be
/// used twice, and only a new generation helps.
fn grant(map: &mut Map, shard: Shard, to: Option<Incarnation>) {
    let Some(holding) = map.shards.get_mut(usize::from(shard.0)) else { return };
    *holding = match holding.epoch.next() {
        Some(epoch) => Holding { owner: to, epoch },
        None => Holding { owner: None, epoch: holding.epoch },
    };
}

fn release(map: &mut Map, shard: Shard, sender: Holding, to: Option<Incarnation>) -> Answer {
    if sender.owner.is_none() || map.holding(shard) != Some(sender) {
        return Answer::Unchanged;
    }
    let asked = to.filter(|at| map.state(*at) == Some(State::Up));
    // A draining owner is never chosen while another is up; with nobody else it keeps what it has, in a new epoch.
    let taker = asked.or_else(|| least(&loads_without(map, sender.owner))).or(sender.owner);
    grant(map, shard, taker);
    let now = map.holding(shard).unwrap_or_default();
    Answer::Released { to: now.owner, epoch: now.epoch }
}

/// The loads of those that are up, not counting the shard that its owner is just giving away.
fn loads_without(map: &Map, giver: Option<Incarnation>) -> std::collections::BTreeMap<Incarnation, usize> {
    let mut loads = loads(map);
    if let Some(load) = giver.and_then(|at| loads.get_mut(&at)) {
        *load = load.saturating_sub(1);
    }
    loads
}

fn fenced(map: &mut Map, incarnation: Incarnation) -> Result<Answer, Refusal> {
    match map.state(incarnation) {
        None => Err(Refusal::UnknownIncarnation),
        Some(State::Up | State::Draining) => Err(Refusal::NotDeposed),
        Some(State::Gone) => Ok(Answer::Unchanged),
        Some(State::Deposed) => {
            map.lives.entry(incarnation).and_modify(|life| life.state = State::Gone);
            prune(map);
            Ok(Answer::Done)
        }
    }
}

/// Forgets the oldest lives that are gone. `Map::state` knows them for gone all the same.
fn prune(map: &mut Map) {
    let gone: Vec<Incarnation> = map.in_state(State::Gone).collect();
    let excess = gone.len().saturating_sub(limits::GONE_REMEMBERED);
    for incarnation in &gone[..excess] {
        map.lives.remove(incarnation);
    }
}

fn drain(map: &mut Map, incarnation: Incarnation) -> Result<Answer, Refusal> {
    match map.state(incarnation) {
        None => Err(Refusal::UnknownIncarnation),
        Some(State::Draining | State::Deposed | State::Gone) => Ok(Answer::Unchanged),
        Some(State::Up) => {
            map.lives.entry(incarnation).and_modify(|life| life.state = State::Draining);
            Ok(Answer::Done)
        }
    }
}

fn set_level(map: &mut Map, level: u32) -> Result<Answer, Refusal> {
    if level <= map.level {
        return if level == map.level { Ok(Answer::Unchanged) } else { Err(Refusal::LevelLowered) };
    }
    // A node that is down counts too: it may come back as it was. One that never will is forgotten first.
    if map.nodes.is_empty() || map.nodes.values().any(|node| node.level < level) {
        return Err(Refusal::LevelNotAnnounced);
    }
    map.level = level;
    Ok(Answer::Done)
}

fn forget(map: &mut Map, name: &NodeName) -> Result<Answer, Refusal> {
    let Some(node) = map.nodes.get(name) else { return Ok(Answer::Unchanged) };
    if map.state(node.incarnation) != Some(State::Gone) {
        return Err(Refusal::NotGone);
    }
    map.nodes.remove(name);
    Ok(Answer::Done)
}
