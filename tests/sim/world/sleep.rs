//! A sleep in the world's time. Never wakes anybody early, and leaves nothing behind when it is dropped.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{Timer, World};

/// Ends at its deadline, which counts from its making.
pub struct Sleep {
    world: World,
    at: (u64, u64),
}

impl Sleep {
    pub(super) fn new(world: World, wait: u64) -> Self {
        let mut state = world.0.state.lock();
        state.number += 1;
        let at = (state.now + wait, state.number);
        drop(state);
        Self { world, at }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.world.0.state.lock();
        if state.now >= self.at.0 {
            return Poll::Ready(());
        }
        let before = state.timers.insert(self.at, Timer::Wake(cx.waker().clone()));
        drop(state);
        drop(before);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        let timer = self.world.0.state.lock().timers.remove(&self.at);
        drop(timer);
    }
}
