//! What only a real Cassandra can show: the rows suite, the journal suite, faults between driver and server, and the
//! protocol's traces. Needs `HOLDFAST_CASSANDRA=host:port,…`; without it every test says loudly that it was skipped.
//! Never starts or stops a server by itself.
//!
//! What the run that started the servers says, and `cargo xtask cassandra up` prints:
//! - `HOLDFAST_CASSANDRA`: contact points, node 1 first.
//! - `HOLDFAST_CASSANDRA_XTASK` and `_FIRST`: set where the servers may be broken; see [`servers`]. The program takes
//!   `cassandra kill|restart|pause|resume|cut|heal N` and `cassandra mend`. Tests on three servers run one at a time.
//! - `HOLDFAST_CASSANDRA_USER`, `_PASSWORD`, `_CA` (a PEM file): set where servers speak TLS and ask for a password; only
//!   tests in a module `secured` run there.
//!
//! Tests in a module `suites` run on Cassandra 4.1, too.

mod servers;

mod corner;
mod faults;
mod keyspace;
mod proxy;
mod rows;
mod secured;
mod suites;
mod traces;

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
