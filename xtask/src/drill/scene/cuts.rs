//! Nodes that are cut off from somebody. Never leaves a cut behind: [`Cuts`](crate::drill::cut::Cuts) heals when it goes.

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
        let from = if round.scenario == Scenario::CutStore { From::Store } else { From::Peers };
        let ended = |scene: &Self| scene.counted(victim, "holdfast_lives_ended_total");
        let (began, lives) = (now(), ended(self)?);
        self.cuts.as_ref().context("nodes whose links can be cut")?.cut(
            &self.cluster().plan,
            victim,
            &[from],
        )?;
        self.watch(round)?;
        let acknowledged = self.counted(victim, "holdfast_sends_acknowledged_total")?;
        self.play.wait(STOPPED.saturating_sub(began.elapsed()))?;
        if round.served.is_some() {
            let more = self.counted(victim, "holdfast_sends_acknowledged_total")? - acknowledged;
            round.fact(
                "acknowledged by the cut node after others had its shards",
                more,
                ("", Bound::Most(0.0)),
            );
        }
        let knew = ended(self)? - lives;
        round.fact("lives that the cut node ended before it was healed", knew, ("", Bound::None));
        self.cuts.as_ref().context("nodes whose links can be cut")?.heal()
    }

    /// A figure of one node.
    fn counted(&self, node: u8, name: &str) -> anyhow::Result<f64> {
        Ok(self.cluster().node(node)?.look()?.sum(name, ""))
    }
}
