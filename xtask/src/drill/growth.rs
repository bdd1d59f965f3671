//! Nobody is hurt: what the agreement on the map costs while nobody says anything and while everybody does, and what of it
//! grows with messages. Never judges a conversation.

use std::path::Path;
use std::time::Duration;

use super::play::{People, Play};
use super::scenario::Scenario;
use super::scene::clock::{micros, unix};
use super::scene::looks;
use super::scene::round::Round;
use super::seen::window::Span;
use crate::bench::machine::{now, pause};
use crate::bench::report::Bound;
use crate::cluster::ready;
use crate::cluster::whole::Cluster;

/// Until conversations are begun and their agents found: what comes with them is not of their messages.
const SETTLING: Duration = Duration::from_secs(20);
/// Entries a second that nobody would notice: who leads and who votes is looked at now and then.
const FEW: f64 = 0.2;

/// What stands on the nodes' own pages and in the system's at one moment.
struct Count {
    /// Entries of the Raft log that the foremost map stands at.
    entries: f64,
    /// Changes of the map that any node proposed.
    proposals: f64,
    /// Messages acknowledged.
    messages: f64,
    /// Memory of all nodes, MiB.
    memory: f64,
    /// Files of the Raft logs, KiB.
    disk: f64,
}

impl Count {
    fn of(cluster: &Cluster) -> Self {
        let looks = looks(cluster);
        let sum = |name: &str| looks.iter().map(|(_, look)| look.sum(name, "")).sum();
        let applied = looks.iter().map(|(_, look)| look.sum("holdfast_map_applied", ""));
        let memory = cluster.nodes().filter_map(|node| Some(node.about()?.1 as f64));
        Self {
            entries: applied.fold(0.0, f64::max),
            proposals: sum("holdfast_proposals"),
            messages: sum("holdfast_sends_acknowledged_total"),
            memory: memory.sum(),
            disk: cluster.nodes().map(|node| size(&node.raft())).sum::<u64>() as f64 / 1024.0,
        }
    }
}

/// Bytes of a folder and all in it; what vanishes meanwhile counts as nothing.
fn size(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let of = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(about) if about.is_dir() => size(&entry.path()),
        Ok(about) => about.len(),
        Err(_) => 0,
    };
    entries.flatten().map(of).sum()
}

/// Looks at both once; the verdict of the load is with it.
pub fn round(
    (cluster, number): (&Cluster, u32),
    (people, history): (&People, &Path),
    window: Duration,
) -> anyhow::Result<(Round, (bool, String))> {
    ready::wait(cluster)?;
    let (from, before) = (unix(), Count::of(cluster));
    pause(window);
    let mut round = Round::new((Scenario::FullLoad, number), Vec::new(), Span { from, to: unix() });
    tell(&mut round, "0", (&before, &Count::of(cluster), window.as_secs_f64()));
    let mut play = Play::start(cluster, (people, None), history)?;
    play.acknowledges(cluster, f64::from(people.sessions))?;
    play.wait(SETTLING)?;
    // Twice as long as it takes to see it: what grows, grows in both halves.
    for half in ["full load", "full load, after as long again"] {
        let (began, before) = (now(), Count::of(cluster));
        play.wait(window)?;
        tell(&mut round, half, (&before, &Count::of(cluster), began.elapsed().as_secs_f64()));
    }
    round.fault.to = round.fault.from + micros(window * 2 + SETTLING);
    round.settled = unix();
    Ok((round, play.end()?))
}

fn tell(round: &mut Round, load: &str, (before, after, seconds): (&Count, &Count, f64)) {
    let mut rate = |what: &str, grown: f64, bound| {
        round.fact(format!("{what} a second at {load}"), grown / seconds, ("", bound));
    };
    rate("messages", after.messages - before.messages, Bound::None);
    rate("proposals", after.proposals - before.proposals, Bound::Most(FEW));
    rate("entries of the Raft log", after.entries - before.entries, Bound::Most(FEW));
    round.fact(format!("memory of all nodes at {load}"), after.memory, ("MiB", Bound::None));
    round.fact(format!("Raft logs at {load}"), after.disk, ("KiB", Bound::None));
}
