//! What only a real Cassandra can show: the rows suite, the journal suite, faults between driver and server, and the
//! protocol's traces. Needs `HOLDFAST_CASSANDRA=host:port,…`; without it every test says loudly that it was skipped.
//! Never starts or stops a server by itself.

mod keyspace;
mod proxy;
mod suites;

/// The contact points of the cluster under test; `None` after saying that the test is skipped.
pub fn contact_points() -> Option<Vec<String>> {
    let points = std::env::var("HOLDFAST_CASSANDRA").ok().filter(|points| !points.is_empty());
    if points.is_none() {
        eprintln!(
            "\n!!! SKIPPED: HOLDFAST_CASSANDRA is not set; `cargo xtask cassandra up` starts a cluster\n"
        );
    }
    Some(points?.split(',').map(|point| point.trim().to_owned()).collect())
}
