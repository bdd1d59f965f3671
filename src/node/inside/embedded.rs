//! A node on the embedded store: files of this one process. Never waits for anybody else.

use std::sync::Arc;

use anyhow::Context as _;

use super::super::config::Settings;
use super::{Running, figures};
use crate::limits;
use crate::metrics;
use crate::runtime::Runtime;
use crate::shard;
use crate::store::rows::embedded::{self, Embedded, Options};
use crate::store::rows::{Pending, Rows};

/// Opens the store and starts all shards.
pub(super) async fn start(settings: &Settings, runtime: &Arc<dyn Runtime>) -> anyhow::Result<Running> {
    let mut options = Options::new(&settings.store.directory);
    options.reserve_bytes = settings.store.reserve.0;
    let store = open(runtime, options).await?;
    let rows: Arc<dyn Rows> = store.clone();
    let shards = shard::start(runtime.clone(), rows, limits::SHARDS);
    let shards = shards.await.context("the shards do not start")?;
    let (runtime, door) = (runtime.clone(), shards.door.clone());
    let stop = Box::new(move |deadline| -> Pending<()> { Box::pin(shards.stop(deadline)) });
    Ok(Running { door, cluster: None, adrift: None, stop, close: Box::new(move || close(runtime, store)) })
}

/// Opens the store beside the runtime's own threads: after a kill it may have to read a while.
async fn open(runtime: &Arc<dyn Runtime>, options: Options) -> anyhow::Result<Arc<Embedded>> {
    let opened = beside(runtime, move || embedded::open(options)).await?;
    let store = opened?;
    let stats = store.stats();
    metrics::before_scrape(move || figures::embedded(&stats));
    Ok(store)
}

async fn beside<T: Send + 'static>(
    runtime: &Arc<dyn Runtime>,
    work: impl FnOnce() -> T + Send + 'static,
) -> anyhow::Result<T> {
    let (done, result) = crate::runtime::oneshot::channel();
    runtime.beside(Box::new(move || {
        // Whoever asked may be gone by now.
        let _ = done.send(work());
    }));
    result.await.context("the work was given up")
}

fn close(runtime: Arc<dyn Runtime>, store: Arc<Embedded>) -> Pending<()> {
    Box::pin(async move {
        if let Err(error) = beside(&runtime, move || store.close()).await {
            tracing::error!(error = %error, "the store was not closed in order; the next start repairs it");
        }
    })
}
