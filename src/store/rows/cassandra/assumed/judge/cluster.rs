//! The cluster's row and the fences: what keeps one owner from acknowledging what another one does not see.

use super::super::facts::Facts;
use super::super::finding::Finding;

pub(super) fn judge(facts: &Facts) -> [Finding; 3] {
    [shards(facts), generation(facts), fences(facts)]
}

fn shards(facts: &Facts) -> Finding {
    let wanted = facts.wanted.shards;
    match facts.cluster.as_ref().map(|cluster| cluster.shards) {
        None => Finding::ok("shards", format!("no node was here yet; the store will have {wanted} shards")),
        Some(stored) if stored == wanted => Finding::ok("shards", format!("{stored} shards")),
        Some(stored) => Finding::refuse(
            "shards",
            format!(
                "the store was born with {stored} shards, this node is made for {wanted}: the number never changes"
            ),
        ),
    }
}

fn generation(facts: &Facts) -> Finding {
    let Some(cluster) = &facts.cluster else { return Finding::ok("generation", "no node was here yet") };
    let (newest, fenced) = (cluster.generation, cluster.fenced_below);
    if fenced >= newest {
        return Finding::ok("generation", format!("generation {newest}, all before it fenced"));
    }
    let sentence =
        format!("generation {newest} was begun and not finished; those from {fenced} on are not yet fenced");
    Finding::warn("generation", sentence)
}

fn fences(facts: &Facts) -> Finding {
    let Some(fences) = &facts.fences else {
        return Finding::ok("fences", "there is no generation that had to be fenced");
    };
    let of = format!("of generation {}", fences.generation);
    if fences.expiring > 0 {
        let sentence =
            format!("{} fences {of} have a TTL: they will vanish and revive a dead owner", fences.expiring);
        return Finding::refuse("fences", sentence);
    }
    if fences.missing.is_empty() {
        return Finding::ok("fences", format!("the fences {of} are there and stay"));
    }
    let missing = fences.missing.len();
    Finding::refuse("fences", format!("{missing} fences {of} are gone: somebody deleted them"))
}
