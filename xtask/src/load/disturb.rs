//! Disturbs the servers of a load run, one after the other and each until all is whole again, or all of them at once. Judges
//! nothing: what clients saw of it stands in the history.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::ValueEnum;

use crate::bench::machine::{now, pause};
use crate::cassandra::{Cluster, Cut};

/// Before the first one: agents sign in, and conversations begin.
const BEGINNING: Duration = Duration::from_secs(20);
/// Between two, so that what one does is not taken for what the next one does.
const REST: Duration = Duration::from_secs(5);
/// The longest time without an acknowledgement while a majority of the servers serves, milliseconds.
const LONGEST_GAP: u64 = 1_500;

/// What is done to servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Fault {
    /// One server: SIGKILL, then started again.
    Kill,
    /// One server: SIGSTOP, then SIGCONT.
    Pause,
    /// One server: its links to the others and to clients, then healed.
    Cut,
    /// Kill, pause and cut.
    All,
    /// All servers at once: SIGKILL, then started again.
    AllDown,
}

impl Fault {
    /// What it may take until all is whole again on two cores that conversations keep busy.
    fn mending(self) -> Duration {
        Duration::from_secs(match self {
            Self::Pause | Self::Cut => 10,
            Self::Kill | Self::All => 60,
            Self::AllDown => 90,
        })
    }
}

/// The disturbances of a run.
#[derive(Debug, Clone, clap::Args)]
#[group(id = "disturbances")]
pub struct Disturb {
    /// Disturb the servers of the run; a majority always serves, but for all-down
    #[arg(long, value_enum, value_delimiter = ',', value_name = "FAULT", requires = "store")]
    disturb: Vec<Fault>,
    /// Each fault so often, on one server after the other
    #[arg(long, default_value_t = 1, value_name = "N")]
    rounds: usize,
    /// Seconds that a fault lasts
    #[arg(long, default_value_t = 10, value_name = "SECONDS")]
    hold: u64,
}

impl Disturb {
    /// Whether there are none.
    pub fn is_none(&self) -> bool {
        self.disturb.is_empty()
    }

    /// Each fault with the server that it hits, in their order.
    fn plan(&self, servers: u8) -> Vec<(Fault, u8)> {
        let single = [Fault::Kill, Fault::Pause, Fault::Cut];
        let faults: Vec<Fault> = self
            .disturb
            .iter()
            .flat_map(|fault| if *fault == Fault::All { single.to_vec() } else { vec![*fault] })
            .collect();
        let places = (0..self.rounds).flat_map(|round| (0..faults.len()).map(move |at| (round, at)));
        // Another server each time, and another one for the same fault in the next round.
        let server = |round: usize, at: usize| (round + at) % usize::from(servers) + 1;
        places.map(|(round, at)| (faults[at], u8::try_from(server(round, at)).unwrap_or(1))).collect()
    }

    /// Tells `holdfast load` how long to play, and what nobody may see.
    pub fn bound(&self, load: &mut Command, servers: u8) {
        let plan = self.plan(servers);
        let each = |fault: Fault| Duration::from_secs(self.hold) + fault.mending() + REST;
        let seconds = (BEGINNING + plan.iter().map(|(fault, _)| each(*fault)).sum::<Duration>()).as_secs();
        load.args(["--duration", &seconds.to_string()]);
        if plan.iter().all(|(fault, _)| *fault != Fault::AllDown) {
            load.args(["--longest-gap", &LONGEST_GAP.to_string(), "--no-refusals"]);
        }
    }

    /// Does them all while `play` runs; fails when it ends before.
    pub fn run(&self, cluster: &Cluster, play: &mut Child) -> anyhow::Result<()> {
        let scene = Scene { began: now(), cluster, hold: Duration::from_secs(self.hold) };
        scene.wait(BEGINNING, play)?;
        for (fault, node) in self.plan(cluster.settings.nodes) {
            scene.act(fault, node, play).with_context(|| format!("{fault:?} of server {node}"))?;
            scene.wait(REST, play)?;
        }
        scene.say("undisturbed until the end");
        Ok(())
    }
}

/// A run that is disturbed.
struct Scene<'a> {
    began: Instant,
    cluster: &'a Cluster,
    hold: Duration,
}

impl Scene<'_> {
    fn say(&self, what: &str) {
        eprintln!("    second {:.1}: {what}", self.began.elapsed().as_secs_f64());
    }

    fn wait(&self, time: Duration, play: &mut Child) -> anyhow::Result<()> {
        let began = now();
        while began.elapsed() < time {
            ensure!(play.try_wait()?.is_none(), "the play has ended before the last disturbance");
            pause(Duration::from_millis(50));
        }
        Ok(())
    }

    fn act(&self, fault: Fault, node: u8, play: &mut Child) -> anyhow::Result<()> {
        let cluster = self.cluster;
        self.say(&match fault {
            Fault::AllDown => "SIGKILL for all servers".to_owned(),
            fault => format!("{fault:?} of server {node}").to_lowercase(),
        });
        match fault {
            Fault::Kill | Fault::All => cluster.kill(node)?,
            Fault::Pause => cluster.pause(node)?,
            Fault::Cut => cluster.cut(node, &Cut { clients: true, ..Cut::default() })?,
            Fault::AllDown => cluster.kill_all()?,
        }
        self.wait(self.hold, play)?;
        self.say("mend it");
        cluster.mend()?;
        self.say("each server reaches each again");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_meets_each_server() {
        let disturb = Disturb { disturb: vec![Fault::All], rounds: 3, hold: 1 };
        let mut plan: Vec<String> =
            disturb.plan(3).iter().map(|(fault, node)| format!("{fault:?} {node}")).collect();
        assert_eq!(plan[..4], ["Kill 1", "Pause 2", "Cut 3", "Kill 2"]);
        plan.sort();
        plan.dedup();
        assert_eq!(plan.len(), 9);
    }
}
