//! The pipes of the agreement over the peer port. Never reads a frame.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use holdfast_cluster::Cluster;
use holdfast_cluster::link::{self, Addressee, Dialer, PeerId, PipeHandler, PipeLane};
use holdfast_cluster::transport::{Broken, Lane, Peer, Pipe, Transport, Unreachable};

use crate::limits;
use crate::runtime::Runtime;

/// Pipes to other nodes.
pub(super) struct Linked {
    dialer: Dialer,
    runtime: Arc<dyn Runtime>,
}

impl Linked {
    pub(super) fn new(dialer: Dialer, runtime: Arc<dyn Runtime>) -> Self {
        Self { dialer, runtime }
    }
}

impl Transport for Linked {
    fn connect<'a>(&'a self, to: &'a Peer, lane: Lane) -> BoxFuture<'a, Result<Box<dyn Pipe>, Unreachable>> {
        Box::pin(async move {
            let addressee = to.name.as_ref().map_or(Addressee::Any, |name| Addressee::Node(name.0.clone()));
            let lane = match lane {
                Lane::Append => PipeLane::Append,
                Lane::Heartbeat => PipeLane::Heartbeat,
                Lane::Snapshot => PipeLane::Snapshot,
                Lane::Ask => PipeLane::Ask,
            };
            match self.dialer.pipe(&to.address, addressee, lane).await {
                Ok(pipe) => Ok(Box::new(Linking(pipe)) as Box<dyn Pipe>),
                Err(error) => {
                    // A closed port answers at once, and whoever replicates to it tries again at once.
                    self.runtime.sleep(Duration::from_millis(limits::PIPE_AGAIN)).await;
                    Err(Unreachable { to: to.address.clone(), why: error.to_string() })
                }
            }
        })
    }
}

/// One pipe.
struct Linking(link::Pipe);

impl Pipe for Linking {
    fn send(&mut self, frame: Bytes) -> BoxFuture<'_, Result<(), Broken>> {
        Box::pin(async move { self.0.send(frame).await.map_err(|error| Broken(error.to_string())) })
    }

    fn recv(&mut self) -> BoxFuture<'_, Result<Bytes, Broken>> {
        Box::pin(async move { self.0.recv().await.map_err(|error| Broken(error.to_string())) })
    }
}

/// Pipes from other nodes, once the member is open.
#[derive(Default)]
pub(super) struct Pipes(OnceLock<Cluster>);

impl Pipes {
    pub(super) fn serves(&self, cluster: Cluster) {
        // A node opens its member once.
        let _ = self.0.set(cluster);
    }
}

impl PipeHandler for Pipes {
    fn serve(&self, _from: PeerId, _lane: PipeLane, pipe: link::Pipe) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if let Some(cluster) = self.0.get() {
                cluster.serve(Box::new(Linking(pipe))).await;
            }
        })
    }
}
