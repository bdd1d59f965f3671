//! Whether this node reaches the store, and, while it does not, whether the others do. A node that keeps shards whose journals
//! it cannot write keeps their sessions waiting although somebody else could go on with them. Never ends a life by itself.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{Either, join_all, select};

use crate::limits;
use crate::runtime::Runtime;
use crate::shard::door::many::{Method, Peers};
use crate::shard::wire::{Answer, Call};
use crate::store::rows::{Incarnation, Look, Rows};

/// What a node knows of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// It answers, and has no fence of this life.
    Clean,
    /// It answers, and has one.
    Fenced,
    /// It does not answer this node. Nobody is known whom it answers.
    Silent,
    /// It answers others and not this node.
    Others,
}

/// What a look takes.
pub(super) struct Glass {
    pub runtime: Arc<dyn Runtime>,
    pub rows: Arc<dyn Rows>,
    pub peers: Arc<dyn Peers>,
    pub of: Incarnation,
    /// The other nodes that are up.
    pub others: Vec<Arc<str>>,
}

impl Glass {
    /// Looks for the own fence, and asks the others when the store stays silent.
    pub(super) async fn look(self) -> Reach {
        let silent = self.runtime.sleep(Duration::from_millis(limits::STORE_SILENT));
        let answer = match select(Box::pin(self.answer()), silent).await {
            Either::Left((look, _)) => return reach(look),
            Either::Right(((), answer)) => answer,
        };
        let others = self.others_reach_it().await;
        match answer.now_or_never() {
            // It came while the others were asked.
            Some(look) => reach(look),
            None if others => Reach::Others,
            None => Reach::Silent,
        }
    }

    /// Ends with the first answer; an error is none.
    pub(super) async fn answer(&self) -> Look {
        loop {
            if let Ok(look) = self.rows.look(self.of).await {
                return look;
            }
            self.runtime.sleep(Duration::from_millis(limits::REWRITE_AFTER)).await;
        }
    }

    async fn others_reach_it(&self) -> bool {
        let within = Duration::from_millis(limits::STORE_ASKED);
        let asked = self.others.iter().map(|node| {
            let call = self.peers.call(node, Method::Call, Call::Store.encode(), within);
            async move {
                let answer = call.await.ok().and_then(|answer| Answer::decode(&answer).ok());
                matches!(answer, Some(Answer::Yes))
            }
        });
        join_all(asked).await.into_iter().any(|reaches| reaches)
    }
}

const fn reach(look: Look) -> Reach {
    match look {
        Look::Clean => Reach::Clean,
        Look::Fenced => Reach::Fenced,
    }
}
