//! What the door's calls and lanes stand on: the workers that are here, if any are, who owns what, the way to other nodes. It
//! has no store, so an edge stands on it, too. Waits for an owner and tries again when one is gone. Never waits without a deadline.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};

use super::{Owner, Owners, Peers};
use crate::limits;
use crate::runtime::Runtime;
use crate::session::refusal::Refusal;
use crate::shard::door::here::{Here, Missed};
use crate::shard::door::{DoorError, Wait};
use crate::shard::links::Links;

/// What calls and lanes stand on.
#[derive(Clone)]
pub struct Ground {
    /// The one door to the world.
    pub runtime: Arc<dyn Runtime>,
    /// The way to the workers that are here.
    pub links: Links,
    /// The workers that are here.
    pub here: Here,
    /// Who owns what.
    pub owners: Arc<dyn Owners>,
    /// The way to other nodes.
    pub peers: Arc<dyn Peers>,
}

impl Ground {
    /// On these.
    #[must_use]
    pub fn new(
        (runtime, links): (Arc<dyn Runtime>, Links),
        owners: Arc<dyn Owners>,
        peers: Arc<dyn Peers>,
    ) -> Self {
        let here = Here::new(links.clone());
        Self { runtime, links, here, owners, peers }
    }

    /// Asks the owner of a shard, and the next owner when that one is gone, until there is an answer or the deadline.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        shard: u16,
        attempt: impl Fn(&Self, &Owner) -> Wait<Result<T, Missed>> + Send + 'static,
    ) -> Wait<Result<T, DoorError>> {
        let ground = self.clone();
        let deadline = self.runtime.sleep(Duration::from_millis(limits::DOOR_WAIT));
        Box::pin(async move {
            match select(Box::pin(ground.asked(shard, attempt)), deadline).await {
                Either::Left((result, _)) => result,
                Either::Right(_) => Err(DoorError::Unknown),
            }
        })
    }

    async fn asked<T: Send + 'static>(
        &self,
        shard: u16,
        attempt: impl Fn(&Self, &Owner) -> Wait<Result<T, Missed>> + Send + 'static,
    ) -> Result<T, DoorError> {
        let mut stale = 0_u32;
        loop {
            let owner = self.owners.owner(shard);
            let asked = match &owner {
                Owner::Nobody => Box::pin(std::future::pending()),
                Owner::Here(_) | Owner::There(..) => attempt(self, &owner),
            };
            match select(asked, self.owners.changed(shard, owner.clone())).await {
                Either::Left((Ok(result), _)) => return Ok(result),
                // An owner that knows less than the asker may be one that was deposed and does not know it yet.
                Either::Left((Err(Missed::Door(DoorError::Refused(Refusal::Stale { known }))), _)) => {
                    stale += 1;
                    if stale > limits::STALE_TRIES {
                        return Err(Refusal::Stale { known }.into());
                    }
                    self.pause(shard, &owner).await;
                }
                Either::Left((Err(Missed::Door(error)), _)) => return Err(error),
                Either::Left((Err(Missed::Gone), _)) => self.pause(shard, &owner).await,
                Either::Right(_) => {}
            }
        }
    }

    /// Ends when it is worth to ask again: somebody else owns the shard, its worker is here, or a while has passed.
    pub(super) async fn pause(&self, shard: u16, known: &Owner) {
        let changed = self.owners.changed(shard, known.clone());
        let a_while = self.runtime.sleep(Duration::from_millis(limits::OWNER_AGAIN));
        let entered = async {
            match known {
                Owner::Here(_) => self.links.entered(shard).await,
                Owner::There(..) | Owner::Nobody => std::future::pending().await,
            }
        };
        select(select(changed, a_while), Box::pin(entered)).await;
    }
}
