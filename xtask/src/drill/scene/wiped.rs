//! All Raft disks are wiped while the processes run: one node founds the cluster anew over the conversations that are there, and
//! the old processes have to find out. Never ends them: they do.

use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::Scene;
use super::clock::unix;
use super::round::Round;
use crate::bench::machine::now;
use crate::bench::report::Bound;
use crate::cassandra::State;
use crate::cluster::ready;

/// Longest wait for the old processes to end, and for a node that has founded the cluster anew.
const FOUND_OUT: Duration = Duration::from_secs(60);

impl Scene {
    /// Wipes, founds, and starts what has ended.
    pub(super) fn wipe(&mut self, round: &mut Round) -> anyhow::Result<()> {
        let cluster = self.guard.0.clone();
        cluster.nodes().try_for_each(|node| node.wipe_raft())?;
        let founder = *round.victims.first().context("a node that founds")?;
        cluster.node(founder)?.kill()?;
        cluster.start_founder(founder)?;
        let founded = unix();
        let mut left: Vec<u8> = cluster.numbers().into_iter().filter(|number| *number != founder).collect();
        let old = left.len();
        let began = now();
        while !left.is_empty() {
            ensure!(began.elapsed() < FOUND_OUT, "old processes go on after {FOUND_OUT:?}: nodes {left:?}");
            for number in left.clone() {
                let node = cluster.node(number)?;
                if node.state() == State::Gone {
                    left.retain(|other| *other != number);
                    // As a supervisor of processes does.
                    cluster.start(number)?;
                }
            }
            self.play.wait(Duration::from_millis(20))?;
        }
        let found_out = (unix() - founded) as f64 / 1e3;
        ready::wait(&cluster)?;
        round.served = Some(unix());
        round.fault.to = unix();
        round.fact("old processes that ended by themselves", old as f64, ("", Bound::Least(old as f64)));
        round.fact("from the new founding to the last one's end", found_out, ("ms", Bound::None));
        Ok(())
    }
}
