//! Calls and lanes of the door over the links, what edges are told, and the other side of both. Never knows what they mean.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, StreamExt as _};
use holdfast_cluster::link::{Handler, Links, NotSent, PeerId, Push, Refused, Subscription};

use crate::limits;
use crate::runtime::mpsc;
use crate::shard::door::Wait;
use crate::shard::door::edge::Teller;
use crate::shard::door::many::{Lost, Method, Peers, Serve};

/// A stream: a lane of the door.
const LANE: u16 = 1;
/// A stream: what an edge is told.
const FEED: u16 = 2;

/// The refusal of what is not understood, or not served yet.
const NOT_SERVED: u16 = 1;

/// The links as the door's way to other nodes.
pub(in crate::node::inside) struct LinkedPeers {
    links: Arc<Links>,
}

impl LinkedPeers {
    pub(in crate::node::inside) fn new(links: Arc<Links>) -> Self {
        Self { links }
    }
}

const fn number(method: Method) -> u16 {
    match method {
        Method::Call => 1,
        Method::Note => 2,
        Method::Up => 3,
    }
}

const fn method(number: u16) -> Option<Method> {
    match number {
        1 => Some(Method::Call),
        2 => Some(Method::Note),
        3 => Some(Method::Up),
        _ => None,
    }
}

impl Peers for LinkedPeers {
    fn call(&self, node: &str, method: Method, body: Bytes, within: Duration) -> Wait<Result<Bytes, Lost>> {
        let (links, node) = (self.links.clone(), node.to_owned());
        Box::pin(async move { links.call(&node, number(method), body, within).await.map_err(|_| Lost) })
    }

    fn open(&self, node: &str, open: Bytes) -> Result<BoxStream<'static, Bytes>, Lost> {
        let opened = self.links.open(node, LANE, open).map_err(|_| Lost)?;
        Ok(opened.into_stream().boxed())
    }
}

/// Begins to listen to what a node tells edges.
pub(in crate::node::inside) fn listen(
    open: impl FnOnce(u16, Bytes) -> Result<Subscription, NotSent>,
) -> Option<BoxStream<'static, Bytes>> {
    open(FEED, Bytes::new()).ok().map(|told| told.into_stream().boxed())
}

/// What this node serves to others, or to edges, once its shards are there.
#[derive(Default)]
pub(super) struct Served(OnceLock<(Serve, Option<Teller>)>);

impl Served {
    /// Edges are told something besides.
    pub(super) fn serves(&self, serve: Serve, teller: Option<Teller>) {
        // A node starts its shards once.
        let _ = self.0.set((serve, teller));
    }
}

fn refused() -> Refused {
    Refused { code: NOT_SERVED, body: Bytes::new() }
}

impl Handler for Served {
    fn call(&self, from: PeerId, number: u16, body: Bytes) -> BoxFuture<'_, Result<Bytes, Refused>> {
        Box::pin(async move {
            let ((serve, _), method) = self.0.get().zip(method(number)).ok_or_else(refused)?;
            serve.call(&from.name, method, body).await.map_err(|Lost| refused())
        })
    }

    fn stream(&self, from: PeerId, number: u16, body: Bytes, mut push: Push) -> BoxFuture<'_, u16> {
        Box::pin(async move {
            let (down, mut downs) = mpsc::channel(limits::LANE_DOWNS);
            let feed: BoxFuture<'_, ()> = match (self.0.get(), number) {
                (Some((serve, _)), LANE) => Box::pin(serve.lane(&from.name, body, down)),
                (Some((_, Some(teller))), FEED) => Box::pin(teller.tell(down)),
                _ => return NOT_SERVED,
            };
            let pump = async move {
                let mut reads = true;
                while reads && let Some(item) = downs.recv().await {
                    reads = push.send(item).await.is_ok();
                }
            };
            // What was said before the feeder ended still goes down.
            futures_util::future::join(feed, pump).await;
            0
        })
    }
}
