//! A node with a peer port, a handler whose methods do what their names say, and waiting for conditions.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use holdfast_cluster::link::{
    Addressee, Calls, DialError, Dialer, DialerTls, Handler, Identity, Lane, LinkCounters, LinkFigures,
    PeerId, Pipe, PipeHandler, PipeLane, Port, Push, Refused, Services,
};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Notify, Semaphore};

/// The longest that any condition may take; far more than it needs.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub const ECHO: u16 = 1;
pub const REFUSE: u16 = 2;
pub const HANG: u16 = 3;
pub const PANIC: u16 = 4;
pub const WHO: u16 = 5;
pub const GATED: u16 = 6;
pub const HUGE: u16 = 7;

/// Streams: so many items as the body says (`u32`, big endian), each as large as the second number says.
pub const COUNT: u16 = 10;
/// A stream that is never fed.
pub const QUIET: u16 = 11;

/// What the peer does, and what a test can see of it.
#[derive(Default)]
pub struct Work {
    /// Handlers that have begun.
    pub begun: AtomicUsize,
    /// Handlers that ended, whether finished or dropped.
    pub ended: AtomicUsize,
    /// Items that a stream has handed over.
    pub pushed: AtomicUsize,
    /// Opens gated calls.
    pub gate: Notify,
}

struct Mark<'a>(&'a AtomicUsize);

impl Drop for Mark<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Handler for Work {
    fn call(&self, from: PeerId, method: u16, body: Bytes) -> BoxFuture<'_, Result<Bytes, Refused>> {
        Box::pin(async move {
            self.begun.fetch_add(1, Ordering::SeqCst);
            let _mark = Mark(&self.ended);
            match method {
                ECHO => Ok(body),
                HANG => std::future::pending().await,
                PANIC => panic!("this handler panics"),
                WHO => Ok(from.to_string().into()),
                HUGE => Ok(vec![0; holdfast_cluster::link::limits::BODY_BYTES + 1].into()),
                GATED => {
                    self.gate.notified().await;
                    Ok(body)
                }
                _ => Err(Refused { code: method, body }),
            }
        })
    }

    fn stream(&self, _from: PeerId, method: u16, body: Bytes, mut push: Push) -> BoxFuture<'_, u16> {
        Box::pin(async move {
            self.begun.fetch_add(1, Ordering::SeqCst);
            let _mark = Mark(&self.ended);
            if method == QUIET {
                std::future::pending::<()>().await;
            }
            let number = |at: usize| u32::from_be_bytes(body[at..at + 4].try_into().unwrap());
            for item in 0..number(0) {
                let mut bytes = vec![0; number(4) as usize];
                bytes[..4].copy_from_slice(&item.to_be_bytes());
                if push.send(bytes.into()).await.is_err() {
                    return 1;
                }
                self.pushed.fetch_add(1, Ordering::SeqCst);
            }
            u16::MAX
        })
    }
}

/// Pipes answer each frame with itself, the lane's name in front; a frame `close` closes.
pub struct Echo;

impl PipeHandler for Echo {
    fn serve(&self, _from: PeerId, lane: PipeLane, mut pipe: Pipe) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            while let Ok(frame) = pipe.recv().await {
                if &frame[..] == b"close" {
                    return;
                }
                let mut answer = format!("{lane:?} ").into_bytes();
                answer.extend_from_slice(&frame);
                if pipe.send(answer.into()).await.is_err() {
                    return;
                }
            }
        })
    }
}

/// A node with an open peer port.
pub struct Node {
    pub port: Arc<Port>,
    pub addr: SocketAddr,
    pub work: Arc<Work>,
    pub counters: Arc<LinkCounters>,
}

impl Node {
    pub async fn start(name: &str) -> Self {
        Self::start_with(name, "secret", true).await
    }

    pub async fn start_with(name: &str, secret: &str, pipes: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::start_on(listener, name, secret, pipes)
    }

    /// A node whose port speaks TLS only.
    pub async fn start_tls(name: &str, tls: Arc<ServerConfig>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::start_full(listener, name, "secret", (true, Some(tls)))
    }

    pub fn start_on(listener: TcpListener, name: &str, secret: &str, pipes: bool) -> Self {
        Self::start_full(listener, name, secret, (pipes, None))
    }

    fn start_full(
        listener: TcpListener,
        name: &str,
        secret: &str,
        (pipes, tls): (bool, Option<Arc<ServerConfig>>),
    ) -> Self {
        let identity = Identity::new("blue", name, secret.as_bytes()).unwrap();
        identity.set_incarnation(7);
        let (work, counters) = (Arc::<Work>::default(), Arc::<LinkCounters>::default());
        let services = Services {
            calls: Some(Arc::clone(&work) as Arc<dyn Handler>),
            pipes: pipes.then(|| Arc::new(Echo) as Arc<dyn PipeHandler>),
            ..Services::default()
        };
        let port = Port::new(identity, services, tls, Arc::clone(&counters));
        let addr = listener.local_addr().unwrap();
        port.serve(listener);
        Self { port, addr, work, counters }
    }

    /// Another process at the same address.
    pub fn again(&self) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(self.addr).unwrap();
        Self::start_on(socket.listen(16).unwrap(), "b", "secret", true)
    }

    pub fn figures(&self) -> LinkFigures {
        self.counters.figures()
    }
}

/// A dialer of the cluster `blue` with the right secret.
pub fn dialer(name: &str) -> Dialer {
    dialer_of("blue", name, "secret")
}

/// The same over TLS.
pub fn tls_dialer(name: &str, secret: &str, tls: Arc<DialerTls>) -> Dialer {
    Dialer::new(Identity::new("blue", name, secret.as_bytes()).unwrap(), Some(tls), Arc::default())
}

pub fn dialer_of(cluster: &str, name: &str, secret: &str) -> Dialer {
    let identity = Identity::new(cluster, name, secret.as_bytes()).unwrap();
    identity.set_incarnation(3);
    Dialer::new(identity, None, Arc::default())
}

/// Calls to `node` from the node `a`.
pub async fn calls_to(node: &Node) -> Calls {
    calls_through(&dialer("a"), node).await
}

/// Calls to `node` through this dialer.
pub async fn calls_through(dialer: &Dialer, node: &Node) -> Calls {
    let connection = dialer.dial(&node.addr.to_string(), to("b"), Lane::Calls).await.unwrap();
    Calls::start(connection, dialer.counters()).unwrap()
}

pub async fn pipe_to(node: &Node, lane: PipeLane) -> Result<Pipe, DialError> {
    dialer("a").pipe(&node.addr.to_string(), to("b"), lane).await
}

pub fn to(name: &str) -> Addressee {
    Addressee::Node(name.to_owned())
}

/// Waits until `condition` holds.
pub async fn until(what: &str, condition: impl Fn() -> bool) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !condition() {
            turn().await;
        }
    });
    assert!(waited.await.is_ok(), "never so: {what}");
}

/// Lets everything else run for a moment, without counting on how long that is.
async fn turn() {
    let nothing = Semaphore::new(0);
    let _ = tokio::time::timeout(Duration::from_millis(1), nothing.acquire()).await;
}

/// Fails instead of hanging.
pub async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("in time")
}
