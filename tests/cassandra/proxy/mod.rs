//! A proxy between the driver and one real server: it reads the native protocol far enough to know the statement of every
//! request, and does to requests and answers what a test's rules say. Never plays a server: what it does not spoil, a real
//! Cassandra answers.
//!
//! One proxy stands before one server, at a port of its own. The driver takes the address of the server it is connected
//! with from the connection, and the port of all others too, see [`before`].

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;

mod body;
mod fault;
mod frame;
mod late;
mod link;
mod order;
mod rules;
#[cfg(test)]
mod tests;

pub use fault::Fault;
pub use late::Late;
pub use order::Shuffle;
pub use rules::{Action, On};

use rules::Rules;

/// A proxy before each of several servers, on the servers' own addresses and at one port, for that is where a driver looks for
/// the servers that it hears of from the first.
pub async fn before(servers: &[SocketAddr]) -> Vec<Proxy> {
    for _ in 0..100 {
        if let Ok(proxies) = at_one_port(servers).await {
            return proxies;
        }
    }
    panic!("no port is free on all of {servers:?}");
}

async fn at_one_port(servers: &[SocketAddr]) -> io::Result<Vec<Proxy>> {
    let mut proxies = Vec::<Proxy>::new();
    for server in servers {
        let port = proxies.first().map_or(0, |first| first.address.port());
        proxies.push(Proxy::at(SocketAddr::new(server.ip(), port), *server).await?);
    }
    Ok(proxies)
}

/// What the connections of one proxy share.
struct Shared {
    server: SocketAddr,
    rules: Mutex<Rules>,
    frozen: watch::Sender<bool>,
    /// Ends the connections that are open now.
    cut: Mutex<CancellationToken>,
    /// How many connections were made.
    made: watch::Sender<usize>,
}

impl Shared {
    async fn thawed(&self) {
        let _ = self.frozen.subscribe().wait_for(|frozen| !*frozen).await;
    }
}

/// A proxy; ends with its value.
pub struct Proxy {
    shared: Arc<Shared>,
    address: SocketAddr,
    listening: Option<AbortHandle>,
    tasks: JoinSet<()>,
}

impl Proxy {
    /// A proxy before a server, at an address.
    async fn at(address: SocketAddr, server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (frozen, made) = (watch::Sender::new(false), watch::Sender::new(0));
        let (rules, cut) = (Mutex::default(), Mutex::default());
        let shared = Arc::new(Shared { server, rules, frozen, cut, made });
        let mut proxy = Self { shared, address, listening: None, tasks: JoinSet::new() };
        proxy.listen(listener);
        Ok(proxy)
    }

    /// Where a driver finds it.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the server is that it stands before.
    pub fn server(&self) -> SocketAddr {
        self.shared.server
    }

    /// From now on, does this to every request named; gives the counter of hits.
    pub fn always(&self, on: On, action: Action) -> Hits {
        self.rule(on, (0, usize::MAX), action)
    }

    /// Does this to the next request named.
    pub fn once(&self, on: On, action: Action) -> Hits {
        self.rule(on, (0, 1), action)
    }

    /// Lets `skip` of the requests named pass, then does this to `times` of them.
    pub fn rule(&self, on: On, (skip, times): (usize, usize), action: Action) -> Hits {
        let given = self.shared.rules.lock().add(on, (skip, times), action);
        Hits { seen: given.hits, over: given.over }
    }

    /// The server takes and says nothing more, and its connections stay: as a process that is stopped.
    pub fn freeze(&self, frozen: bool) {
        self.shared.frozen.send_replace(frozen);
    }

    /// Cuts all connections; new ones are taken.
    pub fn cut(&self) {
        std::mem::take(&mut *self.shared.cut.lock()).cancel();
    }

    /// Cuts all connections, and refuses new ones.
    pub fn close(&mut self) {
        if let Some(listening) = self.listening.take() {
            listening.abort();
        }
        self.cut();
    }

    /// Takes connections again.
    pub async fn open(&mut self) {
        let listener = loop {
            // The listener that was aborted may not have been dropped yet.
            match TcpListener::bind(self.address).await {
                Ok(listener) => break listener,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        self.listen(listener);
    }

    /// How many connections were made so far.
    pub fn connections(&self) -> Hits {
        Hits { seen: self.shared.made.subscribe(), over: Arc::default() }
    }

    fn listen(&mut self, listener: TcpListener) {
        let shared = Arc::clone(&self.shared);
        self.listening = Some(self.tasks.spawn(accept(listener, shared)));
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut links = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        shared.made.send_modify(|made| *made += 1);
        let (cut, shared) = (shared.cut.lock().clone(), Arc::clone(&shared));
        links.spawn(async move {
            tokio::select! {
                () = cut.cancelled() => {}
                // How a connection ended is the client's to judge.
                _ = link::serve(client, shared) => {}
            }
        });
        while links.try_join_next().is_some() {}
    }
}

/// A counter that a test can wait for.
#[derive(Clone, Debug)]
pub struct Hits {
    seen: watch::Receiver<usize>,
    over: Arc<AtomicBool>,
}

impl Hits {
    /// How many so far.
    pub fn count(&self) -> usize {
        *self.seen.borrow()
    }

    /// Ends the rule that it counts for.
    pub fn end(&self) {
        self.over.store(true, Relaxed);
    }

    /// Waits for so many.
    #[track_caller]
    pub fn reach(&mut self, count: usize) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let reached = self.seen.wait_for(|hits| *hits >= count);
            let reached = tokio::time::timeout(PATIENCE, reached).await.map(|reached| reached.is_ok());
            assert_eq!(reached, Ok(true), "{caller}: waited for {count} hits");
        }
    }
}

/// How long a test waits for a request that it expects.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);
