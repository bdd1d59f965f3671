//! Whom it is done to. Pure.

use crate::cluster::look::Look;
use crate::drill::scenario::Scenario;

/// Whom it is done to; another one each time, where there is a choice.
pub fn victims(scenario: Scenario, number: u32, looks: &[(u8, Look)]) -> Vec<u8> {
    let which = |leads: bool| {
        let found = looks.iter().filter(move |(_, look)| look.leads() == leads && look.owned() > 0);
        found.map(|(number, _)| *number).collect::<Vec<u8>>()
    };
    let all: Vec<u8> = looks.iter().map(|(number, _)| *number).collect();
    let turned = |mut of: Vec<u8>, count: usize| {
        if !of.is_empty() {
            let by = usize::try_from(number).unwrap_or(0) % of.len();
            of.rotate_left(by);
        }
        of.truncate(count);
        of
    };
    match scenario {
        Scenario::KillFollower | Scenario::ZoneKill => turned(which(false), 1),
        Scenario::KillLeader => turned(which(true), 1),
        Scenario::Silent
        | Scenario::Stop
        | Scenario::ZoneStop
        | Scenario::CutPeers
        | Scenario::CutStore
        | Scenario::Crowd => turned(all, 1),
        Scenario::TwoInARow => turned(all, 2),
        Scenario::RestartAll | Scenario::Rolling => all,
        Scenario::Wiped => turned(all.clone(), all.len()),
        // Of three nodes one has the customers, one the staff, and one neither.
        Scenario::AddressOwner => {
            fewest(looks, &|look| connections(look, "public") + connections(look, "staff"))
        }
        Scenario::AddressEdge | Scenario::AddressEdgeStop | Scenario::AddressEdgeCut => {
            fewest(looks, &|look| -connections(look, "public"))
        }
        // Who owns the canary is found out when there is one.
        Scenario::AddRemove | Scenario::Busy | Scenario::Poison | Scenario::FullLoad => Vec::new(),
    }
}

fn connections(look: &Look, listener: &str) -> f64 {
    look.sum("holdfast_connections", &format!("\"{listener}\""))
}

/// The node of which something is least.
fn fewest(looks: &[(u8, Look)], of: &dyn Fn(&Look) -> f64) -> Vec<u8> {
    let least = looks.iter().min_by(|(_, one), (_, other)| of(one).total_cmp(&of(other)));
    least.map(|(number, _)| *number).into_iter().collect()
}
