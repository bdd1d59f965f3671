//! A zone fails: a node and a server of Cassandra at once. Never leaves the server as the fault has left it.

use std::time::Duration;

use anyhow::Context as _;

use super::Scene;
use super::round::Round;
use crate::bench::machine::now;
use crate::cassandra::Cluster as Servers;
use crate::drill::scenario::STOPPED;

impl Scene {
    /// Kills both.
    pub(super) fn kill_zone(&mut self, round: &mut Round) -> anyhow::Result<()> {
        let (victim, server) = self.zone(round)?;
        self.servers()?.kill(server)?;
        self.cluster().node(victim)?.kill()?;
        self.watch(round)?;
        self.let_pass(round)?;
        self.servers()?.restart(&[server])?;
        self.cluster().start_all()
    }

    /// Stops both for a while.
    pub(super) fn stop_zone(&mut self, round: &mut Round) -> anyhow::Result<()> {
        let (victim, server) = self.zone(round)?;
        let began = now();
        self.servers()?.pause(server)?;
        self.cluster().node(victim)?.stop()?;
        let seen = self.watch(round);
        let waited = seen.and_then(|()| self.rest(began.elapsed()));
        // Whatever went wrong, nobody stays stopped.
        self.servers()?.resume(server)?;
        self.cluster().node(victim)?.go_on()?;
        waited
    }

    fn rest(&mut self, gone: Duration) -> anyhow::Result<()> {
        self.play.wait(STOPPED.saturating_sub(gone))
    }

    /// The node and the server of the zone; another one each round.
    fn zone(&self, round: &Round) -> anyhow::Result<(u8, u8)> {
        let victim = *round.victims.first().context("a node of the zone")?;
        let nodes = u32::from(self.servers()?.settings.nodes);
        Ok((victim, 1 + u8::try_from(round.number % nodes)?))
    }

    fn servers(&self) -> anyhow::Result<&Servers> {
        self.servers.as_ref().context("servers of Cassandra that the drill has started")
    }
}
