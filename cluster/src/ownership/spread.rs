//! Who should have which shard: the least loaded for one that lost its owner, an even share for all. Never moves a shard
//! of a living owner: it says which ones the owner should release.

use std::collections::BTreeMap;

use super::map::{Map, State};
use super::words::{Incarnation, Shard};

/// How many shards each life has that is up.
pub(super) fn loads(map: &Map) -> BTreeMap<Incarnation, usize> {
    let mut loads: BTreeMap<Incarnation, usize> = map.in_state(State::Up).map(|at| (at, 0)).collect();
    for (_, holding) in map.shards() {
        if let Some(load) = holding.owner.and_then(|owner| loads.get_mut(&owner)) {
            *load += 1;
        }
    }
    loads
}

/// The least loaded life, the oldest of several.
pub(super) fn least(loads: &BTreeMap<Incarnation, usize>) -> Option<Incarnation> {
    loads.iter().min_by_key(|(at, load)| (**load, **at)).map(|(at, _)| *at)
}

/// Which shards an owner should release now, and to whom, so that all that are up come to an even share and most shards
/// stay where they are. A draining owner gives all of them. Every owner that asks the same map gets its part of one plan.
#[must_use]
pub fn surplus(map: &Map, incarnation: Incarnation) -> Vec<(Shard, Incarnation)> {
    let mut wanting = wanting(map);
    let mut plan = Vec::new();
    for (giver, mut spare) in sparing(map) {
        let shards: Vec<Shard> = map.owned_by(giver).map(|(shard, _)| shard).collect();
        // The highest numbers go, so that the same shards stay put at every step of the way.
        for shard in shards.into_iter().rev() {
            let Some(taker) = (spare > 0).then(|| most_wanting(&wanting)).flatten() else { break };
            spare -= 1;
            wanting.entry(taker).and_modify(|want| *want -= 1);
            if giver == incarnation {
                plan.push((shard, taker));
            }
        }
    }
    plan
}

/// Who wants most, the oldest of several.
fn most_wanting(wanting: &BTreeMap<Incarnation, usize>) -> Option<Incarnation> {
    let first = |best: Option<(Incarnation, usize)>, (at, want): (&Incarnation, &usize)| match best {
        Some((_, most)) if most >= *want => best,
        _ => Some((*at, *want)),
    };
    wanting.iter().fold(None, first).filter(|(_, want)| *want > 0).map(|(at, _)| at)
}

/// The even share of each life that is up. Those that have most keep the odd ones.
fn targets(map: &Map) -> BTreeMap<Incarnation, usize> {
    let loads = loads(map);
    let owned = map.shards().filter(|(_, holding)| holding.owner.is_some()).count();
    let mut order: Vec<(usize, Incarnation)> = loads.iter().map(|(at, load)| (*load, *at)).collect();
    order.sort_by_key(|(load, at)| (std::cmp::Reverse(*load), *at));
    let (each, odd) = (owned / order.len().max(1), owned % order.len().max(1));
    let share = |(place, (_, at)): (usize, (usize, Incarnation))| (at, each + usize::from(place < odd));
    order.into_iter().enumerate().map(share).collect()
}

fn wanting(map: &Map) -> BTreeMap<Incarnation, usize> {
    let loads = loads(map);
    targets(map).into_iter().map(|(at, share)| (at, share.saturating_sub(loads[&at]))).collect()
}

fn sparing(map: &Map) -> BTreeMap<Incarnation, usize> {
    let targets = targets(map);
    let spare = |at| map.owned_by(at).count().saturating_sub(targets.get(&at).copied().unwrap_or(0));
    let owners = map.in_state(State::Up).chain(map.in_state(State::Draining));
    owners.map(|at| (at, spare(at))).collect()
}
