//! Each round as a line for people, and as JSON for programs. Never judges.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::noticed::Noticed;
use crate::drill::seen::window::Spread;

/// A table with a line for each round.
pub fn text<'a>(rounds: impl Iterator<Item = &'a Noticed>) -> String {
    let mut table = format!(
        "\n{:<17} {:>3} {:<6} | {:>14} | {:>20} {:>20} {:>20} | {:>6} | {:>8} {:>8} {:>8} {:>8} {:>8} | {:>8}\n",
        "scenario",
        "no.",
        "nodes",
        "quiet ms",
        "owner ms",
        "edge ms",
        "others ms",
        "failed",
        "proposed",
        "map",
        "first",
        "workers",
        "last",
        "settled"
    );
    for noticed in rounds {
        let round = &noticed.round;
        let victims: Vec<String> = round.victims.iter().map(u8::to_string).collect();
        let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.0}"));
        // Writing to a String does not fail.
        let _ = writeln!(
            table,
            "{:<17} {:>3} {:<6} | {:>14} | {:>20} {:>20} {:>20} | {:>6} | {:>8} {:>8} {:>8} {:>8} {:>8} | {:>8}",
            round.scenario.name(),
            round.number,
            victims.join(","),
            three(&noticed.quiet),
            three(&noticed.roles.owner),
            three(&noticed.roles.edge),
            three(&noticed.roles.others),
            noticed.failed(),
            number(noticed.proposed.as_ref().map(|(at, _)| *at)),
            number(noticed.after(round.map_changed)),
            number(noticed.held_up.map(|(first, _)| first)),
            number(noticed.after(round.served)),
            number(noticed.held_up.map(|(_, last)| last)),
            number(noticed.after(Some(round.settled))),
        );
        for fact in &round.facts {
            let _ = writeln!(table, "{:<28} {}: {:.0} {}", "", fact.name, fact.value, fact.unit);
        }
    }
    table.push_str(
        "Pauses are p50/p99/max: of sessions owned by a victim with clients elsewhere, of those with clients at a victim, of all \
         others.\nproposed, map, first, workers, last, settled: milliseconds from the fault to the first proposal to depose, to the \
         changed map, to the first\nacknowledgement of a message that was held up, to workers for all shards, to the last such \
         acknowledgement, to a whole cluster.\n",
    );
    table
}

/// Median, 99th percentile and longest, in whole milliseconds.
pub fn three(values: &[f64]) -> String {
    let spread = Spread::of(values.iter().copied());
    if spread.count == 0 {
        return "-".to_owned();
    }
    format!("{:.0}/{:.0}/{:.0}", spread.p50, spread.p99, spread.max)
}

/// The same for programs. A value without end is null.
pub fn json<'a>(rounds: impl Iterator<Item = &'a Noticed>) -> Value {
    let spread = |values: &[f64]| {
        let spread = Spread::of(values.iter().copied());
        json!({ "sessions": spread.count, "p50": spread.p50, "p99": spread.p99, "max": spread.max })
    };
    let one = |noticed: &Noticed| {
        let round = &noticed.round;
        json!({
            "scenario": round.scenario.name(), "number": round.number, "victims": round.victims,
            "at_unix_us": round.fault.from, "window_us": round.fault.to - round.fault.from,
            "its_sessions_ms": spread(&noticed.hit), "other_sessions_ms": spread(&noticed.others),
            "failed_of_others": noticed.failed_of_others, "first_taken_ms": noticed.first_taken,
            "quiet_ms": spread(&noticed.quiet), "pause_ms": spread(&noticed.pauses),
            "kept_connection_ms": spread(&noticed.kept), "connected_again_ms": spread(&noticed.lost),
            "failures": noticed.failures.iter().map(|(why, count)| json!({ "why": why, "count": count })).collect::<Vec<_>>(),
            "proposed_ms": noticed.proposed.as_ref().map(|(at, _)| at),
            "proposed_why": noticed.proposed.as_ref().map(|(_, why)| why),
            "map_changed_ms": noticed.after(round.map_changed),
            "first_held_up_ms": noticed.held_up.map(|(first, _)| first),
            "workers_ms": noticed.after(round.served),
            "last_held_up_ms": noticed.held_up.map(|(_, last)| last),
            "settled_ms": noticed.after(Some(round.settled)), "rejoined_ms": noticed.rejoined,
            "depositions": noticed.depositions, "suspect_after_ms": round.suspect_after,
            "by_role_ms": {
                "owner": spread(&noticed.roles.owner), "edge": spread(&noticed.roles.edge),
                "others": spread(&noticed.roles.others),
            },
            "facts": round.facts.iter().map(|fact| json!({ "name": fact.name, "value": fact.value, "unit": fact.unit })).collect::<Vec<_>>(),
            "phases": round.phases,
        })
    };
    rounds.map(one).collect()
}
