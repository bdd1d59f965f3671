//! The agreement on the map, as the shards see it. Never waits for ever: an outcome that is not known in time is said to be
//! unknown.

use std::sync::Arc;
use std::time::Duration;

use holdfast_cluster::ownership::{Answer, Command};
use holdfast_cluster::{Cluster, ProposeError, View};

use crate::limits;
use crate::runtime::watch;
use crate::shard::door::Wait;
use crate::shard::tenure::{Council, Unsure};

/// The crate's cluster as a council.
pub(super) struct Agreement {
    cluster: Cluster,
}

impl Agreement {
    pub(super) fn new(cluster: Cluster) -> Self {
        Self { cluster }
    }
}

impl Council for Agreement {
    fn view(&self) -> Arc<View> {
        self.cluster.map()
    }

    fn changed(&self) -> watch::Receiver<u64> {
        self.cluster.changed()
    }

    fn propose(&self, command: Command) -> Wait<Result<Answer, Unsure>> {
        let cluster = self.cluster.clone();
        Box::pin(async move {
            let joins = matches!(command, Command::Join(_));
            match cluster.propose(command, Duration::from_millis(limits::PROPOSE_WITHIN)).await {
                Ok(answer) => Ok(answer),
                // What is refused is as it was, but a node that may not join has to try again.
                Err(ProposeError::Refused(_)) if !joins => Ok(Answer::Unchanged),
                Err(error) => Err(Unsure(error.to_string())),
            }
        })
    }
}
