//! Answers in another order than the server gave them: some are kept and given in reverse. Never loses one.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::mpsc::UnboundedSender;

use super::frame::Frame;

/// How long an answer is kept for others to come.
pub const WINDOW: Duration = Duration::from_millis(50);

/// An answer and the client it goes to.
type Kept = (UnboundedSender<Frame>, Frame);

/// Keeps answers until a number of them is there, or [`WINDOW`] is over.
#[derive(Clone, Debug)]
pub struct Shuffle {
    size: usize,
    kept: Arc<Mutex<Vec<Kept>>>,
}

impl Shuffle {
    /// Turns `size` answers round.
    pub fn of(size: usize) -> Self {
        Self { size, kept: Arc::default() }
    }

    /// Keeps an answer, or gives all that are kept if it was the last of them.
    pub fn keep(&self, to: &UnboundedSender<Frame>, answer: Frame) {
        let mut kept = self.kept.lock();
        kept.push((to.clone(), answer));
        if kept.len() >= self.size {
            give(&mut kept);
        }
    }

    /// Gives all that are kept, the last one first.
    pub fn flush(&self) {
        give(&mut self.kept.lock());
    }
}

fn give(kept: &mut Vec<Kept>) {
    for (to, answer) in kept.drain(..).rev() {
        // A client that is gone needs no answer.
        let _ = to.send(answer);
    }
}
