//! The assembly of a node or an edge: opens listeners, has the inside built, serves, and takes everything down in order within a deadline.
//! Never knows what stands behind the door: [`Build`] does.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::addresses;
use super::config::{Door, Role, Settings};
use super::exit::Exit;
use super::lifecycle::{Life, Phase, Signals, reload};
use super::listeners::{App, Closing, ListenError, Listener, Mutual, Renew};
use super::ops::{Check, Inside, Ops};
use crate::limits;
use crate::runtime::{Real, Runtime};
use crate::shard::door::Wait;

/// The inside of a process once it is built: everything that listeners and probes need.
pub struct Built {
    /// Routes of the public listener.
    pub public: Router,
    /// What a node has beside that; an edge serves customers alone.
    pub within: Option<Within>,
    /// Whether the process can do its work.
    pub check: Check,
    /// Ends the streams of every connection with "resume" and takes no new input; ends when the workers have.
    pub drain: Box<dyn FnOnce() -> Wait<()> + Send>,
    /// Closes the store; called last, whatever happened before.
    pub close: Box<dyn FnOnce() -> Wait<()> + Send>,
}

/// What a node has for those who serve and for operators.
pub struct Within {
    /// Routes of the staff listener.
    pub staff: Router,
    /// What admins reach by the ops listener.
    pub ops: Inside,
}

/// The way to other nodes, open and not served: the inside serves it, if it has peers.
pub struct Peering {
    /// The socket of the peer listener; none of an edge, to which nobody connects.
    pub socket: Option<TcpListener>,
    /// TLS in both directions, if it is on.
    pub tls: Option<Arc<Mutual>>,
}

/// Builds the inside of a node: opens the store, starts the shards, makes the edges.
pub trait Build: Send {
    /// Builds; ends when the node can serve. What it waits for meanwhile it says to the life, for the probes.
    fn build(
        self: Box<Self>,
        settings: &Settings,
        runtime: Arc<dyn Runtime>,
        inside: (Life, Peering),
    ) -> Wait<anyhow::Result<Built>>;
}

/// Why a node did not start.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A listener cannot open.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The inside cannot be built.
    #[error("{0:#}")]
    Build(anyhow::Error),
    /// Something of the system: signals, the file of addresses.
    #[error("{0}")]
    System(#[from] std::io::Error),
}

/// The listeners, open but not yet served: four of a node, two of an edge.
struct Doors {
    public: Listener,
    ops: Listener,
    staff: Option<Listener>,
    peer: Option<Listener>,
    mutual: Option<Arc<Mutual>>,
}

impl Doors {
    fn bind(settings: &Settings) -> Result<Self, ListenError> {
        let listen = &settings.listen;
        let mutual = listen.peer_tls().map(Mutual::open).transpose();
        let mutual = mutual.map_err(|error| ListenError::Tls { name: "peer", error })?.map(Arc::new);
        // Whoever serves the bare socket brings TLS along.
        let peer = Door { tls_certificate: None, tls_key: None, ..listen.peer.clone() };
        let is_node = settings.node.role == Role::Node;
        let of_node = |name, door| is_node.then(|| Listener::bind(name, door)).transpose();
        Ok(Self {
            public: Listener::bind("public", &listen.public)?,
            staff: of_node("staff", &listen.staff)?,
            ops: Listener::bind("ops", &listen.ops)?,
            peer: of_node("peer", &peer)?,
            mutual,
        })
    }

    fn certificates(&self) -> Vec<Arc<dyn Renew>> {
        let all = [Some(&self.public), self.staff.as_ref(), Some(&self.ops), self.peer.as_ref()];
        let listeners = all.into_iter().flatten().filter_map(Listener::tls);
        let mutual = self.mutual.clone().map(|mutual| mutual as Arc<dyn Renew>);
        listeners.map(|tls| tls as Arc<dyn Renew>).chain(mutual).collect()
    }

    fn addresses(&self) -> addresses::Addresses {
        addresses::Addresses {
            public: self.public.url(),
            staff: self.staff.as_ref().map(Listener::url).unwrap_or_default(),
            ops: self.ops.url(),
            peer: self.peer.as_ref().map(|peer| peer.address().to_string()).unwrap_or_default(),
            pid: std::process::id(),
        }
    }
}

/// Runs a node until it is told to stop. `ready` is told the addresses once the node takes traffic.
pub async fn run(
    settings: &Settings,
    build: Box<dyn Build>,
    ready: impl FnOnce(&addresses::Addresses),
) -> Result<Exit, RunError> {
    let runtime = Real::start();
    let mut signals = Signals::catch()?;
    let doors = Doors::bind(settings)?;
    let addresses = doors.addresses();
    let certificates = doors.certificates();
    let (version, node) = (env!("CARGO_PKG_VERSION"), &settings.node.name);
    match settings.node.role {
        Role::Node => tracing::info!(version, node, "the node starts"),
        Role::Edge => tracing::info!(version, node, "the edge starts"),
    }
    let serving = Serving::new(Arc::clone(&runtime));
    let ops = Ops::new(serving.life.clone(), Arc::clone(&runtime));
    let Doors { public, staff, ops: ops_door, peer, mutual } = doors;
    serving.serve(ops_door, App::Http(ops.router(settings.node.role)), &serving.last.clone());

    let inside = (serving.life.clone(), Peering { socket: peer.map(Listener::into_socket), tls: mutual });
    let building = build.build(settings, Arc::clone(&runtime), inside);
    let built = tokio::select! {
        built = building => built.map_err(RunError::Build)?,
        () = signals.stop(&certificates) => return Ok(Exit::Stopped),
    };
    // Only now the directory is known to be ours: what stands in it is of a process that was killed.
    addresses::remove(&settings.store.directory);
    let closing = serving.closing.clone();
    ops.checks(built.check);
    serving.serve(public, App::Http(built.public), &closing);
    if let (Some(listener), Some(Within { staff, ops: inside })) = (staff, built.within) {
        ops.open(inside);
        serving.serve(listener, App::Http(staff), &closing);
    }
    serving.life.enter(Phase::Ready);
    addresses::write(&settings.store.directory, &addresses)?;
    ready(&addresses);
    serving.keep_certificates(certificates.clone());

    signals.stop(&certificates).await;
    let hurried = CancellationToken::new();
    runtime.spawn(Box::pin(signals.second(closing, hurried.clone())));
    let exit = serving.stop(settings, (built.drain, built.close), hurried).await;
    addresses::remove(&settings.store.directory);
    Ok(exit)
}

/// What is being served, and how it ends.
struct Serving {
    life: Life,
    runtime: Arc<dyn Runtime>,
    /// Ends public and staff.
    closing: Closing,
    /// Ends ops, after the others: probes and metrics answer through the drain.
    last: Closing,
    ended: tokio::sync::mpsc::Sender<()>,
    all_ended: tokio::sync::mpsc::Receiver<()>,
}

impl Serving {
    fn new(runtime: Arc<dyn Runtime>) -> Self {
        let (ended, all_ended) = tokio::sync::mpsc::channel(4);
        let (closing, last) = (Closing::default(), Closing::default());
        Self { life: Life::default(), runtime, closing, last, ended, all_ended }
    }

    fn serve(&self, listener: Listener, app: App, closing: &Closing) {
        let (runtime, ended, closing) = (Arc::clone(&self.runtime), self.ended.clone(), closing.clone());
        self.runtime.spawn(Box::pin(async move {
            listener.serve(app, runtime, closing).await;
            let _ = ended.send(()).await;
        }));
    }

    /// Looks at the certificate files from time to time, so that renewal needs no signal.
    fn keep_certificates(&self, certificates: Vec<Arc<dyn Renew>>) {
        if certificates.is_empty() {
            return;
        }
        let (runtime, closing) = (Arc::clone(&self.runtime), self.closing.clone());
        self.runtime.spawn(Box::pin(async move {
            while !closing.gently.is_cancelled() {
                runtime.sleep(Duration::from_millis(limits::TLS_RELOAD_MS)).await;
                reload(&certificates);
            }
        }));
    }

    /// Not ready, notice, no new connections, drain, end of the connections, end of ops, store closed.
    async fn stop(mut self, settings: &Settings, ends: Ends, hurried: CancellationToken) -> Exit {
        self.life.enter(Phase::Draining);
        let deadline = self.runtime.sleep(settings.stop.deadline.duration());
        let notice = self.runtime.sleep(settings.stop.notice.duration());
        let (drain, close) = ends;
        let doors = if settings.node.role == Role::Node { 2 } else { 1 };
        let gentle = async {
            tokio::select! {
                () = notice => {}
                () = hurried.cancelled() => {}
            }
            self.closing.gently.cancel();
            drain().await;
            let cut = self.runtime.sleep(Duration::from_millis(limits::STOP_CUT_MS));
            tokio::select! {
                () = ended(&mut self.all_ended, doors) => {}
                () = cut => {}
            }
        };
        let exit = tokio::select! {
            () = gentle => Exit::Stopped,
            () = deadline => Exit::Deadline,
            () = hurried.cancelled() => Exit::Hurried,
        };
        self.closing.now.cancel();
        self.last.gently.cancel();
        self.last.now.cancel();
        close().await;
        self.life.enter(Phase::Stopped);
        exit
    }
}

/// So many listeners have ended, public and staff, each with all of its connections.
async fn ended(all: &mut tokio::sync::mpsc::Receiver<()>, doors: usize) {
    for _ in 0..doors {
        all.recv().await;
    }
}

/// What ends the inside: drain, then close.
type Ends = (Box<dyn FnOnce() -> Wait<()> + Send>, Box<dyn FnOnce() -> Wait<()> + Send>);

/// Makes sure that the directory is there and ours before anything else is tried.
pub fn prepare(directory: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}
