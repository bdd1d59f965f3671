//! A cluster that somebody else runs, named by `HOLDFAST_CASSANDRA`. Never writes to it.

use std::net::{SocketAddr, ToSocketAddrs as _};

use anyhow::Context as _;

use super::cql::{Client, Consistency, Door};

/// The variable that names it.
pub const VARIABLE: &str = "HOLDFAST_CASSANDRA";

/// Its contact points, if it is named.
pub fn named() -> Option<String> {
    std::env::var(VARIABLE).ok().filter(|points| !points.trim().is_empty())
}

/// Looks at each contact point and says what it found.
pub fn check(points: &str) -> anyhow::Result<()> {
    for point in points.split(',').map(str::trim) {
        let about = look(point).with_context(|| format!("{VARIABLE} names {point}"))?;
        eprintln!("    {point}: {about}");
    }
    Ok(())
}

fn look(point: &str) -> anyhow::Result<String> {
    let address: SocketAddr = point.to_socket_addrs()?.next().context("no address")?;
    let mut client = Client::connect(address, Door::default())?;
    let own = client.run("SELECT release_version, data_center FROM system.local", Consistency::One)?;
    let peers = client.run("SELECT peer FROM system.peers", Consistency::One)?;
    // A read that needs most replicas of a table that every cluster has.
    client.run("SELECT role FROM system_auth.roles LIMIT 1", Consistency::Quorum)?;
    let own = own.first().context("no version")?;
    let (version, centre) = (own.first(), own.get(1));
    let or = |text: Option<&String>| text.cloned().unwrap_or_default();
    Ok(format!("Cassandra {}, data centre {}, {} peers", or(version), or(centre), peers.len()))
}
