//! The checks. Each leaves the group whole, so that the next can follow.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join, join_all};
use tokio::time::Instant;

use super::history::{History, SHARDS};
use super::{Ground, WAIT, a_moment, held, insist, join_of, led, settled};
use crate::View;
use crate::ownership::{Answer, Command, Incarnation, Reason, Shard};

/// Proposals under way at each member.
const LANES: usize = 4;

/// Every member joins the map under a name of its own; the map has an owner for all shards.
pub async fn bootstrapped(ground: &dyn Ground) {
    for at in 0..ground.size() {
        let answer = insist(ground, at, &join_of(at, at as u128)).await;
        assert!(matches!(answer, Answer::Joined(_)), "{answer:?}");
    }
    let view = settled(ground).await;
    assert!(view.map.shards().all(|(_, holding)| holding.owner.is_some()), "{view:?}");
}

/// Lets proposals go on at all members while `scenario` runs and for a while after, then checks their answers.
async fn during(ground: &dyn Ground, scenario: impl Future<Output = ()>) -> (History, Arc<View>) {
    let history = History::default();
    let lanes = (0..ground.size()).flat_map(|at| (0..LANES).map(move |lane| (at, lane)));
    let proposals = join_all(lanes.map(|(at, lane)| history.run(ground, at, lane)));
    let script = async {
        more(&history).await;
        scenario.await;
        more(&history).await;
        history.end();
    };
    join(proposals, script).await;
    let end = settled(ground).await;
    history.check(&end);
    (history, end)
}

/// Waits until a few more proposals are answered.
async fn more(history: &History) {
    let (wanted, until) = (history.answered() + 20, Instant::now() + WAIT);
    while history.answered() < wanted {
        assert!(Instant::now() < until, "proposals are no longer answered");
        a_moment().await;
    }
}

/// Proposals of all members at once are linearizable, and on a calm day each change has exactly one that made it.
pub async fn calm(ground: &dyn Ground) {
    let before = settled(ground).await;
    let (history, end) = during(ground, async {}).await;
    let counter = |view: &View| (0..SHARDS).map(|shard| held(view, Shard(shard)).1.counter()).sum::<u32>();
    let changes = (counter(&end) - counter(&before)) as usize;
    assert_eq!((history.answered(), history.unknown()), (changes, 0));
}

/// One join that is proposed by all members at once, again and again, begins one life.
pub async fn idempotent(ground: &dyn Ground) {
    let before = settled(ground).await.map.lives().len();
    let command = join_of(0, 0xb0a7);
    let twice = (0..ground.size()).chain(0..ground.size());
    let answers = join_all(twice.map(|at| insist(ground, at, &command))).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let after = settled(ground).await;
    assert_eq!(after.map.lives().len(), before + 1, "{:?}", after.map.lives());
    retire_extra(ground, &after).await;
}

/// Has the lives that ended reported as fenced, so that checks do not pile them up.
async fn retire_extra(ground: &dyn Ground, view: &View) {
    let unfenced: Vec<Incarnation> = view.map.unfenced().collect();
    for incarnation in unfenced {
        insist(ground, 0, &Command::Fenced { incarnation }).await;
    }
}

/// The leader is killed under load: proposals go on, and nothing that was answered is lost. How long nobody led.
pub async fn leader_killed(ground: &dyn Ground) -> Duration {
    let leader = led(ground).await;
    let mut gap = Duration::ZERO;
    during(ground, async {
        let began = Instant::now();
        ground.kill(leader).await;
        first_answer(ground, leader).await;
        gap = began.elapsed();
        ground.start(leader).await;
    })
    .await;
    gap
}

/// The leader is cut off under load, and comes back: it has promised nothing meanwhile that is not so. None: the ground
/// cannot cut.
pub async fn cut_off(ground: &dyn Ground) -> Option<Duration> {
    if !ground.can_cut() {
        return None;
    }
    let leader = led(ground).await;
    let mut gap = Duration::ZERO;
    during(ground, async {
        let began = Instant::now();
        ground.cut_off(leader);
        first_answer(ground, leader).await;
        gap = began.elapsed();
        // The old leader may not answer while it is alone, whatever it believes.
        let alone = ground.member(leader).expect("it runs");
        let (owner, _) = held(&alone.map(), Shard(0));
        let depose = Command::Depose { incarnation: owner.expect("owned"), reason: Reason::Silent };
        let answer = alone.propose(depose, Duration::from_millis(300)).await;
        assert!(answer.is_err(), "a member that is cut off was answered {answer:?}");
        ground.heal();
    })
    .await;
    // What it proposed may have been applied since: then its shards have moved, and all agree on that.
    rejoin(ground).await;
    Some(gap)
}

/// Joins members again whose life was ended by a check.
async fn rejoin(ground: &dyn Ground) {
    let view = settled(ground).await;
    for at in 0..ground.size() {
        let node = view.map.nodes().get(&super::name_of(at)).expect("it joined");
        if !view.map.state(node.incarnation).is_some_and(crate::ownership::State::owns) {
            insist(ground, at, &join_of(at, u128::from(node.incarnation.0) << 32)).await;
        }
    }
    let view = settled(ground).await;
    retire_extra(ground, &view).await;
}

/// Waits until a member other than `but` has a proposal answered.
async fn first_answer(ground: &dyn Ground, but: usize) {
    let other = (0..ground.size()).find(|at| *at != but).expect("there are several");
    // Fenced of a life that is gone changes nothing: only that it is answered counts.
    let answer = insist(ground, other, &Command::SetLevel { level: 0 }).await;
    assert_eq!(answer, Answer::Unchanged);
}

/// Everybody is killed at once and started again: the map is what it was.
pub async fn restarted(ground: &dyn Ground) {
    let before = settled(ground).await;
    for at in 0..ground.size() {
        ground.kill(at).await;
    }
    for at in 0..ground.size() {
        ground.start(at).await;
    }
    led(ground).await;
    let after = settled(ground).await;
    assert_eq!(before.map, after.map);
    during(ground, async {}).await;
}

/// Members are killed, cut off and started in an order that the seed draws, never more than a minority at once, under load.
pub async fn storm(ground: &dyn Ground, seed: u64, steps: usize) {
    println!("storm of {} members, seed {seed}", ground.size());
    let mut draw = Draw(seed);
    let mut away = Away::default();
    let scenario = async {
        for _ in 0..steps {
            away.next(ground, &mut draw).await;
            a_moment().await;
        }
        away.back(ground).await;
    };
    let (history, _) = during(ground, scenario).await;
    println!("{} answers, {} outcomes unknown", history.answered(), history.unknown());
}

/// Numbers that a seed gives; SplitMix64.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) >> 33).unwrap_or(0) % end
    }
}

/// Who does not take part now.
#[derive(Debug, Default)]
struct Away {
    killed: Vec<usize>,
    cut: Vec<usize>,
}

impl Away {
    /// Takes one more away, or brings all back.
    async fn next(&mut self, ground: &dyn Ground, draw: &mut Draw) {
        let at = draw.below(ground.size());
        let away = self.killed.len() + self.cut.len();
        let is_away = self.killed.contains(&at) || self.cut.contains(&at);
        if is_away || 2 * (away + 1) >= ground.size() {
            led(ground).await;
            return self.back(ground).await;
        }
        if ground.can_cut() && draw.below(2) == 0 {
            ground.cut_off(at);
            self.cut.push(at);
        } else {
            ground.kill(at).await;
            self.killed.push(at);
        }
    }

    async fn back(&mut self, ground: &dyn Ground) {
        ground.heal();
        self.cut.clear();
        for at in std::mem::take(&mut self.killed) {
            ground.start(at).await;
        }
    }
}
