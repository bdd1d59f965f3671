//! What is done to the nodes. Never judges.

use std::time::Duration;

use anyhow::Context as _;

use super::Scene;
use super::clock::unix;
use super::hog::Hog;
use super::round::Round;
use crate::bench::machine::{now, pause};
use crate::bench::report::Bound;
use crate::cluster::look::Look;
use crate::cluster::ready;
use crate::drill::scenario::{BETWEEN, STOPPED, Scenario};

/// Between two looks at a node that was just woken.
const BLINK: Duration = Duration::from_millis(2);
/// How long a node that was woken is looked at.
const AWAKE: Duration = Duration::from_secs(5);

impl Scene {
    /// Does it.
    pub fn act(&mut self, round: &mut Round) -> anyhow::Result<()> {
        match round.scenario {
            Scenario::KillFollower
            | Scenario::KillLeader
            | Scenario::TwoInARow
            | Scenario::AddressOwner
            | Scenario::AddressEdge
            | Scenario::Crowd => self.kill(round),
            Scenario::Stop | Scenario::AddressEdgeStop => self.stop(round),
            Scenario::ZoneKill => self.kill_zone(round),
            Scenario::ZoneStop => self.stop_zone(round),
            Scenario::Wiped => self.wipe(round),
            Scenario::Poison => self.poison(round),
            Scenario::RestartAll => self.restart_all(round),
            Scenario::Rolling => self.rolling(round),
            Scenario::AddRemove => self.add_remove(round),
            Scenario::Busy => self.busy(round),
            Scenario::CutPeers | Scenario::CutStore | Scenario::AddressEdgeCut => self.cut(round),
            Scenario::Silent | Scenario::FullLoad => anyhow::bail!("it has people of its own"),
        }
    }

    fn kill(&mut self, round: &mut Round) -> anyhow::Result<()> {
        for (place, victim) in round.victims.clone().into_iter().enumerate() {
            if place > 0 {
                pause(BETWEEN);
            }
            self.cluster().node(victim)?.kill()?;
        }
        self.watch(round)?;
        self.let_pass(round)?;
        self.cluster().start_all()
    }

    fn stop(&mut self, round: &mut Round) -> anyhow::Result<()> {
        let victim = *round.victims.first().context("a node to stop")?;
        let before = self.cluster().node(victim)?.look()?;
        let began = now();
        self.cluster().node(victim)?.stop()?;
        self.watch(round)?;
        self.play.wait(STOPPED.saturating_sub(began.elapsed()))?;
        self.cluster().node(victim)?.go_on()?;
        if let Some(woken) = self.woken(victim, &before)? {
            round.fact("acknowledged by a woken node before it knew", woken, ("", Bound::None));
        }
        Ok(())
    }

    /// What a node that was woken acknowledges until it knows that it had been deposed. One that was on its way when the node
    /// was stopped may be among them.
    fn woken(&mut self, victim: u8, before: &Look) -> anyhow::Result<Option<f64>> {
        let (began, mut acknowledged) = (now(), None);
        while began.elapsed() < AWAKE {
            self.play.alive()?;
            let Ok(look) = self.cluster().node(victim)?.look() else { continue };
            let grown = |name: &str| look.sum(name, "") - before.sum(name, "");
            if grown("holdfast_lives_ended_total") > 0.0 {
                // It may have ended that life before the first look.
                return Ok(acknowledged.or(Some(0.0)));
            }
            acknowledged = Some(grown("holdfast_sends_acknowledged_total"));
            pause(BLINK);
        }
        Ok(acknowledged)
    }

    fn restart_all(&mut self, round: &mut Round) -> anyhow::Result<()> {
        self.cluster().kill_all()?;
        self.cluster().start_all()?;
        ready::wait(self.cluster())?;
        round.served = Some(unix());
        Ok(())
    }

    fn rolling(&mut self, round: &mut Round) -> anyhow::Result<()> {
        for number in round.victims.clone() {
            self.cluster().node(number)?.end()?;
            self.cluster().start(number)?;
            ready::wait(self.cluster())?;
        }
        round.fault.to = unix();
        Ok(())
    }

    fn add_remove(&mut self, round: &mut Round) -> anyhow::Result<()> {
        let added = self.guard.0.add()?;
        round.victims.push(added);
        ready::wait(self.cluster())?;
        self.guard.0.remove(added)?;
        ready::wait(self.cluster())?;
        round.fault.to = unix();
        Ok(())
    }

    fn busy(&mut self, round: &mut Round) -> anyhow::Result<()> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // A look begins the count of the longest gap anew.
        let _ = self.looks();
        let hogs: Vec<Hog> = (0..cores).map(|_| Hog::start()).collect::<Result<_, _>>()?;
        self.let_pass(round)?;
        drop(hogs);
        let gaps = self.looks();
        let gaps = gaps.iter().map(|(_, look)| look.sum("holdfast_beat_gap_microseconds", "") / 1e3);
        round.fact("longest time without a beat", gaps.fold(0.0, f64::max), ("ms", Bound::None));
        Ok(())
    }
}
