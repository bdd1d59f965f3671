//! Proposals that go on while a check does its worst, and what their answers prove. Each releases a shard at the epoch that
//! its member's map shows: the answers are those of a counter that many raise, and a counter that is not linearizable
//! gives one number twice, or a lower one later.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use parking_lot::Mutex;
use tokio::time::Instant;

use super::{Ground, a_moment, held};
use crate::ownership::{Answer, Command, Epoch, Shard};
use crate::{ProposeError, View};

/// Shards that the proposals fight for.
pub const SHARDS: u16 = 2;

/// A release that was answered with the epoch that it began.
#[derive(Clone, Copy, Debug)]
#[expect(dead_code, reason = "who was answered is for the message of a failed check")]
struct Raised {
    shard: Shard,
    epoch: Epoch,
    began: Instant,
    ended: Instant,
    member: usize,
}

/// All that was answered.
#[derive(Debug, Default)]
pub struct History {
    raised: Mutex<Vec<Raised>>,
    unknown: AtomicUsize,
    over: AtomicBool,
}

impl History {
    /// Lets the proposals end.
    pub fn end(&self) {
        self.over.store(true, Relaxed);
    }

    /// How many releases were answered.
    pub fn answered(&self) -> usize {
        self.raised.lock().len()
    }

    /// How many outcomes stayed unknown.
    pub fn unknown(&self) -> usize {
        self.unknown.load(Relaxed)
    }

    /// Proposes at one member until the history ends.
    pub async fn run(&self, ground: &dyn Ground, at: usize, lane: usize) {
        for round in lane.. {
            if self.over.load(Relaxed) {
                return;
            }
            let shard = Shard(u16::try_from(round % usize::from(SHARDS)).unwrap_or(0));
            if !self.once(ground, at, shard).await {
                a_moment().await;
            }
        }
    }

    /// One release. False: there was nothing to propose, or no member to propose it.
    async fn once(&self, ground: &dyn Ground, at: usize, shard: Shard) -> bool {
        let Some(member) = ground.member(at) else { return false };
        let (Some(by), epoch) = held(&member.map(), shard) else { return false };
        let command = Command::Release { shard, epoch, by, to: Some(by) };
        let began = Instant::now();
        match member.propose(command, super::WAIT / 10).await {
            Ok(Answer::Released { epoch, .. }) => {
                let seen = held(&member.map(), shard).1;
                assert!(seen >= epoch, "member {at} was answered {epoch} and sees {seen}");
                self.raised.lock().push(Raised { shard, epoch, began, ended: Instant::now(), member: at });
                true
            }
            Ok(Answer::Unchanged) => true,
            Ok(other) => panic!("a release was answered {other:?}"),
            Err(ProposeError::Unknown) => {
                self.unknown.fetch_add(1, Relaxed);
                false
            }
            Err(ProposeError::NoLeader | ProposeError::Busy) => false,
            Err(ProposeError::Refused(refusal)) => panic!("a release was refused: {refusal}"),
        }
    }

    /// No number twice, none lower than one that was answered before it was asked for, and none above the map in the end.
    pub fn check(&self, end: &View) {
        let mut raised = self.raised.lock().clone();
        raised.sort_by_key(|at| (at.shard, at.epoch));
        for pair in raised.windows(2).filter(|pair| pair[0].shard == pair[1].shard) {
            assert!(pair[0].epoch != pair[1].epoch, "one epoch was begun twice: {pair:?}");
        }
        for shard in (0..SHARDS).map(Shard) {
            let mine: Vec<&Raised> = raised.iter().filter(|at| at.shard == shard).collect();
            in_order(&mine);
            let last = mine.last().map_or(Epoch(0), |at| at.epoch);
            let holds = held(end, shard).1;
            assert!(last <= holds, "{last} of shard {shard} was answered, and the map ends at {holds}");
        }
    }
}

/// Who was asked after another was answered has the higher epoch. By epoch: nobody may have begun after a higher one ended.
fn in_order(raised: &[&Raised]) {
    let mut earliest_end: Option<&Raised> = None;
    for at in raised.iter().rev() {
        if let Some(higher) = earliest_end {
            assert!(at.began <= higher.ended, "{at:?} was asked for after {higher:?} was answered");
        }
        if earliest_end.is_none_or(|higher| at.ended < higher.ended) {
            earliest_end = Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Epoch, Instant, Raised, Shard, in_order};

    fn raised(epoch: u64, began: u64, ended: u64) -> Raised {
        let base = Instant::now();
        let at = |millis| base + Duration::from_millis(1000 * millis);
        Raised { shard: Shard(0), epoch: Epoch(epoch), began: at(began), ended: at(ended), member: 0 }
    }

    #[test]
    fn proposals_that_overlap_may_be_answered_in_any_order() {
        in_order(&[&raised(1, 2, 9), &raised(2, 1, 3), &raised(3, 2, 4)]);
    }

    #[test]
    #[should_panic(expected = "was asked for after")]
    fn a_lower_number_that_was_asked_for_later_is_found() {
        in_order(&[&raised(1, 5, 9), &raised(2, 6, 8), &raised(3, 1, 3)]);
    }
}
