//! The traces of the protocol on three real servers (protocol sections 5 and 6): each is played with its rule and does no harm,
//! and without, and then it does, or the test fails. All are played together and take turns at the links between the
//! servers. Needs three servers on this machine that
//! `cargo xtask` started, so that their groups tell them apart, and root to cut links; says loudly what is missing. Never starts
//! a server.

mod flight;
mod hints;
mod links;
mod owner;
mod scripts;
mod stage;
mod table;
mod through;
mod turns;
mod verdict;

use std::net::SocketAddr;

use futures_util::future::{join, join_all};

use self::hints::Unhinted;
use self::links::Cable;
use self::scripts::Trace;
use self::stage::{Play, Stage};
use self::turns::Turns;
use crate::{contact_points, keyspace};

#[tokio::test]
async fn each_trace_does_no_harm_and_without_its_rule_it_does() {
    let Some(servers) = three_servers() else { return };
    let points = || servers.iter().map(SocketAddr::to_string).collect::<Vec<_>>();
    let plain = keyspace::unrepaired(points()).await;
    let repairing = keyspace::prepared(points()).await;
    let Some(unhinted) = Unhinted::new(&plain).await else { return };
    let turns = Turns::new(Cable::new(&servers), unhinted.patience);
    let stages = [Stage::new(&servers, &plain).await, Stage::new(&servers, &repairing).await];
    let run = uuid_of_the_run();
    let traces = scripts::all();
    let mut plays = Vec::new();
    for (repairs, stage) in stages.iter().enumerate() {
        for kept in [true, false] {
            for trace in &traces {
                let number = u16::try_from(plays.len()).expect("some hundred traces");
                let play = Play::new(stage, &turns, (run, number));
                plays.push((trace, play, (repairs == 1, kept)));
            }
        }
    }
    let playing = plays.into_iter().map(|(trace, play, how)| played(trace, play, how));
    let (failures, changes) = join(join_all(playing), turns.give()).await;
    eprintln!("{} traces, four times each; links were changed {changes} times", traces.len());
    let failures = failures.into_iter().flatten().collect::<Vec<_>>();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Plays a trace to its end and judges it; what is wrong, if anything is.
async fn played(trace: &Trace, play: Play<'_>, (repairs, kept): (bool, bool)) -> Option<String> {
    (trace.script)(&play, kept).await;
    let harm = play.history.harm();
    let harmless = kept || (repairs && trace.repaired);
    let where_ = if repairs { "read repair" } else { "no read repair" };
    match (harm.is_empty(), harmless) {
        (true, true) | (false, false) => None,
        (false, true) => Some(format!("{} ({where_}, rule kept: {kept}): {}", trace.name, harm.join("; "))),
        (true, false) => Some(format!("{} ({where_}): without its rule it did no harm", trace.name)),
    }
}

/// The servers under test, when they are three on loopback.
fn three_servers() -> Option<Vec<SocketAddr>> {
    let points = contact_points()?;
    let servers = points.iter().map(|point| point.parse().expect("an address with a port"));
    let servers = servers.filter(|server: &SocketAddr| server.ip().is_loopback()).collect::<Vec<_>>();
    if servers.len() != 3 {
        eprintln!(
            "\n!!! SKIPPED: the traces need three servers on this machine: `cargo xtask cassandra up`\n"
        );
        return None;
    }
    Some(servers)
}

/// Keys that no other run has used.
fn uuid_of_the_run() -> u128 {
    holdfast::runtime::Real::start().random()
}
