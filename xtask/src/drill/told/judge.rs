//! Holds what was noticed against what was promised. Pure.

use super::long::{Long, NOTICED};
use super::noticed::Noticed;
use crate::bench::report::{Bound, Report};
use crate::drill::scenario::Scenario;
use crate::drill::scene::round::Fact;
use crate::drill::seen::window::Spread;

/// When the last client of a killed node is back at another, milliseconds.
const BACK: f64 = 10_000.0;

/// Adds the figures of one scenario over all its rounds, with their bounds. With more than one server of Cassandra a bound is
/// counted from the quiet window's p99.
pub fn judge(report: &mut Report, scenario: Scenario, (rounds, servers): (&[Noticed], u8)) {
    let of = |values: fn(&Noticed) -> &Vec<f64>| Spread::of(rounds.iter().flat_map(values).copied());
    let (name, bounds) = (scenario.name(), scenario.bounds());
    let (quiet, pauses) = (of(|round| &round.quiet), of(|round| &round.pauses));
    let base = if servers > 1 { quiet.p99 } else { 0.0 };
    let suspected = rounds.iter().map(|noticed| noticed.round.suspect_after).fold(0.0, f64::max);
    let base = if scenario.is_silent() { base + suspected } else { base };
    let bound = |most: Option<f64>| most.map_or(Bound::None, |most| Bound::Most((base + most).round()));
    report.figure(format!("{name}: rounds"), rounds.len() as f64, "");
    if pauses.count == 0 {
        facts(report, &name, rounds);
        return phases(report, &name, rounds);
    }
    report.figure(format!("{name}: quiet, p99 of {}", quiet.count), quiet.p99, "ms");
    report.figure(format!("{name}: pause, p99 of all {}", pauses.count), pauses.p99, "ms");
    match scenario {
        Scenario::Stop | Scenario::ZoneStop | Scenario::CutPeers | Scenario::CutStore => {
            silent(report, scenario, (rounds, &bound))
        }
        Scenario::AddressEdge | Scenario::AddressEdgeStop | Scenario::AddressEdgeCut => {
            let edge = of(|round| &round.roles.edge);
            let most = bounds.edge_p99.map_or(Bound::None, Bound::Most);
            let what = format!("{name}: to the other side's screen, {} sessions, p99", edge.count);
            report.bounded(what, edge.p99, ("ms", most));
        }
        Scenario::AddressOwner => {
            let owner = of(|round| &round.roles.owner);
            let what = format!("{name}: to the other side's screen, its {} sessions, p99", owner.count);
            report.bounded(what, owner.p99, ("ms", bound(bounds.p99)));
        }
        Scenario::Crowd => crowd(report, (&name, bound(bounds.p99)), rounds),
        Scenario::KillFollower | Scenario::KillLeader | Scenario::ZoneKill => {
            let (hit, others) = (of(|round| &round.hit), of(|round| &round.others));
            report.bounded(
                format!("{name}: its {} sessions, p50", hit.count),
                hit.p50,
                ("ms", bound(bounds.p50)),
            );
            report.bounded(format!("{name}: its sessions, p99"), hit.p99, ("ms", bound(bounds.p99)));
            let most = bound(bounds.others_p99);
            report.bounded(format!("{name}: {} others, p99", others.count), others.p99, ("ms", most));
            let failed: usize = rounds.iter().map(|noticed| noticed.failed_of_others).sum();
            let none = if bounds.others_p99.is_some() { Bound::Most(0.0) } else { Bound::None };
            report.bounded(format!("{name}: failed requests of others"), failed as f64, ("", none));
        }
        _ => {
            report.bounded(format!("{name}: pause, p50"), pauses.p50, ("ms", bound(bounds.p50)));
            report.bounded(format!("{name}: pause, p99"), pauses.p99, ("ms", bound(bounds.p99)));
        }
    }
    report.figure(format!("{name}: pause, longest"), pauses.max, "ms");
    let unanswered =
        rounds.iter().flat_map(|round| &round.pauses).filter(|pause| pause.is_infinite()).count();
    report.bounded(
        format!("{name}: sessions that never came back"),
        unanswered as f64,
        ("", Bound::Most(0.0)),
    );
    let failed: usize = rounds.iter().map(Noticed::failed).sum();
    let none = |wanted: bool| if wanted { Bound::Most(0.0) } else { Bound::None };
    report.bounded(format!("{name}: failed requests"), failed as f64, ("", none(bounds.no_failure)));
    let deposed: usize = rounds.iter().map(|round| round.depositions).sum();
    report.bounded(format!("{name}: nodes to be deposed"), deposed as f64, ("", none(bounds.no_deposition)));
    long(report, &name, rounds);
    facts(report, &name, rounds);
    phases(report, &name, rounds);
}

/// What the pauses consisted of that people notice.
fn long(report: &mut Report, name: &str, rounds: &[Noticed]) {
    let long = rounds.iter().fold(Long::default(), |long, noticed| long.and(noticed.long));
    report.figure(format!("{name}: pauses over {NOTICED} ms"), long.count as f64, "");
    if long.count > 0 {
        let share = |of: f64| 100.0 * of / long.whole;
        report.figure(
            format!("{name}: of their time, until the client sent anything"),
            share(long.late),
            "%",
        );
        let what = format!("{name}: of their time, while somebody waited for a processor");
        report.figure(what, share(long.waited), "%");
    }
}

/// Sessions of a node with many clients.
fn crowd(report: &mut Report, (name, most): (&str, Bound), rounds: &[Noticed]) {
    let hit = Spread::of(rounds.iter().flat_map(|round| &round.hit).copied());
    report.bounded(format!("{name}: its {} sessions that send, p99", hit.count), hit.p99, ("ms", most));
    let away: usize = rounds.iter().map(|noticed| noticed.back.0 - noticed.back.1).sum();
    let were: usize = rounds.iter().map(|noticed| noticed.back.0).sum();
    report.bounded(format!("{name}: of its {were} clients not back"), away as f64, ("", Bound::Most(0.0)));
    let last = rounds.iter().map(|noticed| noticed.back.2).fold(0.0, f64::max);
    report.bounded(format!("{name}: its last client back after"), last, ("ms", Bound::Most(BACK)));
}

/// Sessions of a silent node: those that only have another owner now, and those whose clients had to find out.
fn silent(
    report: &mut Report,
    scenario: Scenario,
    (rounds, bound): (&[Noticed], &dyn Fn(Option<f64>) -> Bound),
) {
    let of = |values: fn(&Noticed) -> &Vec<f64>| Spread::of(rounds.iter().flat_map(values).copied());
    let (name, bounds) = (scenario.name(), scenario.bounds());
    let (owner, edge) = (of(|round| &round.roles.owner), of(|round| &round.roles.edge));
    report.bounded(
        format!("{name}: of {} owned there, clients elsewhere, p99", owner.count),
        owner.p99,
        ("ms", bound(bounds.p99)),
    );
    let most = bounds.edge_p99.map_or(Bound::None, Bound::Most);
    report.bounded(format!("{name}: of {} with clients there, p99", edge.count), edge.p99, ("ms", most));
    let others = of(|round| &round.roles.others);
    report.figure(format!("{name}: of {} others, p99", others.count), others.p99, "ms");
    let rejoined = rounds.iter().filter(|noticed| noticed.rejoined.is_some()).count();
    let all = Bound::Least(rounds.len() as f64);
    report.bounded(format!("{name}: silent nodes with a new life"), rejoined as f64, ("", all));
}

/// What only this kind of round looks at: of all rounds the worst.
fn facts(report: &mut Report, name: &str, rounds: &[Noticed]) {
    let mut worst = std::collections::BTreeMap::<&str, &Fact>::new();
    for fact in rounds.iter().flat_map(|noticed| &noticed.round.facts) {
        let kept = worst.entry(&fact.name).or_insert(fact);
        let is_worse = match fact.bound {
            Bound::Least(_) => fact.value < kept.value,
            Bound::Most(_) | Bound::None => fact.value > kept.value,
        };
        if is_worse {
            *kept = fact;
        }
    }
    for fact in worst.into_values() {
        report.bounded(format!("{name}: {}", fact.name), fact.value, (fact.unit, fact.bound));
    }
}

/// The middle of each step of a takeover.
fn phases(report: &mut Report, name: &str, rounds: &[Noticed]) {
    let mut middle = |what: &str, of: &dyn Fn(&Noticed) -> Option<f64>| {
        let spread = Spread::of(rounds.iter().filter_map(of));
        if spread.count > 0 {
            report.figure(format!("{name}: {what}, p50"), spread.p50, "ms");
            report.figure(format!("{name}: {what}, longest"), spread.max, "ms");
        }
    };
    middle("to the first proposal to depose", &|noticed| Some(noticed.proposed.as_ref()?.0));
    middle("to the map's change", &|noticed| noticed.after(noticed.round.map_changed));
    middle("to the first acknowledgement on a taken shard", &|noticed| noticed.first_taken);
    middle("to the first acknowledgement held up", &|noticed| Some(noticed.held_up?.0));
    middle("to workers for all shards", &|noticed| noticed.after(noticed.round.served));
    middle("to the last acknowledgement held up", &|noticed| Some(noticed.held_up?.1));
    let mut measured = std::collections::BTreeMap::<&str, f64>::new();
    for (line, grown) in rounds.iter().flat_map(|noticed| &noticed.round.phases) {
        *measured.entry(line).or_default() += grown;
    }
    for (line, grown) in measured.iter().filter(|(line, _)| line.contains("_sum")) {
        let count = measured.get(line.replacen("_sum", "_count", 1).as_str()).copied().unwrap_or(0.0);
        if count > 0.0 {
            report.figure(
                format!("{name}: mean of {}", line.replacen("_sum", "", 1)),
                grown * 1e3 / count,
                "ms",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::json;

    use super::*;
    use crate::drill::scene::round::Round;
    use crate::drill::seen::history::{Failure, History};
    use crate::drill::seen::logs::{Entry, JOINED, PROPOSED};
    use crate::drill::seen::owners::Owners;
    use crate::drill::seen::waits::Waits;
    use crate::drill::seen::window::{Message, Moment, Span};

    fn round(scenario: Scenario) -> Round {
        let owners = json!({ "shards": [{ "shard": 0, "owner": "n2" }, { "shard": 1, "owner": "n1" }] });
        let quiet = Span { from: 0, to: 1_000_000 };
        let fault = Span { from: 1_000_000, to: 2_000_000 };
        let round = Round::new((scenario, 1), vec![2], quiet);
        let owners = Owners::of(&owners).expect("a map");
        let (map_changed, served) = (Some(1_020_000), Some(1_050_000));
        // Session 1 has its client at node 2, and so has 4.
        let homes = vec![2, 1, 3];
        Round { owners, homes, fault, map_changed, served, settled: 3_000_000, suspect_after: 500.0, ..round }
    }

    fn message(session: u32, intended: Moment, pause: Moment) -> Message {
        Message { session, intended, begun: intended, acknowledged: Some(intended + pause) }
    }

    fn noticed(scenario: Scenario, pause: Moment) -> Noticed {
        // Two owns shard 0 and dies; session 1 was connected to it, 3 and 4 as well, 5 is owned by it.
        let mut messages: Vec<Message> = (2..=5).map(|at| message(at, 1_002_000, 3_000)).collect();
        messages.extend([message(1, 500_000, 4_000), message(1, 1_001_000, pause)]);
        let failure = |at| Failure { session: 1, at, why: "no answer".to_owned() };
        let history = History {
            messages,
            failures: vec![failure(900_000), failure(1_001_000)],
            reconnections: vec![(1, 1_100_000), (3, 1_100_000), (4, 1_100_000)],
            shards: HashMap::from([(1, 1), (2, 1), (5, 0)]),
            screens: Vec::new(),
        };
        let entry = |at, node, message: &str| Entry {
            at,
            node,
            message: message.to_owned(),
            peer: "n2".to_owned(),
            why: "port_closed".to_owned(),
        };
        let entries =
            [entry(1_010_000, 1, PROPOSED), entry(1_011_000, 3, PROPOSED), entry(2_500_000, 2, JOINED)];
        Noticed::of(&round(scenario), (&history, &entries), &Waits::default())
    }

    #[test]
    fn a_round_is_told_by_its_windows() {
        let found = noticed(Scenario::KillFollower, 90_000);
        assert_eq!((found.quiet, found.kept, found.lost), (vec![4.0], vec![3.0, 3.0], vec![90.0, 3.0, 3.0]));
        assert_eq!((found.hit, found.others), (vec![90.0, 3.0, 3.0, 3.0], vec![3.0]));
        assert_eq!((found.failed_of_others, found.first_taken), (0, None));
        assert_eq!(found.proposed, Some((10.0, "port_closed".to_owned())));
        assert_eq!(found.failures, [("no answer".to_owned(), 1)]);
        assert_eq!(
            (found.depositions, found.held_up, found.rejoined),
            (1, Some((91.0, 91.0)), Some(1_500.0))
        );
    }

    fn is_missed(scenario: Scenario, pause: Moment, servers: u8) -> bool {
        let mut report = Report::new("test");
        judge(&mut report, scenario, (&[noticed(scenario, pause)], servers));
        report.is_missed()
    }

    #[test]
    fn bounds_are_held_against_pauses() {
        assert!(!is_missed(Scenario::KillFollower, 499_000, 1));
        assert!(is_missed(Scenario::KillFollower, 502_000, 1));
        assert!(!is_missed(Scenario::KillFollower, 502_000, 3));
        assert!(!is_missed(Scenario::KillLeader, 502_000, 1));
        assert!(!is_missed(Scenario::Stop, 4_900_000, 1));
        assert!(is_missed(Scenario::Stop, 5_100_000, 1));
    }

    #[test]
    fn a_rolling_restart_bears_no_failure() {
        assert!(is_missed(Scenario::Rolling, 10_000, 1));
    }
}
