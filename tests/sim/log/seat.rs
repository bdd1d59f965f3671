//! One process's place at the log: what it sees, and what it proposes. While it is cut off it sees what it saw, and nobody
//! hears it. Never sees anything that was not applied.

use std::sync::Arc;
use std::time::Duration;

use holdfast::runtime::watch;
use holdfast::shard::door::Wait;
use holdfast::shard::tenure::{Council, Unsure};
use holdfast_cluster::View;
use holdfast_cluster::ownership::{Answer, Command};

use super::{Log, Seen};

/// The seat of one life of a process.
pub struct Seat {
    log: Log,
    seen: Arc<Seen>,
    number: u64,
}

impl Seat {
    /// A new seat, which sees the map as it is.
    pub fn take(log: &Log) -> Arc<Self> {
        let mut state = log.0.state.lock();
        state.seated += 1;
        let number = state.seated;
        let view = parking_lot::Mutex::new(state.view.clone());
        let seen = Arc::new(Seen {
            view,
            changed: watch::channel(state.view.applied).0,
            cut: watch::channel(false).0,
        });
        state.seats.insert(number, seen.clone());
        drop(state);
        Arc::new(Self { log: log.clone(), seen, number })
    }

    /// Cut off from the log, or not any more.
    pub fn cut(&self, off: bool) {
        self.seen.cut.send_replace(off);
    }

    /// Nobody sits here any more.
    pub fn leave(&self) {
        self.log.0.state.lock().seats.remove(&self.number);
    }
}

impl Council for Seat {
    fn view(&self) -> Arc<View> {
        self.seen.view.lock().clone()
    }

    fn changed(&self) -> watch::Receiver<u64> {
        self.seen.changed.subscribe()
    }

    fn propose(&self, command: Command) -> Wait<Result<Answer, Unsure>> {
        let (log, seen) = (self.log.clone(), self.seen.clone());
        Box::pin(async move {
            let _ = seen.cut.subscribe().wait_for(|cut| !cut).await;
            log.reached().await;
            if log.fails() {
                log.perhaps_later(command);
                return Err(Unsure("nobody knows what became of it".into()));
            }
            let joins = matches!(command, Command::Join(_));
            let answer = log.apply(&command);
            let index = log.0.state.lock().view.applied;
            log.pause(3_000).await;
            let _ = seen.cut.subscribe().wait_for(|cut| !cut).await;
            if log.fails() {
                return Err(Unsure("its answer was lost".into()));
            }
            // Whoever proposes has seen the map that came of it.
            let view = log.0.state.lock().view.clone();
            if view.applied >= index {
                seen.see(&view);
            }
            match answer {
                // What the map refuses is an answer that changes nothing, as the product's own port to the log has it.
                Err(_) if !joins => Ok(Answer::Unchanged),
                answer => answer.map_err(|refusal| Unsure(refusal.to_string())),
            }
        })
    }
}

impl Log {
    /// Waits for the way to a leader, and for a leader.
    async fn reached(&self) {
        self.pause(3_000).await;
        loop {
            let until = self.0.state.lock().leaderless_until;
            let left = until.saturating_sub(self.0.world.now());
            if left == 0 {
                return;
            }
            self.0.world.sleep(Duration::from_nanos(left)).await;
        }
    }

    /// It is applied after a while, or never.
    fn perhaps_later(&self, command: Command) {
        if self.0.chance.happens(500) {
            let (log, wait) = (self.clone(), Duration::from_millis(self.0.chance.below(5_000)));
            self.0.world.after(wait, move || {
                // Nobody waits for the answer any more.
                let _ = log.apply(&command);
            });
        }
    }

    fn fails(&self) -> bool {
        let unsure = self.0.state.lock().unsure;
        self.0.chance.happens(unsure)
    }

    async fn pause(&self, micros: u64) {
        self.0.world.sleep(Duration::from_micros(self.0.chance.below(micros))).await;
    }
}
