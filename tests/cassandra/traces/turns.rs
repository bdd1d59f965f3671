//! Traces take turns at the links, which are the same for all: whoever needs the links that are there goes on, and when
//! everybody waits for others, those are made that most wait for. Never lets a message through that was sent under a cut.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::links::{Cable, Links};

/// After a server's time-out its messages may still be under way for so long.
const MARGIN: Duration = Duration::from_millis(250);

/// The turns of all traces that are played together.
pub struct Turns {
    cable: Cable,
    /// How long a server keeps a message for one that does not answer.
    expiry: Duration,
    state: RefCell<State>,
    now: watch::Sender<Links>,
    stirred: tokio::sync::Notify,
}

#[derive(Default)]
struct State {
    players: usize,
    inside: usize,
    waiting: BTreeMap<Links, usize>,
    /// When something was last sent under the links of now.
    sent: Option<Instant>,
    changes: usize,
}

/// A trace that takes part.
pub struct Player<'a>(&'a Turns);

/// Leave to use the links that were asked for.
pub struct Turn<'a> {
    turns: &'a Turns,
    wrote: Cell<bool>,
}

impl Turns {
    /// Turns at these links.
    pub fn new(cable: Cable, expiry: Duration) -> Self {
        let (state, stirred) = (RefCell::default(), tokio::sync::Notify::new());
        Self { cable, expiry, state, now: watch::Sender::new(Links::Whole), stirred }
    }

    /// Takes part; all who do must be there before the first turn is given.
    pub fn join(&self) -> Player<'_> {
        self.state.borrow_mut().players += 1;
        Player(self)
    }

    /// Gives turns until no player is left; how often the links were changed.
    pub async fn give(&self) -> usize {
        loop {
            let wanted = self.state.borrow().wanted();
            match wanted {
                Some(links) => self.change(links).await,
                None if self.state.borrow().players == 0 => return self.state.borrow().changes,
                None => self.stirred.notified().await,
            }
        }
    }

    async fn change(&self, links: Links) {
        let sent = self.state.borrow_mut().sent.take();
        if let Some(sent) = sent {
            // What was sent to a server that was cut off must have expired before that one is reached again.
            let over = sent + self.expiry + MARGIN;
            let _ = tokio::time::timeout_at(over, std::future::pending::<()>()).await;
        }
        self.cable.set(links);
        self.state.borrow_mut().changes += 1;
        self.now.send_replace(links);
        // Those who wait wake before anything else is decided.
        while self.state.borrow().waiting.contains_key(&links) {
            tokio::task::yield_now().await;
        }
    }
}

impl State {
    /// The links to make next, when everybody waits for others than those that are there.
    fn wanted(&self) -> Option<Links> {
        let waiting = self.waiting.values().sum::<usize>();
        let most = self.waiting.iter().max_by_key(|(_, waiting)| **waiting).map(|(links, _)| *links);
        most.filter(|_| self.inside == 0 && waiting == self.players)
    }
}

impl Player<'_> {
    /// Waits for the links.
    pub async fn turn(&self, links: Links) -> Turn<'_> {
        let turns = self.0;
        if *turns.now.borrow() != links {
            *turns.state.borrow_mut().waiting.entry(links).or_default() += 1;
            turns.stirred.notify_one();
            let _ = turns.now.subscribe().wait_for(|now| *now == links).await;
            turns.state.borrow_mut().no_longer_waits(links);
        }
        turns.state.borrow_mut().inside += 1;
        Turn { turns, wrote: Cell::new(false) }
    }
}

impl State {
    fn no_longer_waits(&mut self, links: Links) {
        let left = self.waiting.get(&links).map_or(0, |waiting| waiting - 1);
        if left == 0 {
            self.waiting.remove(&links);
        } else {
            self.waiting.insert(links, left);
        }
    }
}

impl Turn<'_> {
    /// Something is written in this turn, and may be under way to a server that is cut off.
    pub fn writes(&self) {
        self.wrote.set(true);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.turns.state.borrow_mut();
        state.inside -= 1;
        if self.wrote.get() {
            state.sent = Some(Instant::now());
        }
        self.turns.stirred.notify_one();
    }
}

impl Drop for Player<'_> {
    fn drop(&mut self) {
        self.0.state.borrow_mut().players -= 1;
        self.0.stirred.notify_one();
    }
}
