//! The way in: accepts connections, lets only those pass that prove the secret in time, and hands each to the service of
//! its lane. Bounded on both sides of the hello. Never answers a stranger with more than "no".

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use parking_lot::Mutex;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::either::Either;

use super::calls::{self, Handler, Host};
use super::counters::{LinkCounters, count};
use super::hello::{HelloError, Identity, TlsFault, receive};
use super::limits;
use super::pipe::{Pipe, PipeHandler};
use super::tasks::Tasks;
use super::wire::{Connection, Socket, strange, wants_tls};
use super::words::{Lane, PeerId};

/// What is told of a peer that was let in.
pub type Met = Arc<dyn Fn(&PeerId) + Send + Sync>;

/// What this node serves to its peers; a lane without a service is refused in the hello.
#[derive(Clone, Default)]
pub struct Services {
    /// Calls and streams.
    pub calls: Option<Arc<dyn Handler>>,
    /// Calls and streams of edges.
    pub edges: Option<Arc<dyn Handler>>,
    /// Pipes.
    pub pipes: Option<Arc<dyn PipeHandler>>,
    /// Told of every node that was let in: it is up, whatever this node's own attempts said of it. Must not block.
    pub met: Option<Met>,
    /// Connections that carry the beats of peers; the detector reads them.
    pub beats: Option<mpsc::Sender<Connection>>,
}

impl Services {
    fn serves(&self, lane: Lane) -> bool {
        match lane {
            Lane::Calls => self.calls.is_some(),
            Lane::Beats => self.beats.is_some(),
            Lane::Pipe(_) => self.pipes.is_some(),
            Lane::Edge => self.edges.is_some(),
        }
    }
}

/// The peer port of this node.
pub struct Port {
    identity: Arc<Identity>,
    services: Services,
    tls: ArcSwapOption<ServerConfig>,
    counters: Arc<LinkCounters>,
    strangers: Arc<Semaphore>,
    connections: Arc<Semaphore>,
    handled: Arc<Semaphore>,
    /// Connections of edges, and their calls: what edges do takes no place from nodes.
    edges: Arc<Semaphore>,
    handled_for_edges: Arc<Semaphore>,
    /// Connections of each edge: one that looks for its cluster has two for a moment.
    edges_here: Mutex<BTreeMap<Arc<str>, usize>>,
    /// When a refusal was last told to the log.
    told: Mutex<Option<Instant>>,
    tasks: Tasks,
}

impl Port {
    /// A port that answers as `identity`, over TLS if there is a configuration (which should ask for the client's
    /// certificate).
    #[must_use]
    pub fn new(
        identity: Arc<Identity>,
        services: Services,
        tls: Option<Arc<ServerConfig>>,
        counters: Arc<LinkCounters>,
    ) -> Arc<Self> {
        Arc::new(Self {
            identity,
            services,
            tls: ArcSwapOption::from(tls),
            counters,
            strangers: Arc::new(Semaphore::new(limits::STRANGERS)),
            connections: Arc::new(Semaphore::new(limits::CONNECTIONS)),
            handled: Arc::new(Semaphore::new(limits::CALLS_AT_ONCE)),
            edges: Arc::new(Semaphore::new(limits::EDGES)),
            handled_for_edges: Arc::new(Semaphore::new(limits::EDGE_CALLS_AT_ONCE)),
            edges_here: Mutex::default(),
            told: Mutex::default(),
            tasks: Tasks::default(),
        })
    }

    /// The next connections use this certificate.
    pub fn replace_tls(&self, tls: Arc<ServerConfig>) {
        self.tls.store(Some(tls));
    }

    /// Accepts connections in the background until [`Port::stop`].
    pub fn serve(self: &Arc<Self>, listener: TcpListener) {
        let port = Arc::clone(self);
        self.tasks.spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, from)) => port.admit(stream, from),
                    Err(error) => {
                        tracing::warn!(listener = "peer", %error, "a connection could not be accepted");
                        pause().await;
                    }
                }
            }
        });
    }

    /// Closes the port and every connection that it accepted, and waits for their tasks.
    pub async fn stop(&self) {
        self.tasks.stop().await;
    }

    fn admit(self: &Arc<Self>, stream: TcpStream, from: SocketAddr) {
        count(&self.counters.accepted);
        let places = (
            Arc::clone(&self.strangers).try_acquire_owned(),
            Arc::clone(&self.connections).try_acquire_owned(),
        );
        let (Ok(stranger), Ok(place)) = places else {
            return count(&self.counters.crowded_out);
        };
        let port = Arc::clone(self);
        self.tasks.spawn(async move {
            match port.meet(stream, stranger).await {
                Ok(connection) => port.host(connection, place).await,
                Err(error) => port.turn_away(&error, from),
            }
        });
    }

    /// TLS and hello; the place among the strangers is given back in any case.
    async fn meet(
        &self,
        stream: TcpStream,
        _stranger: OwnedSemaphorePermit,
    ) -> Result<Connection, HelloError> {
        let mut socket = Socket::new(stream)?;
        let hello = async {
            let io = match self.tls.load_full() {
                Some(_) if !wants_tls(&mut socket).await? => return Err(TlsFault::Plain.into()),
                Some(tls) => Either::Right(
                    TlsAcceptor::from(tls).accept(socket).await.map_err(TlsFault::broken_off)?.into(),
                ),
                None => Either::Left(socket),
            };
            receive(strange(io), &self.identity, |lane| self.services.serves(lane)).await
        };
        timeout(limits::HELLO_WITHIN, hello).await.unwrap_or(Err(HelloError::Late))
    }

    /// What somebody has to mend is said aloud, but not as often as whoever knocks likes.
    fn turn_away(&self, error: &HelloError, from: SocketAddr) {
        count(match error {
            HelloError::Secret => &self.counters.refused_secret,
            HelloError::Refused(_) => &self.counters.refused_named,
            HelloError::Tls(_) => &self.counters.refused_tls,
            _ => &self.counters.broken_hellos,
        });
        let address = from.ip();
        if matches!(error, HelloError::Secret | HelloError::Tls(_)) && self.is_worth_a_line() {
            tracing::warn!(listener = "peer", %address, %error, "a hello was refused");
        } else {
            tracing::debug!(listener = "peer", %address, %error, "a hello failed");
        }
    }

    fn is_worth_a_line(&self) -> bool {
        let mut last = self.told.lock();
        let is_time = last.is_none_or(|last| last.elapsed() >= limits::TOLD_AGAIN);
        if is_time {
            *last = Some(Instant::now());
        }
        is_time
    }

    /// How many edges are connected now.
    #[must_use]
    pub fn edges(&self) -> usize {
        self.edges_here.lock().len()
    }

    fn calls(&self, handler: &Arc<dyn Handler>, places: &Arc<Semaphore>) -> Host {
        Host {
            handler: Arc::clone(handler),
            places: Arc::clone(places),
            counters: Arc::clone(&self.counters),
            tasks: self.tasks.clone(),
        }
    }

    async fn host(&self, connection: Connection, _place: OwnedSemaphorePermit) {
        count(&self.counters.welcomed);
        let from = connection.peer.clone();
        let services = &self.services;
        if connection.lane == Lane::Edge {
            return self.host_edge(connection).await;
        }
        if let Some(met) = &services.met {
            met(&from);
        }
        match (connection.lane, &services.calls, &services.pipes, &services.beats) {
            (Lane::Calls, Some(handler), _, _) => {
                calls::serve(connection, &self.calls(handler, &self.handled)).await;
            }
            (Lane::Pipe(lane), _, Some(handler), _) => handler.serve(from, lane, Pipe::new(connection)).await,
            // The detector bounds what it reads; a beat connection that it has no place for is closed.
            (Lane::Beats, _, _, Some(beats)) => drop(beats.try_send(connection)),
            _ => {}
        }
    }

    async fn host_edge(&self, connection: Connection) {
        let Some(handler) = &self.services.edges else { return };
        let Ok(_place) = Arc::clone(&self.edges).try_acquire_owned() else {
            return count(&self.counters.crowded_out);
        };
        let _here = Here::new(&self.edges_here, &connection.peer.name);
        calls::serve(connection, &self.calls(handler, &self.handled_for_edges)).await;
    }
}

/// A connection of an edge, counted while it is there.
struct Here<'a> {
    all: &'a Mutex<BTreeMap<Arc<str>, usize>>,
    name: Arc<str>,
}

impl<'a> Here<'a> {
    fn new(all: &'a Mutex<BTreeMap<Arc<str>, usize>>, name: &Arc<str>) -> Self {
        *all.lock().entry(Arc::clone(name)).or_default() += 1;
        Self { all, name: Arc::clone(name) }
    }
}

impl Drop for Here<'_> {
    fn drop(&mut self) {
        let mut all = self.all.lock();
        let left = all.get(&self.name).map_or(0, |count| count - 1);
        match left {
            0 => drop(all.remove(&self.name)),
            left => drop(all.insert(Arc::clone(&self.name), left)),
        }
    }
}

impl std::fmt::Debug for Port {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Port").field("identity", &self.identity).finish_non_exhaustive()
    }
}

#[expect(clippy::disallowed_methods, reason = "the link is a shell with a clock of its own")]
async fn pause() {
    tokio::time::sleep(limits::ACCEPT_PAUSE).await;
}
