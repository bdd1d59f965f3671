//! Hellos that were refused, and when the next one is allowed: whoever dials, and however often. Never dials.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::link::hello::{HelloError, HelloRefusal};
use crate::link::limits;
use crate::link::words::{Addressee, Lane};

/// An address and who is meant to be there; with a lane, where only that lane was refused.
type Key = (String, Addressee, Option<Lane>);

#[derive(Clone, Debug)]
struct Held {
    times: u32,
    until: Instant,
    why: Arc<str>,
}

/// What is held back.
#[derive(Debug, Default)]
pub(super) struct Holdback(Mutex<HashMap<Key, Held>>);

impl Holdback {
    /// How long this hello has to wait, and what was said of the last one; `None` = not at all.
    pub(super) fn wait(&self, addr: &str, to: &Addressee, lane: Lane) -> Option<(Duration, Arc<str>)> {
        let held = self.0.lock();
        let wait = |lane| {
            let held = held.get(&(addr.to_owned(), to.clone(), lane))?;
            let wait = held.until.checked_duration_since(Instant::now()).filter(|wait| !wait.is_zero())?;
            Some((wait, Arc::clone(&held.why)))
        };
        wait(None).max(wait(Some(lane)))
    }

    /// A hello was refused.
    pub(super) fn refused(&self, addr: &str, to: &Addressee, lane: Lane, why: &HelloError) {
        let lane = matches!(why, HelloError::Refused(HelloRefusal::Lane)).then_some(lane);
        let mut held = self.0.lock();
        if held.len() >= limits::HELD_BACK {
            let now = Instant::now();
            held.retain(|_, held| held.until > now);
        }
        // Addresses come from the map and the configuration; there are not more unless something is badly wrong.
        if held.len() >= limits::HELD_BACK {
            return;
        }
        let entry = held.entry((addr.to_owned(), to.clone(), lane));
        let entry = entry.or_insert_with(|| Held { times: 0, until: Instant::now(), why: "".into() });
        entry.times += 1;
        entry.why = why.to_string().into();
        entry.until = Instant::now() + pause(why, entry.times);
    }

    /// A hello passed, or the peer was met elsewhere.
    pub(super) fn release(&self, addr: &str, to: &Addressee, lane: Lane) {
        let mut held = self.0.lock();
        if held.is_empty() {
            return;
        }
        for lane in [None, Some(lane)] {
            held.remove(&(addr.to_owned(), to.clone(), lane));
        }
    }
}

/// What may be otherwise in a moment waits the shortest time: a name that still has the address of another node, say. What
/// somebody has to change waits longer each time.
fn pause(why: &HelloError, times: u32) -> Duration {
    let lasting = match why {
        HelloError::Secret | HelloError::Keyless | HelloError::Impostor => true,
        HelloError::Refused(refusal) => matches!(refusal, HelloRefusal::Cluster | HelloRefusal::Version),
        // A certificate is renewed at any moment, and everything waits for it.
        HelloError::Tls(_) => false,
        HelloError::Foreign | HelloError::Io(_) | HelloError::Late => false,
    };
    let factor = if lasting { 1_u32.checked_shl(times - 1).unwrap_or(u32::MAX) } else { 1 };
    limits::REFUSED_FIRST.saturating_mul(factor).min(limits::REFUSED_LAST)
}

#[cfg(test)]
mod tests {
    //! What is held back, for how long, and what lets it go.

    use super::*;

    fn to(name: &str) -> Addressee {
        Addressee::Node(name.to_owned())
    }

    #[test]
    fn a_refusal_holds_back_that_peer_on_every_lane_and_nobody_else() {
        let held = Holdback::default();
        held.refused("x:1", &to("b"), Lane::Calls, &HelloError::Secret);
        assert!(held.wait("x:1", &to("b"), Lane::Beats).is_some());
        assert!(held.wait("x:1", &to("b"), Lane::Calls).is_some_and(|(_, why)| why.contains("secret")));
        assert_eq!(held.wait("x:2", &to("b"), Lane::Calls), None);
        assert_eq!(held.wait("x:1", &to("c"), Lane::Calls), None);
        held.release("x:1", &to("b"), Lane::Beats);
        assert_eq!(held.wait("x:1", &to("b"), Lane::Calls), None);
    }

    #[test]
    fn a_lane_that_is_not_served_holds_back_itself_alone() {
        let held = Holdback::default();
        held.refused("x:1", &to("b"), Lane::Beats, &HelloRefusal::Lane.into());
        assert!(held.wait("x:1", &to("b"), Lane::Beats).is_some());
        assert_eq!(held.wait("x:1", &to("b"), Lane::Calls), None);
        held.release("x:1", &to("b"), Lane::Calls);
        assert!(held.wait("x:1", &to("b"), Lane::Beats).is_some(), "another lane proves nothing");
    }

    #[test]
    fn what_somebody_has_to_change_waits_longer_each_time_up_to_the_last() {
        let waits: Vec<u64> = (1..8).map(|times| pause(&HelloError::Secret, times).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 10, 10, 10]);
        assert_eq!(pause(&HelloError::Secret, u32::MAX), limits::REFUSED_LAST);
        assert_eq!(pause(&HelloRefusal::Addressee.into(), 9), limits::REFUSED_FIRST);
    }

    #[test]
    fn only_so_many_are_remembered() {
        let held = Holdback::default();
        for number in 0..limits::HELD_BACK + 10 {
            held.refused(&format!("x:{number}"), &to("b"), Lane::Calls, &HelloError::Secret);
        }
        assert_eq!(held.0.lock().len(), limits::HELD_BACK);
    }
}
