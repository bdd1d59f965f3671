//! Where the replicas are, and how many: what makes two quorums meet.

use super::super::facts::Facts;
use super::super::finding::Finding;
use super::list;
use crate::store::rows::cassandra::schema::Replication;

pub(super) fn judge(facts: &Facts) -> [Finding; 6] {
    [
        datacenter(facts),
        contact_points(facts),
        strategy(facts),
        redundancy(facts),
        changed(facts),
        durable(facts),
    ]
}

fn datacenter(facts: &Facts) -> Finding {
    let wanted = &facts.wanted.datacenter;
    let servers = facts.local().count();
    if servers > 0 {
        return Finding::ok("datacenter", format!("data centre {wanted} has {servers} servers"));
    }
    let mut others: Vec<String> = facts.servers.iter().map(|server| server.datacenter.clone()).collect();
    others.sort_unstable();
    others.dedup();
    let sentence = format!("no server is in data centre {wanted}; the cluster has: {}", list(&others));
    Finding::refuse("datacenter", sentence)
}

/// A contact point elsewhere still tells where the others are; requests never go to it.
fn contact_points(facts: &Facts) -> Finding {
    let elsewhere = |point: &&String| {
        let host = point.rsplit_once(':').map_or(point.as_str(), |(host, _)| host).trim_matches(['[', ']']);
        let server = facts.servers.iter().find(|server| server.address == host);
        server.is_some_and(|server| server.datacenter != facts.wanted.datacenter)
    };
    let found: Vec<String> = facts.wanted.contact_points.iter().filter(elsewhere).cloned().collect();
    if found.is_empty() {
        return Finding::ok("contact_points", "no contact point is known to be in another data centre");
    }
    let wanted = &facts.wanted.datacenter;
    Finding::warn("contact_points", format!("not in data centre {wanted}: {}", list(&found)))
}

fn strategy(facts: &Facts) -> Finding {
    let name = &facts.wanted.keyspace;
    match facts.keyspace.as_ref().map(|keyspace| &keyspace.replication) {
        None => Finding::refuse(
            "strategy",
            format!(
                "there is no keyspace {name}: run holdfast schema apply --replication \"{}:3\"",
                facts.wanted.datacenter
            ),
        ),
        Some(Replication::Other(class)) => Finding::refuse(
            "strategy",
            format!("keyspace {name} has {class}, whose quorums are not those of one data centre"),
        ),
        Some(found @ Replication::Network(_)) => {
            Finding::ok("strategy", format!("keyspace {name} has NetworkTopologyStrategy, {found}"))
        }
    }
}

fn redundancy(facts: &Facts) -> Finding {
    let (factor, servers) = (facts.factor(), facts.local().count());
    let quorum = factor as usize / 2 + 1;
    let place = format!("in data centre {}", facts.wanted.datacenter);
    match factor {
        0 => Finding::refuse("redundancy", format!("the keyspace has no replica {place}")),
        1 => Finding::warn(
            "redundancy",
            format!("no redundancy: one replica {place}; what that server loses is lost"),
        ),
        _ if factor.is_multiple_of(2) => Finding::refuse(
            "redundancy",
            format!("{factor} replicas {place}: an even number survives no more than one less; use 3"),
        ),
        _ if servers < quorum => Finding::refuse(
            "redundancy",
            format!("{factor} replicas {place}, which has {servers} servers: a quorum is {quorum}"),
        ),
        _ if servers < factor as usize => Finding::warn(
            "redundancy",
            format!("{factor} replicas {place}, which has {servers} servers: none may fail"),
        ),
        _ => Finding::ok(
            "redundancy",
            format!("{factor} replicas {place}: {} servers may fail", (factor - 1) / 2),
        ),
    }
}

/// Quorums of before and after a change need not meet, until everything was repaired.
fn changed(facts: &Facts) -> Finding {
    let code = "replication_changed";
    let now = format!("{}:{}", facts.wanted.datacenter, facts.factor());
    match facts.cluster.as_ref().and_then(|cluster| cluster.replication.as_ref()) {
        None => Finding::ok(code, format!("no replication is noted yet; {now} will be")),
        Some(noted) if *noted == now => Finding::ok(code, format!("{now}, as it was noted")),
        Some(noted) => Finding::refuse(
            code,
            format!(
                "the replication is {now}, but {noted} was noted: quorums of before and after need not meet. Repair \
                 everything while no node runs, then: holdfast schema accept --replication \"{now}\""
            ),
        ),
    }
}

fn durable(facts: &Facts) -> Finding {
    match &facts.keyspace {
        Some(keyspace) if !keyspace.durable => Finding::refuse(
            "durable_writes",
            "durable_writes is false: what is acknowledged goes past the commit log and is lost with the process",
        ),
        _ => Finding::ok("durable_writes", "writes go through the commit log"),
    }
}
