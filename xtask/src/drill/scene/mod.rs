//! A cluster with people on it, and what is done to it round by round. Never judges: it notes when what was done and seen.

pub mod clock;
mod cuts;
mod faults;
mod hog;
pub mod phases;
mod poison;
pub mod round;
pub mod who;
mod wiped;
mod zone;

use std::time::Duration;

use anyhow::Context as _;

use super::address::Address;
use super::cut::Cuts;
use super::play::Play;
use super::scenario::Scenario;
use super::seen::owners::Owners;
use super::seen::window::Span;
use crate::bench::machine::pause;
use crate::cassandra::Cluster as Servers;
use crate::cluster::look::Look;
use crate::cluster::ready::{self, SHARDS};
use crate::cluster::whole::{Cluster, Guard};
use clock::{micros, unix};
use round::Round;

/// Between two looks at the nodes that are left.
const GLANCE: Duration = Duration::from_millis(20);

/// A cluster with people on it.
pub struct Scene {
    /// The people.
    pub play: Play,
    /// The nodes.
    pub guard: Guard,
    /// The one address in front of them, where there is one.
    pub address: Option<Address>,
    /// What cuts their links, where that is to be done.
    pub cuts: Option<Cuts>,
    /// Cassandra, where servers of the drill's own are to fail.
    pub servers: Option<Servers>,
    /// The key of an admin.
    pub key: String,
    /// How long people are looked at before a fault and after it.
    pub window: Duration,
}

impl Scene {
    fn cluster(&self) -> &Cluster {
        &self.guard.0
    }

    /// Does it once, and waits until the cluster has settled.
    pub fn round(&mut self, scenario: Scenario, number: u32) -> anyhow::Result<Round> {
        ready::wait(self.cluster())?;
        self.play.call_home()?;
        let from = unix();
        self.play.wait(self.window)?;
        let looks = self.looks();
        let victims = who::victims(scenario, number, &looks);
        let asked = self.cluster().plan.nodes.first().context("a cluster has a node")?;
        let owners = Owners::at(asked.ops(), &self.key)?;
        let at = unix();
        let mut round = Round::new((scenario, number), victims, Span { from, to: at });
        let suspect_after = looks.iter().map(|(_, look)| look.sum("holdfast_suspect_after_milliseconds", ""));
        round.suspect_after = suspect_after.fold(0.0, f64::max);
        round.owners = owners;
        round.homes = if scenario.is_edge() { round.victims.clone() } else { self.play.homes.clone() };
        self.act(&mut round)?;
        ready::wait(self.cluster())?;
        round.settled = unix();
        round.fault.to = round.fault.to.max(at + micros(scenario.window(self.window)));
        self.let_pass(&round)?;
        round.phases = phases::phases(&looks, &self.looks());
        Ok(round)
    }

    /// The window of a fault is looked at to its end, also when all is well before.
    fn let_pass(&mut self, round: &Round) -> anyhow::Result<()> {
        let end = round.fault.from + micros(round.scenario.window(self.window));
        self.play.wait(Duration::from_micros(end.saturating_sub(unix())))
    }

    fn looks(&self) -> Vec<(u8, Look)> {
        looks(self.cluster())
    }

    /// Looks at the nodes that are left until their map has changed and they work on all shards, or the window is over.
    fn watch(&mut self, round: &mut Round) -> anyhow::Result<()> {
        let left = self.cluster().numbers();
        let left: Vec<u8> = left.into_iter().filter(|number| !round.victims.contains(number)).collect();
        let end = round.fault.from + micros(self.window);
        while round.served.is_none() && unix() < end {
            self.play.alive()?;
            let mut owned = 0;
            for number in &left {
                let Ok(look) = self.cluster().node(*number)?.look() else { continue };
                if look.up() <= left.len() {
                    round.map_changed.get_or_insert_with(unix);
                }
                owned += look.owned();
            }
            // Before the map has changed the shards of the dead are nobody's.
            if round.map_changed.is_some() && owned == SHARDS {
                round.served = Some(unix());
            }
            pause(GLANCE);
        }
        Ok(())
    }
}

/// A look at each node that answers.
pub fn looks(cluster: &Cluster) -> Vec<(u8, Look)> {
    cluster.nodes().filter_map(|node| Some((node.place.number, node.look().ok()?))).collect()
}
