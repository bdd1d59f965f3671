//! Nodes that are cut off from somebody. Never leaves a cut behind: [`Cuts`](crate::drill::cut::Cuts) heals when it goes.

use std::time::Duration;

use anyhow::Context as _;

use super::Scene;
use super::round::Round;
use crate::bench::machine::now;
use crate::bench::report::Bound;
use crate::drill::cut::From;
use crate::drill::scenario::{STOPPED, Scenario};

impl Scene {
    /// Cuts a node off for a while. Its ops listener can be reached all the time, so it can be looked at.
    pub(super) fn cut(&mut self, round: &mut Round) -> anyhow::Result<()> {
        let victim = *round.victims.first().context("a node to cut off")?;
        let from: &[From] = match round.scenario {
            Scenario::CutPeers => &[From::Peers],
            Scenario::CutStore => &[From::Store],
            _ => &[From::Peers, From::Store, From::Clients],
        };
        let began = now();
        let cuts = self.cuts.as_ref().context("nodes whose links can be cut")?;
        cuts.cut(&self.cluster().plan, victim, from)?;
        self.watch(round)?;
        if from.contains(&From::Clients) {
            // Nobody can look at it either.
            self.play.wait(STOPPED.saturating_sub(began.elapsed()))?;
        } else {
            self.look_at_cut((round, victim), STOPPED.saturating_sub(began.elapsed()))?;
        }
        self.cuts.as_ref().context("nodes whose links can be cut")?.heal()
    }

    /// What a node does that is cut off from some only: it says so to us.
    fn look_at_cut(&mut self, (round, victim): (&mut Round, u8), time: Duration) -> anyhow::Result<()> {
        let counted = |scene: &Self| -> anyhow::Result<f64> {
            let look = scene.cluster().node(victim)?.look()?;
            Ok(look.sum("holdfast_sends_acknowledged_total", ""))
        };
        let before = counted(self)?;
        self.play.wait(time)?;
        if round.served.is_some() {
            let more = counted(self)? - before;
            round.fact(
                "acknowledged by the cut node after others had its shards",
                more,
                ("", Bound::Most(0.0)),
            );
        }
        Ok(())
    }
}
