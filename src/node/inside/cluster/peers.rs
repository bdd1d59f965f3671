//! Calls and lanes of the door over the links, and the other side of them. Never knows what they mean.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, StreamExt as _};
use holdfast_cluster::link::{Handler, Links, PeerId, Push, Refused};

use crate::limits;
use crate::runtime::mpsc;
use crate::shard::door::Wait;
use crate::shard::door::many::{Lost, Method, Peers, Serve};

/// The one stream: a lane of the door.
const LANE: u16 = 1;

/// The refusal of what is not understood, or not served yet.
const NOT_SERVED: u16 = 1;

/// The links as the door's way to other nodes.
pub(super) struct LinkedPeers {
    links: Arc<Links>,
}

impl LinkedPeers {
    pub(super) fn new(links: Arc<Links>) -> Self {
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

/// What this node serves to others, once its shards are there.
#[derive(Default)]
pub(super) struct Served(OnceLock<Serve>);

impl Served {
    pub(super) fn serves(&self, serve: Serve) {
        // A node starts its shards once.
        let _ = self.0.set(serve);
    }
}

fn refused() -> Refused {
    Refused { code: NOT_SERVED, body: Bytes::new() }
}

impl Handler for Served {
    fn call(&self, _from: PeerId, number: u16, body: Bytes) -> BoxFuture<'_, Result<Bytes, Refused>> {
        Box::pin(async move {
            let (serve, method) = self.0.get().zip(method(number)).ok_or_else(refused)?;
            serve.call(method, body).await.map_err(|Lost| refused())
        })
    }

    fn stream(&self, _from: PeerId, number: u16, body: Bytes, mut push: Push) -> BoxFuture<'_, u16> {
        Box::pin(async move {
            let Some(serve) = self.0.get().filter(|_| number == LANE) else { return NOT_SERVED };
            let (down, mut downs) = mpsc::channel(limits::LANE_DOWNS);
            let feed = serve.lane(body, down);
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
