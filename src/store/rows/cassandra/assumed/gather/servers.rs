//! Each server asked about itself: its release, its settings, its clock. A server that does not answer in time is noted as
//! silent. Asks those of the configured data centre only.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream;
use scylla::client::session::Session;
use scylla::cluster::Node;
use scylla::policies::load_balancing::{NodeIdentifier, SingleTargetLoadBalancingPolicy};
use scylla::statement::{Consistency, Statement};
use scylla::value::CqlTimestamp;

use super::super::facts::{Said, Server};
use crate::limits;
use crate::runtime::Runtime;

/// Servers that are asked at once.
const AT_ONCE: usize = 8;

/// All servers, in the order of their addresses; those of the data centre with what they say.
pub(super) async fn ask(session: &Arc<Session>, runtime: &Arc<dyn Runtime>, datacenter: &str) -> Vec<Server> {
    let state = session.get_cluster_state();
    let nodes = state.get_nodes_info().iter().take(limits::ASSUMED_SERVERS).cloned();
    let asking = nodes.map(|node| one(session.clone(), runtime.clone(), node, datacenter.to_owned()));
    let mut servers: Vec<Server> = stream::iter(asking).buffer_unordered(AT_ONCE).collect().await;
    servers.sort_by(|a, b| a.address.cmp(&b.address));
    servers
}

async fn one(
    session: Arc<Session>,
    runtime: Arc<dyn Runtime>,
    node: Arc<Node>,
    datacenter: String,
) -> Server {
    let place = node.datacenter.clone().unwrap_or_default();
    let said = if place == datacenter { say(&session, &runtime, &node).await } else { None };
    Server { address: node.address.ip().to_string(), datacenter: place, said }
}

/// A question that goes to this server and to no other.
fn question(node: &Arc<Node>, text: &str) -> Statement {
    let mut question = Statement::new(text);
    let only = SingleTargetLoadBalancingPolicy::new(NodeIdentifier::Node(node.clone()), None);
    question.set_load_balancing_policy(Some(only));
    question.set_consistency(Consistency::One);
    question.set_request_timeout(Some(limits::ASSUMED_WAIT));
    question
}

async fn say(session: &Session, runtime: &Arc<dyn Runtime>, node: &Arc<Node>) -> Option<Said> {
    let began = runtime.now().0;
    let text = "SELECT release_version, toTimestamp(now()) FROM system.local";
    let answer = session.query_unpaged(question(node, text), ()).await.ok()?;
    let ended = runtime.now().0;
    let (version, CqlTimestamp(theirs)) =
        answer.into_rows_result().ok()?.first_row::<(String, CqlTimestamp)>().ok()?;
    // The server looked at its clock somewhere between the two.
    let ours = i64::try_from(began.midpoint(ended)).unwrap_or(i64::MAX);
    Some(Said { version, settings: settings(session, node).await, ahead_ms: theirs.saturating_sub(ours) })
}

/// The settings that are judged; empty where this role may not read them.
async fn settings(session: &Session, node: &Arc<Node>) -> BTreeMap<String, String> {
    let text = "SELECT name, value FROM system_views.settings";
    let answer = session.query_unpaged(question(node, text), ()).await.ok();
    let Some(rows) = answer.and_then(|answer| answer.into_rows_result().ok()) else { return BTreeMap::new() };
    let Ok(rows) = rows.rows::<(String, Option<String>)>() else { return BTreeMap::new() };
    let read = rows.filter_map(Result::ok).filter(|(name, _)| judged(name));
    read.map(|(name, value)| (name, value.unwrap_or_else(|| "null".into()))).collect()
}

/// Others are none of our business: some hold passwords of key stores.
fn judged(name: &str) -> bool {
    let exact = [
        "commitlog_sync",
        "commitlog_disk_access_mode",
        "hinted_handoff_enabled",
        "max_mutation_size",
        "paxos_variant",
        "tombstone_failure_threshold",
    ];
    exact.contains(&name)
        || name.starts_with("commitlog_compression")
        || (name.starts_with("transparent_data_encryption_options") && name.ends_with("enabled"))
}
