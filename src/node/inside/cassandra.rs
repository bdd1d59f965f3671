//! A node on Apache Cassandra: it waits for the store in the background, looks whether it can be trusted, and becomes a member
//! of its cluster. Ends only for what waiting cannot cure.

use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use parking_lot::Mutex;
use scylla::client::session::Session;

use super::super::assembly::Peering;
use super::super::config::Settings;
use super::super::lifecycle::Life;
use super::watch::{self, Told};
use super::{Running, cluster, figures};
use crate::limits;
use crate::metrics;
use crate::runtime::Runtime;
use crate::shard::looks::Pace;
use crate::store::rows::cassandra::assumed::judge::QUORUM;
use crate::store::rows::cassandra::assumed::{self, Facts, Severity, Wanted};
use crate::store::rows::cassandra::options::{Credentials, Options, Tls};
use crate::store::rows::cassandra::{Cassandra, Check, schema};
use crate::store::rows::{Pending, Rows};

/// How the cluster is reached, as the settings say.
#[must_use]
pub fn options(settings: &Settings) -> Options {
    let given = &settings.store.cassandra;
    let datacenter = given.datacenter.clone().unwrap_or_default();
    let user = given.username.clone().zip(settings.cassandra_password.clone());
    let identity = given.tls_certificate.clone().zip(given.tls_key.clone());
    let tls = given.tls_ca.clone().map(|ca| Tls { ca, identity, any_name: !given.tls_verify_host });
    let mut options = Options::new(given.contact_points.0.clone(), &given.keyspace, &datacenter);
    options.credentials = user.map(|(user, password)| Credentials { user, password });
    options.tls = tls;
    options.connections_per_node = given.connections;
    options.request_timeout = Duration::from_millis(given.timeout_ms);
    options.speculate_after = Duration::from_millis(given.speculative_ms);
    options
}

/// What a cluster must be for these settings.
#[must_use]
pub fn wanted(settings: &Settings) -> Wanted {
    let given = &settings.store.cassandra;
    Wanted {
        datacenter: given.datacenter.clone().unwrap_or_default(),
        keyspace: given.keyspace.clone(),
        shards: limits::SHARDS,
        contact_points: given.contact_points.0.clone(),
    }
}

/// Why this try found no store to start on.
enum Trouble {
    /// Waiting does not help.
    Refused(anyhow::Error),
    /// The cluster did not answer, or not for certain.
    Again(String),
}

/// Waits for Cassandra, then founds or joins the cluster of nodes.
pub(super) async fn start(
    settings: &Settings,
    runtime: &Arc<dyn Runtime>,
    (life, peer): (&Life, Peering),
) -> anyhow::Result<Running> {
    let refusal = Refusal::default();
    let check = refusal.check(&settings.store.cassandra.keyspace);
    let store = Cassandra::open(runtime.clone(), options(settings), check);
    let stats = store.stats();
    metrics::before_scrape(move || figures::cassandra(&stats));
    let starting = Starting { settings, runtime, store: &store, told: Told::default() };
    let (first, longest) = limits::START_AGAIN_MS;
    let mut pause = first;
    let facts = loop {
        starting.reached(&refusal, life).await?;
        match starting.checked().await {
            Ok(facts) => break facts,
            Err(Trouble::Refused(error)) => return Err(error),
            Err(Trouble::Again(error)) => {
                tracing::warn!(%error, "the node cannot start on the store yet; it tries again");
                life.wait_for(Some(error));
            }
        }
        runtime.sleep(Duration::from_millis(pause)).await;
        pause = (pause * 2).min(longest);
    };
    let apart = Duration::from_millis(settings.store.cassandra.look_pace_ms);
    let looks = Pace { apart, in_flight: settings.store.cassandra.looks_in_flight };
    let rows: Arc<dyn Rows> = store.clone();
    let ground = cluster::Ground { settings, runtime, rows, life, peer, looks };
    let member = cluster::start(ground).await?;
    watch::note(store.as_ref(), &facts).await;
    let watching = watch::keep(Arc::downgrade(&store), runtime.clone(), facts.wanted, starting.told);
    runtime.spawn(Box::pin(watching));
    let cluster::Member { door, steward, stop, adrift } = member;
    let close = Box::new(move || close(store));
    Ok(Running { door, cluster: Some(steward), adrift: Some(adrift), stop, close })
}

struct Starting<'a> {
    settings: &'a Settings,
    runtime: &'a Arc<dyn Runtime>,
    store: &'a Arc<Cassandra>,
    told: Told,
}

impl Starting<'_> {
    /// Ends when the cluster answers, or with what waiting does not cure.
    async fn reached(&self, refusal: &Refusal, life: &Life) -> anyhow::Result<()> {
        loop {
            let pause = self.runtime.sleep(Duration::from_millis(limits::START_AGAIN_MS.0));
            tokio::select! {
                () = self.store.reachable() => return Ok(()),
                () = pause => {}
            }
            if let Some(why) = refusal.why() {
                bail!(why);
            }
            life.wait_for(self.store.trouble().map(|trouble| format!("waits for Cassandra: {trouble}")));
        }
    }

    /// Looks whether the store can be trusted.
    async fn checked(&self) -> Result<Facts, Trouble> {
        let session =
            self.store.session().ok_or_else(|| Trouble::Again("no session with Cassandra".into()))?;
        let checked = assumed::check(&session, self.runtime, wanted(self.settings)).await;
        let (facts, findings) = checked.map_err(|error| Trouble::Again(error.to_string()))?;
        watch::tell(&self.told, &findings);
        let refused = findings.iter().filter(|finding| finding.severity == Severity::Refuse);
        // A quorum that is away may come back; everything else is somebody's to mend.
        let refused: Vec<String> =
            refused.filter(|finding| finding.code != QUORUM).map(ToString::to_string).collect();
        if !refused.is_empty() {
            let text = format!("the store is not as it must be\n{}", refused.join("\n"));
            return Err(Trouble::Refused(anyhow::anyhow!(text)));
        }
        if let Some(unread) = facts.unread.first() {
            return Err(Trouble::Again(unread.clone()));
        }
        Ok(facts)
    }
}

/// What the schema of a cluster keeps this node from, once somebody has looked.
#[derive(Clone, Debug, Default)]
struct Refusal(Arc<Mutex<Option<String>>>);

impl Refusal {
    fn why(&self) -> Option<String> {
        self.0.lock().clone()
    }

    /// What every session is asked before it is used.
    fn check(&self, keyspace: &str) -> Check {
        let (refusal, keyspace) = (self.clone(), keyspace.to_owned());
        Arc::new(move |session| Box::pin(refusal.clone().looked(session, keyspace.clone())))
    }

    async fn looked(self, session: Arc<Session>, keyspace: String) -> Result<(), String> {
        let standing = schema::standing(&session, &keyspace).await.map_err(|error| error.to_string())?;
        if standing.runs() {
            *self.0.lock() = None;
            return Ok(());
        }
        let why = format!("keyspace {keyspace}: {standing}");
        *self.0.lock() = Some(why.clone());
        Err(why)
    }
}

/// What is under way has ended with the shards; nothing is kept here.
fn close(store: Arc<Cassandra>) -> Pending<()> {
    store.close();
    Box::pin(std::future::ready(()))
}
