//! Nobody sends anything while an owner is killed: offers expire, idle timers fire and waiting customers are offered all the
//! same. Never keeps anything busy that would wake a node by asking.

mod late;
mod people;

use std::time::Duration;

use anyhow::Context as _;

use super::scenario::Scenario;
use super::scene::clock::{micros, unix};
use super::scene::round::Round;
use super::scene::{looks, phases, who};
use super::seen::owners::{Owners, shard};
use super::seen::window::{Span, Spread};
use crate::bench::machine::pause;
use crate::bench::report::Bound;
use crate::cluster::ready;
use crate::cluster::whole::Cluster;
use late::Late;
use people::{ALERT_MS, Desk};

pub use people::center;

/// Conversations in which everybody falls silent.
const IDLE: u32 = 60;
/// Customers whom nobody accepts.
const WAITING: u32 = 120;
/// How late anything may be, milliseconds.
const LATE: f64 = 1_000.0;
/// From the kill until everything that is looked at was due.
const WINDOW: Duration = Duration::from_secs(18);
/// From the first alert to the kill: alerts and offers' ends are due before it, after it, and while nobody owns the shards.
const AMID: Duration = Duration::from_millis(700);

/// Does it once: people come, fall silent, an owner is killed, and what happened when is read from what all agree on.
pub fn round(cluster: &Cluster, key: &str, number: u32) -> anyhow::Result<Round> {
    ready::wait(cluster)?;
    let before = looks(cluster);
    let victims = who::victims(Scenario::Silent, number, &before);
    let victim = *victims.first().context("a node to kill")?;
    let asked = cluster.nodes().find(|node| node.place.number != victim).context("another node")?.place;
    let desk = Desk::open(asked, number)?;
    let idle = desk.talks(IDLE)?;
    let from = unix();
    desk.words(&idle)?;
    let waiting = desk.line(WAITING)?;
    let owners = Owners::at(asked.ops(), key)?;
    let amid = from + ALERT_MS * 1_000 + micros(AMID);
    pause(Duration::from_micros(amid.saturating_sub(unix())));
    let mut round = Round::new((Scenario::Silent, number), victims, Span { from, to: unix() });
    cluster.node(victim)?.kill()?;
    pause(WINDOW);
    round.fault.to = round.fault.from + micros(WINDOW);
    let mut late = Late::new(round.fault);
    for session in idle.iter().chain(&waiting) {
        let owner = shard(session).and_then(|shard| owners.owner(shard));
        late.read(&desk.events(session)?, owner == Some(victim))?;
    }
    desk.close(&waiting)?;
    tell(&mut round, &late);
    cluster.start_all()?;
    ready::wait(cluster)?;
    (round.owners, round.settled) = (owners, unix());
    round.phases = phases::phases(&before, &looks(cluster));
    Ok(round)
}

fn tell(round: &mut Round, late: &Late) {
    for (what, values) in &late.found {
        for (whose, is_victims) in [("of the killed owner", true), ("of others", false)] {
            let of = values.iter().filter(|(own, _)| *own == is_victims);
            let spread = Spread::of(of.map(|(_, late)| *late));
            let bound = if spread.count > 0 { Bound::Most(LATE) } else { Bound::None };
            round.fact(format!("{what} {whose}, how many"), spread.count as f64, ("", Bound::None));
            if spread.count > 0 {
                round.fact(format!("{what} {whose}, latest"), spread.max, ("ms late", bound));
            }
        }
    }
    round.fact("due and did not happen", late.missing as f64, ("", Bound::Most(0.0)));
}
