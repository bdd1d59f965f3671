//! Members of one process, connected by channels, with switches for what can go wrong between them. Never loses a frame of
//! a pipe that stays whole, as a real one never does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};

use super::{BoxFuture, Broken, Lane, Peer, Pipe, Transport, Unreachable};
use crate::limits;

/// What takes the accepted end of a pipe.
pub type Accept = Arc<dyn Fn(Box<dyn Pipe>, Lane) + Send + Sync>;

/// A network of one process. Clones are the same network.
#[derive(Clone, Default)]
pub struct Network {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    listeners: BTreeMap<String, Accept>,
    cut: BTreeSet<(String, String)>,
    delay: Duration,
    /// One per pair and direction of connecting: its value grows with every reset.
    wires: BTreeMap<(String, String), watch::Sender<Weather>>,
}

/// What befalls the pipes between two addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Weather {
    resets: u64,
    /// Frames of the side that connected vanish, as on a cable that was pulled: nobody is told.
    there: bool,
    /// Frames of the side that accepted vanish.
    back: bool,
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Network")
    }
}

impl Network {
    /// Pipes to `address` go to `accept` from now on.
    pub fn listen(&self, address: &str, accept: Accept) {
        self.state.lock().listeners.insert(address.to_owned(), accept);
    }

    /// Nobody listens at `address` any more, and all its pipes are reset: what a killed process looks like.
    pub fn kill(&self, address: &str) {
        self.state.lock().listeners.remove(address);
        self.reset(address);
    }

    /// All pipes of `address` are reset. New ones can be made.
    pub fn reset(&self, address: &str) {
        self.change(|(a, b)| a == address || b == address, |weather| weather.resets += 1);
    }

    /// Cuts the cable between two addresses: what is sent vanishes, and nobody is told.
    pub fn cut(&self, one: &str, other: &str) {
        self.deafen(one, other);
        self.deafen(other, one);
    }

    /// Nothing that `from` sends arrives at `to` any more; the other way is as it was. No pipe can be made between them.
    pub fn deafen(&self, to: &str, from: &str) {
        let mut state = self.state.lock();
        state.cut.insert((from.to_owned(), to.to_owned()));
        state.cut.insert((to.to_owned(), from.to_owned()));
        drop(state);
        self.change(|(a, b)| a == from && b == to, |weather| weather.there = true);
        self.change(|(a, b)| a == to && b == from, |weather| weather.back = true);
    }

    /// Cuts `address` off from all others.
    pub fn isolate(&self, address: &str, others: &[&str]) {
        others.iter().filter(|other| **other != address).for_each(|other| self.cut(address, other));
    }

    /// Mends all cables. Pipes that were cut are reset, as those of a host that lost a connection's state.
    pub fn heal(&self) {
        self.state.lock().cut.clear();
        self.change(
            |_| true,
            |weather| {
                if weather.there || weather.back {
                    *weather = Weather { resets: weather.resets + 1, ..Weather::default() };
                }
            },
        );
    }

    /// Every frame takes this long from now on.
    pub fn delay(&self, by: Duration) {
        self.state.lock().delay = by;
    }

    /// The transport of the member at `address`.
    #[must_use]
    pub fn transport(&self, address: &str) -> Arc<dyn Transport> {
        Arc::new(Port { network: self.clone(), address: address.to_owned() })
    }

    fn change(&self, which: impl Fn(&(String, String)) -> bool, how: impl Fn(&mut Weather)) {
        for (pair, wire) in &self.state.lock().wires {
            if which(pair) {
                wire.send_modify(&how);
            }
        }
    }

    /// The two ends of a new pipe, or why there is none.
    fn pipe(&self, from: &str, to: &str) -> Result<(End, End, Accept), &'static str> {
        let mut state = self.state.lock();
        let pair = (from.to_owned(), to.to_owned());
        if state.cut.contains(&pair) {
            return Err("silence");
        }
        let accept = state.listeners.get(to).cloned().ok_or("connection refused")?;
        let weather =
            state.wires.entry(pair).or_insert_with(|| watch::channel(Weather::default()).0).subscribe();
        let (there, from_here) = mpsc::channel(limits::LOCAL_PIPE_FRAMES);
        let (back, from_there) = mpsc::channel(limits::LOCAL_PIPE_FRAMES);
        let born = weather.borrow().resets;
        let end = |connected, out, inbox, weather| End {
            connected,
            out,
            inbox,
            weather,
            born,
            network: self.clone(),
        };
        Ok((end(true, there, from_there, weather.clone()), end(false, back, from_here, weather), accept))
    }
}

struct Port {
    network: Network,
    address: String,
}

impl Transport for Port {
    fn connect<'a>(&'a self, to: &'a Peer, lane: Lane) -> BoxFuture<'a, Result<Box<dyn Pipe>, Unreachable>> {
        Box::pin(async move {
            match self.network.pipe(&self.address, &to.address) {
                Ok((here, there, accept)) => {
                    accept(Box::new(there), lane);
                    Ok(Box::new(here) as Box<dyn Pipe>)
                }
                // A packet into the void is answered by nobody: whoever waits gives up when they like.
                Err("silence") => std::future::pending().await,
                Err(why) => Err(Unreachable { to: to.address.clone(), why: why.to_owned() }),
            }
        })
    }
}

/// One end of a pipe.
struct End {
    /// Whether this is the side that connected.
    connected: bool,
    out: mpsc::Sender<Bytes>,
    inbox: mpsc::Receiver<Bytes>,
    weather: watch::Receiver<Weather>,
    born: u64,
    network: Network,
}

impl End {
    fn is_reset(&self) -> bool {
        self.weather.borrow().resets != self.born
    }

    /// Whether what this end sends vanishes, or what it would receive.
    fn silent(&self, sends: bool) -> bool {
        let weather = *self.weather.borrow();
        if self.connected == sends { weather.there } else { weather.back }
    }
}

fn reset() -> Broken {
    Broken("connection reset".to_owned())
}

#[expect(clippy::disallowed_methods, reason = "delays of a test network are real time")]
impl Pipe for End {
    fn send(&mut self, frame: Bytes) -> BoxFuture<'_, Result<(), Broken>> {
        Box::pin(async move {
            if self.is_reset() {
                return Err(reset());
            }
            if self.silent(true) {
                return Ok(());
            }
            let delay = self.network.state.lock().delay;
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            self.out.send(frame).await.map_err(|_| reset())
        })
    }

    fn recv(&mut self) -> BoxFuture<'_, Result<Bytes, Broken>> {
        Box::pin(async move {
            loop {
                if self.is_reset() {
                    return Err(reset());
                }
                let silent = self.silent(false);
                tokio::select! {
                    changed = self.weather.changed() => {
                        if changed.is_err() { return Err(reset()); }
                    }
                    frame = self.inbox.recv(), if !silent => return frame.ok_or_else(reset),
                }
            }
        })
    }
}
