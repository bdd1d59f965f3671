//! Brings together what was done, what people noticed and what nodes logged; and holds it against what was promised. Pure.

use super::history::History;
use super::logs::{Entry, JOINED, PROPOSED};
use super::scenario::Scenario;
use super::scene::Round;
use super::window::{Moment, Span, Spread, held_up, pauses};
use crate::bench::report::{Bound, Report};

/// What was noticed of one round.
#[derive(Debug, Clone)]
pub struct Noticed {
    /// The round.
    pub round: Round,
    /// Longest pauses of the sessions in the window before.
    pub quiet: Vec<f64>,
    /// Of all sessions from the beginning on.
    pub pauses: Vec<f64>,
    /// Of those that kept their connection.
    pub kept: Vec<f64>,
    /// Of those that connected again.
    pub lost: Vec<f64>,
    /// Of those that the victims owned, or that lost their connection.
    pub hit: Vec<f64>,
    /// Of all others.
    pub others: Vec<f64>,
    /// Requests of those others that failed.
    pub failed_of_others: usize,
    /// First acknowledgement in a shard that the victims owned, after the map had changed, milliseconds after the beginning.
    pub first_taken: Option<f64>,
    /// Requests that failed, by why.
    pub failures: Vec<(String, usize)>,
    /// First proposal to depose somebody, milliseconds after the beginning, with its reason.
    pub proposed: Option<(f64, String)>,
    /// How many were to be deposed.
    pub depositions: usize,
    /// First and last acknowledgement of a message that was held up, milliseconds after the beginning.
    pub held_up: Option<(f64, f64)>,
    /// When the first victim had a new life, milliseconds after the beginning.
    pub rejoined: Option<f64>,
}

impl Noticed {
    /// Of a round.
    pub fn of(round: &Round, history: &History, entries: &[Entry]) -> Self {
        let quiet = pauses(&history.messages, round.quiet);
        let found = pauses(&history.messages, round.fault);
        let again = |session: &u32| {
            history.reconnections.iter().any(|(other, at)| other == session && round.fault.holds(*at))
        };
        let owned = |session: &u32| {
            let owner = history.shards.get(session).and_then(|shard| round.owners.owner(*shard));
            owner.is_some_and(|owner| round.victims.contains(&owner))
        };
        let (hit, others): (Vec<_>, Vec<_>) =
            found.iter().partition(|(session, _)| owned(session) || again(session));
        let is_other = |session: &u32| !owned(session) && !again(session);
        let failed_of_others =
            history.failures.iter().filter(|one| round.fault.holds(one.at) && is_other(&one.session)).count();
        let first_taken = round.map_changed.and_then(|changed| {
            let owned = history.messages.iter().filter(|message| owned(&message.session));
            owned.filter_map(|message| message.acknowledged).filter(|at| *at >= changed).min()
        });
        let (lost, kept): (Vec<_>, Vec<_>) = found.iter().partition(|(session, _)| again(session));
        let values =
            |found: Vec<(&u32, &f64)>| -> Vec<f64> { found.into_iter().map(|(_, pause)| *pause).collect() };
        let longest = quiet.values().copied().fold(0.0, f64::max);
        let whole = Span { from: round.fault.from, to: round.settled.max(round.fault.to) };
        let proposals: Vec<&Entry> =
            entries.iter().filter(|entry| entry.message == PROPOSED && whole.holds(entry.at)).collect();
        let mut deposed: Vec<&str> = proposals.iter().map(|entry| entry.peer.as_str()).collect();
        deposed.sort_unstable();
        deposed.dedup();
        let new_life = |entry: &&Entry| {
            entry.message == JOINED && whole.holds(entry.at) && round.victims.first() == Some(&entry.node)
        };
        Self {
            round: round.clone(),
            quiet: quiet.into_values().collect(),
            pauses: found.values().copied().collect(),
            kept: values(kept),
            lost: values(lost),
            hit: values(hit),
            others: values(others),
            failed_of_others,
            first_taken: first_taken.map(|at| after(whole, at)),
            failures: failures(history, round.fault),
            proposed: proposals.first().map(|entry| (after(whole, entry.at), entry.why.clone())),
            depositions: deposed.len(),
            held_up: held_up(&history.messages, round.fault, longest),
            rejoined: entries.iter().find(new_life).map(|entry| after(whole, entry.at)),
        }
    }

    /// How many requests failed.
    pub fn failed(&self) -> usize {
        self.failures.iter().map(|(_, count)| count).sum()
    }

    /// Milliseconds from the beginning to a moment.
    pub fn after(&self, at: Option<Moment>) -> Option<f64> {
        at.map(|at| after(self.round.fault, at))
    }
}

fn after(span: Span, at: Moment) -> f64 {
    at.saturating_sub(span.from) as f64 / 1e3
}

fn failures(history: &History, span: Span) -> Vec<(String, usize)> {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for failure in history.failures.iter().filter(|failure| span.holds(failure.at)) {
        *counts.entry(&failure.why).or_default() += 1;
    }
    counts.into_iter().map(|(why, count)| (why.to_owned(), count)).collect()
}

/// Adds the figures of one scenario over all its rounds, with their bounds. With more than one server of Cassandra a bound is
/// counted from the quiet window's p99.
pub fn judge(report: &mut Report, scenario: Scenario, (rounds, servers): (&[Noticed], u8)) {
    let of = |values: fn(&Noticed) -> &Vec<f64>| Spread::of(rounds.iter().flat_map(values).copied());
    let (name, bounds) = (scenario.name(), scenario.bounds());
    let (quiet, pauses) = (of(|round| &round.quiet), of(|round| &round.pauses));
    let base = if servers > 1 { quiet.p99 } else { 0.0 };
    let suspected = rounds.iter().map(|noticed| noticed.round.suspect_after).fold(0.0, f64::max);
    let base = if scenario == Scenario::Stop { base + suspected } else { base };
    let bound = |most: Option<f64>| most.map_or(Bound::None, |most| Bound::Most((base + most).round()));
    report.figure(format!("{name}: rounds"), rounds.len() as f64, "");
    report.figure(format!("{name}: quiet, p99 of {}", quiet.count), quiet.p99, "ms");
    report.figure(format!("{name}: pause, p99 of all {}", pauses.count), pauses.p99, "ms");
    match scenario {
        Scenario::Stop => stopped(report, rounds, &bound),
        Scenario::KillFollower | Scenario::KillLeader => {
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
    if let Some(most) = rounds.iter().filter_map(|noticed| noticed.round.woken).max_by(f64::total_cmp) {
        report.figure(format!("{name}: acknowledged by a woken node, most"), most, "");
    }
    if let Some(gap) = rounds.iter().filter_map(|noticed| noticed.round.longest_gap).max_by(f64::total_cmp) {
        report.figure(format!("{name}: longest time without a beat"), gap, "ms");
    }
    phases(report, &name, rounds);
}

/// Sessions of a stopped node: those that only have another owner now, and those whose clients had to find out.
fn stopped(report: &mut Report, rounds: &[Noticed], bound: &dyn Fn(Option<f64>) -> Bound) {
    let of = |values: fn(&Noticed) -> &Vec<f64>| Spread::of(rounds.iter().flat_map(values).copied());
    let (name, bounds) = (Scenario::Stop.name(), Scenario::Stop.bounds());
    let (kept, lost) = (of(|round| &round.kept), of(|round| &round.lost));
    report.bounded(
        format!("{name}: of {} at other nodes, p99", kept.count),
        kept.p99,
        ("ms", bound(bounds.p99)),
    );
    let edge = bounds.edge_p99.map_or(Bound::None, Bound::Most);
    report.bounded(format!("{name}: of {} at the stopped node, p99", lost.count), lost.p99, ("ms", edge));
    let rejoined = rounds.iter().filter(|noticed| noticed.rejoined.is_some()).count();
    let all = Bound::Least(rounds.len() as f64);
    report.bounded(format!("{name}: stopped nodes with a new life"), rejoined as f64, ("", all));
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

    use super::super::history::Failure;
    use super::super::owners::Owners;
    use super::super::window::Message;
    use super::*;

    fn round(scenario: Scenario) -> Round {
        let owners = json!({ "shards": [{ "shard": 0, "owner": "n2" }, { "shard": 1, "owner": "n1" }] });
        Round {
            scenario,
            number: 1,
            victims: vec![2],
            owners: Owners::of(&owners).expect("a map"),
            quiet: Span { from: 0, to: 1_000_000 },
            fault: Span { from: 1_000_000, to: 2_000_000 },
            map_changed: Some(1_020_000),
            served: Some(1_050_000),
            settled: 3_000_000,
            suspect_after: 500.0,
            phases: Vec::new(),
            woken: None,
            longest_gap: None,
        }
    }

    fn message(session: u32, intended: Moment, pause: Moment) -> Message {
        Message { session, intended, acknowledged: Some(intended + pause) }
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
        Noticed::of(&round(scenario), &history, &entries)
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
