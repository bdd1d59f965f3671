//! Beats towards every peer, each over a small connection of its own. A beat that cannot be sent now is not sent later.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::beat::Beat;
use super::judge::Judge;
use crate::detector::limits;
use crate::link::{Addressee, Dialer, Lane, Peer, Pipe};

/// A peer's name and address.
type To = (Arc<str>, String);

/// The senders, one for each peer.
pub(super) struct Sending {
    dialer: Dialer,
    judge: Arc<Judge>,
    senders: JoinSet<()>,
    by_peer: BTreeMap<To, AbortHandle>,
}

impl Sending {
    pub(super) fn new(dialer: Dialer, judge: Arc<Judge>) -> Self {
        Self { dialer, judge, senders: JoinSet::new(), by_peer: BTreeMap::new() }
    }

    /// Beats to these and no others; a new life at the same address keeps its connection.
    pub(super) fn set_peers(&mut self, peers: &[Peer]) {
        while self.senders.try_join_next().is_some() {}
        let wanted: Vec<To> = peers.iter().map(|peer| (Arc::clone(&peer.name), peer.addr.clone())).collect();
        self.by_peer.retain(|to, sender| {
            let keep = wanted.contains(to);
            if !keep {
                sender.abort();
            }
            keep
        });
        for to in wanted {
            if !self.by_peer.contains_key(&to) {
                let sender = beat(self.dialer.clone(), to.clone(), Arc::clone(&self.judge));
                self.by_peer.insert(to, self.senders.spawn(sender));
            }
        }
    }
}

/// Keeps a connection to one peer, and beats over it.
async fn beat(dialer: Dialer, (name, addr): To, judge: Arc<Judge>) {
    let (first, last) = limits::RETRY;
    let mut wait = first;
    loop {
        match dialer.dial(&addr, Addressee::Node(name.to_string()), Lane::Beats).await {
            Ok(connection) => {
                let began = Instant::now();
                send(Pipe::new(connection), &dialer, &judge).await;
                if began.elapsed() > last {
                    wait = first;
                }
            }
            Err(error) if error.is_refusal() => wait = last,
            Err(_) => {}
        }
        sleep(wait).await;
        wait = (wait * 2).min(last);
    }
}

/// Until the connection breaks. A node that has no incarnation yet has nothing to say.
async fn send(mut pipe: Pipe, dialer: &Dialer, judge: &Judge) {
    let mut beats = interval(limits::BEAT_EVERY);
    beats.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        beats.tick().await;
        let incarnation = dialer.identity().incarnation();
        if incarnation == 0 {
            continue;
        }
        if pipe.send(Beat { incarnation }.frame()).await.is_err() {
            return;
        }
        judge.sent();
    }
}

#[expect(clippy::disallowed_methods, reason = "the detector is a shell with a clock of its own")]
async fn sleep(wait: Duration) {
    tokio::time::sleep(wait).await;
}
