//! A world of its own: one thread, a clock that jumps, tasks that run in an order drawn from the seed. The same seed gives the
//! same run, event by event, and the same hash. Never reads the machine's clock and never asks the system for chance.

pub mod chance;
pub mod process;
mod sleep;
mod trace;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use parking_lot::Mutex;

pub use self::chance::Chance;
pub use self::sleep::Sleep;
use self::trace::Trace;

/// What one turn of a task takes, nanoseconds: so that tasks which wake each other come to an end of their moment.
const TURN: u64 = 1_000;

/// Turns that no healthy run comes near.
const TURNS: u64 = 5_000_000;

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tasks that end together: a process has one group for each of its lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group(pub u64);

/// The group of everything that does not die: people, network, store.
pub const FOREVER: Group = Group(0);

/// The world. Clones are the same one.
#[derive(Clone)]
pub struct World(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    ready: Arc<Ready>,
    order: Chance,
}

#[derive(Default)]
struct State {
    now: u64,
    number: u64,
    /// Tasks with their groups; a task that is being run is not in its place.
    tasks: BTreeMap<u64, (Group, Option<Task>)>,
    timers: BTreeMap<(u64, u64), Timer>,
    trace: Trace,
}

enum Timer {
    /// A sleep that is polled by somebody.
    Wake(Waker),
    /// Something that happens by itself.
    Act(Box<dyn FnOnce() + Send>),
}

/// Tasks that were woken. A set, so that the order of the wakes within one turn does not matter.
#[derive(Default)]
struct Ready(Mutex<BTreeSet<u64>>);

/// What wakes one task.
struct Bell {
    ready: Arc<Ready>,
    task: u64,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.ready.0.lock().insert(self.task);
    }
}

impl World {
    /// The world of a seed; `chance` gives the order in which tasks run.
    pub fn new(chance: &Chance) -> Self {
        let (state, ready) = (Mutex::default(), Arc::default());
        Self(Arc::new(Inner { state, ready, order: chance.fork() }))
    }

    /// Nanoseconds since the world began.
    pub fn now(&self) -> u64 {
        self.0.state.lock().now
    }

    /// Runs a task until it ends or its group is killed.
    pub fn spawn(&self, group: Group, task: impl Future<Output = ()> + Send + 'static) {
        let mut state = self.0.state.lock();
        state.number += 1;
        let number = state.number;
        state.tasks.insert(number, (group, Some(Box::pin(task))));
        drop(state);
        self.0.ready.0.lock().insert(number);
    }

    /// Ends everything of a group, in the middle of whatever it does.
    pub fn kill(&self, group: Group) {
        let mut state = self.0.state.lock();
        let dead: Vec<u64> =
            state.tasks.iter().filter(|(_, (of, _))| *of == group).map(|(task, _)| *task).collect();
        let dead: Vec<_> = dead.into_iter().filter_map(|task| state.tasks.remove(&task)).collect();
        drop(state);
        // What ends may wake others, who are looked up again.
        drop(dead);
    }

    /// Ends after `wait`.
    pub fn sleep(&self, wait: Duration) -> Sleep {
        Sleep::new(self.clone(), nanos(wait))
    }

    /// Lets something happen after `wait`, whoever is dead by then.
    pub fn after(&self, wait: Duration, act: impl FnOnce() + Send + 'static) {
        let mut state = self.0.state.lock();
        state.number += 1;
        let at = (state.now + nanos(wait), state.number);
        state.timers.insert(at, Timer::Act(Box::new(act)));
    }

    /// Something has happened that belongs to the hash of the run.
    pub fn note(&self, what: &str) {
        let mut state = self.0.state.lock();
        let now = state.now;
        state.trace.line(now, what);
    }

    /// The hash of everything that has happened, and how many turns that took.
    pub fn hash(&self) -> (u64, u64) {
        self.0.state.lock().trace.hash()
    }

    /// The latest notes, oldest first: for whoever looks for the reason of a failure.
    pub fn notes(&self) -> Vec<String> {
        self.0.state.lock().trace.notes()
    }

    /// Runs until something is so, or `limit` of the world's time has passed; whether it is so.
    pub fn run_until(&self, limit: Duration, so: impl Fn() -> bool) -> bool {
        let end = self.now() + nanos(limit);
        while !so() {
            if self.now() >= end || self.is_spinning() || !self.turn() {
                return so();
            }
        }
        true
    }

    /// Whether so much has happened that somebody must be doing nothing again and again.
    pub fn is_spinning(&self) -> bool {
        self.hash().1 > TURNS
    }

    /// One task runs, or the next moment comes. `false` when nothing will ever happen again.
    fn turn(&self) -> bool {
        if self.is_due() {
            return self.jump();
        }
        match self.next() {
            Some(task) => {
                self.run(task);
                true
            }
            None => self.jump(),
        }
    }

    /// Whether a timer has come due while tasks ran.
    fn is_due(&self) -> bool {
        let state = self.0.state.lock();
        state.timers.first_key_value().is_some_and(|((at, _), _)| *at <= state.now)
    }

    /// Draws one of those that may run.
    fn next(&self) -> Option<u64> {
        let mut ready = self.0.ready.0.lock();
        let place = self.0.order.index(ready.len());
        let task = ready.iter().nth(place).copied()?;
        ready.remove(&task);
        Some(task)
    }

    fn run(&self, number: u64) {
        let mut state = self.0.state.lock();
        let Some(mut task) = state.tasks.get_mut(&number).and_then(|(_, task)| task.take()) else { return };
        state.now += TURN;
        let now = state.now;
        state.trace.turn(now, number);
        drop(state);
        let bell = Waker::from(Arc::new(Bell { ready: self.0.ready.clone(), task: number }));
        let done = task.as_mut().poll(&mut Context::from_waker(&bell));
        let mut state = self.0.state.lock();
        let gone = match (done, state.tasks.get_mut(&number)) {
            (Poll::Pending, Some((_, place))) => {
                *place = Some(task);
                None
            }
            // It has ended, or was killed by what it did itself.
            (Poll::Ready(()) | Poll::Pending, _) => Some((state.tasks.remove(&number), task)),
        };
        drop(state);
        drop(gone);
    }

    /// Jumps to the next timer.
    fn jump(&self) -> bool {
        let mut state = self.0.state.lock();
        let Some(((at, _), timer)) = state.timers.pop_first() else { return false };
        state.now = state.now.max(at);
        drop(state);
        match timer {
            Timer::Wake(waker) => waker.wake(),
            Timer::Act(act) => act(),
        }
        true
    }
}

fn nanos(wait: Duration) -> u64 {
    u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX / 4).min(u64::MAX / 4)
}
