//! A cluster with people on it, and what is done to it round by round. Never judges: it notes when what was done and seen.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;

use super::owners::Owners;
use super::play::Play;
use super::scenario::{BETWEEN, STOPPED, Scenario};
use super::window::{Moment, Span};
use crate::bench::machine::{now, pause};
use crate::cluster::look::Look;
use crate::cluster::ready::{self, SHARDS};
use crate::cluster::whole::{Cluster, Guard};

/// Between two looks at the nodes that are left.
const GLANCE: Duration = Duration::from_millis(20);

/// Between two looks at a node that was just woken.
const BLINK: Duration = Duration::from_millis(2);
/// How long a node that was woken is looked at.
const AWAKE: Duration = Duration::from_secs(5);

/// What a round was.
#[derive(Debug, Clone)]
pub struct Round {
    /// What was done.
    pub scenario: Scenario,
    /// Its number among those of its scenario, from 1.
    pub number: u32,
    /// To which nodes.
    pub victims: Vec<u8>,
    /// Who owned what before.
    pub owners: Owners,
    /// The window before it.
    pub quiet: Span,
    /// The window from its beginning on.
    pub fault: Span,
    /// When a survivor's map had changed.
    pub map_changed: Option<Moment>,
    /// When all shards had workers again.
    pub served: Option<Moment>,
    /// When the whole cluster had settled again.
    pub settled: Moment,
    /// The silence after which a node is suspected, milliseconds.
    pub suspect_after: f64,
    /// Sums of phases of takeovers during it, by label, if nodes measure them: seconds and count.
    pub phases: Vec<(String, f64)>,
    /// What a node that was woken acknowledged before it knew that it had been deposed, where that is looked at. One that was
    /// on its way when the node was stopped may be among them.
    pub woken: Option<f64>,
    /// The longest time without a beat, milliseconds, where that is looked at.
    pub longest_gap: Option<f64>,
}

/// A cluster with people on it.
pub struct Scene {
    /// The nodes.
    pub guard: Guard,
    /// The people.
    pub play: Play,
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
        let victims = victims(scenario, number, &looks);
        let suspect_after = looks.iter().map(|(_, look)| look.sum("holdfast_suspect_after_milliseconds", ""));
        let suspect_after = suspect_after.fold(0.0, f64::max);
        let asked = self.cluster().plan.nodes.first().context("a cluster has a node")?;
        let owners = Owners::at(asked.ops(), &self.key)?;
        let at = unix();
        let mut round = Round {
            scenario,
            number,
            victims,
            owners,
            quiet: Span { from, to: at },
            fault: Span { from: at, to: at },
            map_changed: None,
            served: None,
            settled: at,
            suspect_after,
            phases: Vec::new(),
            woken: None,
            longest_gap: None,
        };
        self.act(&mut round)?;
        ready::wait(self.cluster())?;
        round.settled = unix();
        round.fault.to = round.fault.to.max(at + micros(scenario.window(self.window)));
        self.let_pass(&round)?;
        round.phases = phases(&looks, &self.looks());
        Ok(round)
    }

    /// The window of a fault is looked at to its end, also when all is well before.
    fn let_pass(&mut self, round: &Round) -> anyhow::Result<()> {
        let end = round.fault.from + micros(round.scenario.window(self.window));
        self.play.wait(Duration::from_micros(end.saturating_sub(unix())))
    }

    fn looks(&self) -> Vec<(u8, Look)> {
        self.cluster().nodes().filter_map(|node| Some((node.place.number, node.look().ok()?))).collect()
    }

    fn act(&mut self, round: &mut Round) -> anyhow::Result<()> {
        match round.scenario {
            Scenario::KillFollower | Scenario::KillLeader | Scenario::TwoInARow => self.kill(round),
            Scenario::Stop => self.stop(round),
            Scenario::RestartAll => self.restart_all(round),
            Scenario::Rolling => self.rolling(round),
            Scenario::AddRemove => self.add_remove(round),
            Scenario::Busy => self.busy(round),
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
        round.woken = self.woken(victim, &before)?;
        Ok(())
    }

    /// Looks at a node that was woken until it knows that it had been deposed.
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
        round.longest_gap = Some(gaps.fold(0.0, f64::max));
        Ok(())
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

/// Whom it is done to; another one each time, where there is a choice.
fn victims(scenario: Scenario, number: u32, looks: &[(u8, Look)]) -> Vec<u8> {
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
        Scenario::KillFollower => turned(which(false), 1),
        Scenario::KillLeader => turned(which(true), 1),
        Scenario::Stop => turned(all, 1),
        Scenario::TwoInARow => turned(all, 2),
        Scenario::RestartAll | Scenario::Rolling => all,
        Scenario::AddRemove | Scenario::Busy => Vec::new(),
    }
}

/// What nodes measured of takeovers meanwhile: the growth of each sum and count; a node that was started anew began at nothing.
fn phases(before: &[(u8, Look)], after: &[(u8, Look)]) -> Vec<(String, f64)> {
    let mut grown = std::collections::BTreeMap::<String, f64>::new();
    for (number, look) in after {
        let old = before.iter().find(|(other, _)| other == number).map(|(_, look)| look);
        for (line, value) in
            look.lines("holdfast_takeover_seconds").filter(|(line, _)| !line.contains("_bucket"))
        {
            let old = old.and_then(|old| old.lines(line).next()).map_or(0.0, |(_, value)| value);
            *grown.entry(line.to_owned()).or_default() += if value >= old { value - old } else { value };
        }
    }
    grown.into_iter().collect()
}

/// Something else that keeps a core busy; killed when it is dropped.
struct Hog(Child);

impl Hog {
    fn start() -> anyhow::Result<Self> {
        let mut hog = Command::new("setpriv");
        hog.args(["--pdeathsig", "KILL", "sh", "-c", "while :; do :; done"]).stdin(Stdio::null());
        Ok(Self(hog.spawn().context("setpriv (package util-linux) and sh keep cores busy")?))
    }
}

impl Drop for Hog {
    fn drop(&mut self) {
        // It does not end by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Now.
#[expect(
    clippy::disallowed_methods,
    reason = "a drill compares with the logs of other processes; no simulation runs it"
)]
pub fn unix() -> Moment {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, micros)
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
