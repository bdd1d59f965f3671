//! The port to other nodes, as one process goes it. What it asks runs in the process that is asked and dies with it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{Either, select};
use futures_util::stream::{self, BoxStream, StreamExt as _};
use holdfast::runtime::{Runtime as _, mpsc};
use holdfast::shard::door::Wait;
use holdfast::shard::door::many::{Lost, Method, Peers};

use super::{Net, Node, Nodes};

/// Messages down a stream that are on their way.
const ON_THE_WAY: usize = 64;

/// The ways from one node.
pub struct Ways {
    net: Net,
    nodes: Nodes,
    from: String,
}

impl Ways {
    pub fn new(net: &Net, nodes: &Nodes, from: &str) -> Arc<Self> {
        Arc::new(Self { net: net.clone(), nodes: nodes.clone(), from: from.to_owned() })
    }

    /// The process that answers under a name now.
    fn to(&self, node: &str) -> Result<Node, Lost> {
        self.nodes.get(node).filter(|node| !node.process.is_dead()).ok_or(Lost)
    }
}

/// Goes one way; `false` when what goes is lost.
async fn goes(net: &Net, from: &str, to: &str) -> bool {
    let (lost, micros) = net.fate();
    net.0.world.sleep(Duration::from_micros(micros)).await;
    !lost && !net.is_cut(from, to)
}

impl Peers for Ways {
    fn call(&self, node: &str, method: Method, body: Bytes, within: Duration) -> Wait<Result<Bytes, Lost>> {
        let (net, reached) = (self.net.clone(), self.to(node));
        let (from, to) = (self.from.clone(), node.to_owned());
        let late = self.net.0.world.sleep(within);
        let asked = async move {
            let reached = reached?;
            if !goes(&net, &from, &to).await {
                // Nobody says that it was lost.
                return std::future::pending().await;
            }
            let serve = reached.serve.clone();
            let asking = from.clone();
            let answer = async move { serve.call(&asking, method, body).await };
            // Who dies resets the link.
            let answer = reached.process.within(answer).await.ok_or(Lost)??;
            if !goes(&net, &to, &from).await {
                return std::future::pending().await;
            }
            Ok(answer)
        };
        Box::pin(async move {
            match select(asked.boxed(), late).await {
                Either::Left((answer, _)) => answer,
                Either::Right(((), _)) => Err(Lost),
            }
        })
    }

    fn open(&self, node: &str, open: Bytes) -> Result<BoxStream<'static, Bytes>, Lost> {
        let reached = self.to(node)?;
        let (down, downs) = mpsc::channel(ON_THE_WAY);
        let (net, from, to) = (self.net.clone(), self.from.clone(), node.to_owned());
        let (serve, process) = (reached.serve.clone(), reached.process.clone());
        let cut = {
            let (net, from, to) = (net.clone(), from.clone(), to.clone());
            async move { net.until_cut(&from, &to).await }
        };
        let opener = from.clone();
        process.spawn(Box::pin(async move {
            select(serve.lane(&opener, open, down).boxed(), cut.boxed()).await;
        }));
        let next = move |mut downs: mpsc::Receiver<Bytes>| {
            let (net, from, to) = (net.clone(), from.clone(), to.clone());
            async move {
                let cut = net.until_cut(&from, &to).boxed();
                let Either::Left((Some(item), _)) = select(downs.recv().boxed(), cut).await else {
                    return None;
                };
                let (_, micros) = net.fate();
                net.0.world.sleep(Duration::from_micros(micros)).await;
                (!net.is_cut(&to, &from)).then_some((item, downs))
            }
        };
        Ok(stream::unfold(downs, next).boxed())
    }
}
