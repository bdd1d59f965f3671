//! A keyspace with this release's tables on the cluster under test. It stays there and is used by every run of the same
//! schema, each with keys of its own, for making tables takes seconds.

use holdfast::store::rows::cassandra::connect;
use holdfast::store::rows::cassandra::options::Options;

/// The whole schema, as an operator applies it.
const SCHEMA: &str = include_str!("../../cql/schema.cql");

/// The options of a store whose tables are there.
pub async fn prepared(points: Vec<String>) -> Options {
    altered(points, SCHEMA).await
}

/// The same, reached as these options say.
pub async fn prepared_by(options: Options) -> Options {
    made(options, SCHEMA).await
}

/// The same with tables whose reads repair nothing, so that a copy stays where it was put.
pub async fn unrepaired(points: Vec<String>) -> Options {
    altered(points, &SCHEMA.replace("read_repair = 'BLOCKING'", "read_repair = 'NONE'")).await
}

async fn altered(points: Vec<String>, schema: &str) -> Options {
    made(Options::new(points, "unnamed", &datacenter()), schema).await
}

async fn made(options: Options, schema: &str) -> Options {
    let name = format!("hf_test_{:08x}", xxhash_rust::xxh3::xxh3_64(schema.as_bytes()) >> 32);
    let options = Options { keyspace: name.clone(), ..options };
    let session = connect::upkeep(&options).await.expect("the cluster under test answers");
    let copies = session.get_cluster_state().get_nodes_info().len().min(3);
    let made = session
        .query_unpaged(
            format!(
                "CREATE KEYSPACE IF NOT EXISTS {name} WITH replication = {{'class': 'NetworkTopologyStrategy', '{}': {copies}}}",
                options.datacenter
            ),
            (),
        )
        .await;
    made.expect("the keyspace is made");
    for statement in statements(schema, &name) {
        session.query_unpaged(statement, ()).await.expect("the table is made");
    }
    options
}

/// How many nodes the cluster under test has.
pub async fn nodes(options: &Options) -> usize {
    let session = connect::upkeep(options).await.expect("the cluster under test answers");
    session.get_cluster_state().get_nodes_info().len()
}

/// Where the nodes under test are; the name that a cluster of one's own gets by itself, unless said otherwise.
pub fn datacenter() -> String {
    std::env::var("HOLDFAST_CASSANDRA_DATACENTER").unwrap_or_else(|_| "datacenter1".into())
}

fn statements(schema: &str, keyspace: &str) -> Vec<String> {
    let lines = schema.lines().filter(|line| !line.starts_with("--"));
    let text = lines.collect::<Vec<_>>().join("\n").replace("${keyspace}", keyspace);
    text.split(';').map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect()
}
