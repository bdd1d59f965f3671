//! What whoever agrees on the map must keep, as checks that any such group's tests run: the real one, in one process and over
//! TCP, and a simulated log. A check does to the group what a bad day does, lets proposals go on meanwhile, and then compares
//! what was answered with the map. A failed check panics with a message; what it needs to be repeated is in it.

mod checks;
mod history;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

pub use checks::{bootstrapped, calm, cut_off, idempotent, leader_killed, restarted, storm};

use crate::ownership::{Answer, Command, Epoch, Incarnation, Join, NodeName, Shard};
use crate::transport::BoxFuture;
use crate::{Cluster, ProposeError, View};

/// How long a check waits for what must come in the end. Generous: machines of tests are busy.
pub const WAIT: Duration = Duration::from_secs(20);

/// One member of a group that agrees on the map.
pub trait Agreement: Send + Sync {
    /// As [`Cluster::propose`].
    fn propose(&self, command: Command, wait: Duration) -> BoxFuture<'_, Result<Answer, ProposeError>>;

    /// As [`Cluster::map`].
    fn map(&self) -> Arc<View>;

    /// As [`Cluster::changed`].
    fn changed(&self) -> watch::Receiver<u64>;
}

impl Agreement for Cluster {
    fn propose(&self, command: Command, wait: Duration) -> BoxFuture<'_, Result<Answer, ProposeError>> {
        Box::pin(Cluster::propose(self, command, wait))
    }

    fn map(&self) -> Arc<View> {
        Cluster::map(self)
    }

    fn changed(&self) -> watch::Receiver<u64> {
        Cluster::changed(self)
    }
}

/// A group under test, all of whose members vote, with a founded map.
pub trait Ground: Send + Sync {
    /// How many members there are, running or not.
    fn size(&self) -> usize;

    /// A member, if it runs.
    fn member(&self, at: usize) -> Option<Arc<dyn Agreement>>;

    /// Who leads, as far as the members know.
    fn leader(&self) -> Option<usize>;

    /// Ends a member as a kill does.
    fn kill(&self, at: usize) -> BoxFuture<'_, ()>;

    /// Starts a member with what its disk holds.
    fn start(&self, at: usize) -> BoxFuture<'_, ()>;

    /// Whether this ground can cut members off.
    fn can_cut(&self) -> bool;

    /// Cuts a member off, silently.
    fn cut_off(&self, at: usize);

    /// Mends all that was cut.
    fn heal(&self);
}

/// The name that a check joins a member under.
#[must_use]
pub fn name_of(at: usize) -> NodeName {
    NodeName(format!("n{at}"))
}

/// A join of a member, as a check proposes it.
#[must_use]
pub fn join_of(at: usize, nonce: u128) -> Command {
    let (addresses, zone) = (crate::ownership::Addresses::default(), String::new());
    let nonce = crate::ownership::Nonce(nonce);
    Command::Join(Join { node: name_of(at), addresses, zone, level: 1, nonce })
}

/// Proposes until it is answered, whatever stands in the way, for as long as a check waits.
pub async fn insist(ground: &dyn Ground, at: usize, command: &Command) -> Answer {
    let until = Instant::now() + WAIT;
    loop {
        let member = ground.member(at).expect("the check lets this member run");
        match member.propose(command.clone(), WAIT / 4).await {
            Ok(answer) => return answer,
            Err(error) => assert!(Instant::now() < until, "member {at}: {command}: {error}"),
        }
    }
}

/// Waits until somebody leads; who it is.
pub async fn led(ground: &dyn Ground) -> usize {
    let until = Instant::now() + WAIT;
    loop {
        if let Some(leader) = ground.leader() {
            return leader;
        }
        assert!(Instant::now() < until, "nobody leads");
        a_moment().await;
    }
}

/// Waits until all members that run hold the same map at the same index; that view.
pub async fn settled(ground: &dyn Ground) -> Arc<View> {
    let until = Instant::now() + WAIT;
    loop {
        let members: Vec<_> = (0..ground.size()).filter_map(|at| ground.member(at)).collect();
        let views: Vec<Arc<View>> = members.iter().map(|member| member.map()).collect();
        let newest = views.iter().max_by_key(|view| view.applied).expect("somebody runs");
        let Some(behind) = views.iter().position(|view| view.applied < newest.applied) else {
            assert!(views.iter().all(|view| view.map == newest.map), "two maps at index {}", newest.applied);
            return newest.clone();
        };
        let mut changed = members[behind].changed();
        let arrived = timeout_at(until, changed.wait_for(|applied| *applied >= newest.applied)).await;
        assert!(
            matches!(arrived, Ok(Ok(_))),
            "a member stays at {} of {}",
            views[behind].applied,
            newest.applied
        );
    }
}

/// A moment between two looks at something that cannot be waited for.
pub async fn a_moment() {
    let _ = timeout(Duration::from_millis(5), std::future::pending::<()>()).await;
}

/// Who holds a shard, and since when.
fn held(view: &View, shard: Shard) -> (Option<Incarnation>, Epoch) {
    let holding = view.map.holding(shard).expect("the check's shards exist");
    (holding.owner, holding.epoch)
}
