//! What a node has whatever it owns: runtime, store, links, configuration. Never belongs to one incarnation; what a worker
//! needs besides is its incarnation's looks.

pub mod links;
pub mod place;

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::runtime::Runtime;
use crate::shard::config::centers::Centers;
use crate::shard::config::versions;
use crate::shard::desk::board::Board;
use crate::shard::door::{ApplyError, DoorError, RecordPage, RecordQuery, Wait, Who};
use crate::shard::history::records;
use crate::shard::links::Links;
use crate::shard::tenure::Chronicle;
use crate::store::rows::Rows;

/// What a node has whatever it owns.
#[derive(Clone)]
pub struct Site {
    /// The one door to the world.
    pub runtime: Arc<dyn Runtime>,
    /// The store.
    pub rows: Arc<dyn Rows>,
    /// The way to workers and matchmaker.
    pub links: Links,
    /// The configuration, all versions in use.
    pub centers: Arc<Centers>,
    /// What the matchmaker tells everybody.
    pub board: Arc<Board>,
    /// What takeovers were seen.
    pub chronicle: Arc<Chronicle>,
    /// Admits the reading of what nobody has asked for yet, so that those who ask are answered first.
    pub recovery: Arc<Semaphore>,
    /// The cluster's secret, from which tokens are signed.
    pub secret: [u8; 32],
}

impl Site {
    /// Records, from the store: any node has them.
    pub fn records(&self, who: Who, query: RecordQuery) -> Wait<Result<RecordPage, DoorError>> {
        let (rows, now) = (self.rows.clone(), self.runtime.now());
        Box::pin(
            async move { records::list(&*rows, &who, &query, now).await.map_err(|_| DoorError::Unknown) },
        )
    }

    /// A new version of the configuration.
    pub fn apply_center(&self, base: u64, text: String) -> Wait<Result<u64, ApplyError>> {
        let (rows, centers) = (self.rows.clone(), self.centers.clone());
        Box::pin(async move { versions::apply(&*rows, &centers, base, text).await })
    }

    /// The text of a version of the configuration, the one in force for `None`.
    pub fn center_text(&self, version: Option<u64>) -> Wait<Result<Option<(u64, String)>, DoorError>> {
        let (rows, current) = (self.rows.clone(), self.centers.current().version);
        let version = version.unwrap_or(current);
        Box::pin(async move {
            let text = versions::text(&*rows, version).await.map_err(|_| DoorError::Unknown)?;
            Ok(text.map(|text| (version, text)))
        })
    }
}
