//! Every key of the process configuration in one table: what it means, its default, what it may be. `docs/settings.md`
//! is made from it. Never reads a value.

use std::fmt::Write as _;

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Dotted path in `holdfast.toml`.
    pub path: &'static str,
    /// The default, as it would be written.
    pub default: &'static str,
    /// What it may be.
    pub allowed: &'static str,
    /// What it is for.
    pub help: &'static str,
}

const fn key(path: &'static str, default: &'static str, allowed: &'static str, help: &'static str) -> Key {
    Key { path, default, allowed, help }
}

const ADDRESS: &str = "address:port, for example 127.0.0.1:7080; port 0 lets the system choose";
const COUNT: &str = "a whole number from 1 to 1000000";
const BOUND: &str = "a whole number from 0 to 4294967295; 0 is no bound";
const PEM: &str = "path of a PEM file; certificate and key are set together";
const FOR_CASSANDRA: &str = "path of a PEM file";

/// Every key.
pub const KEYS: [Key; 53] = [
    key(
        "node.name",
        "\"holdfast\"",
        "1 to 64 of a-z 0-9 . -",
        "Name of this node in logs and to its peers; in a cluster each has another.",
    ),
    key(
        "node.role",
        "\"node\"",
        "node, edge",
        "What this process is: a node, or an edge that serves customers alone and has neither store nor shard nor vote.",
    ),
    key(
        "node.threads",
        "0",
        "a whole number from 0 to 1024",
        "Threads that run tasks; 0 takes one for each core.",
    ),
    key(
        "node.zone",
        "",
        "a name of up to 64 characters",
        "The failure domain that this node stands in, such as a rack; shown, and kept in mind when nodes are chosen to vote.",
    ),
    key(
        "store.kind",
        "\"embedded\"",
        "embedded, cassandra",
        "Where conversations are kept: in files of this one node, or in Apache Cassandra.",
    ),
    key(
        "store.directory",
        "\"holdfast-data\"",
        "path of a directory",
        "Where the embedded store keeps its files; on Cassandra the Raft log; with every store `addresses.json`. Each node has its own.",
    ),
    key(
        "store.reserve",
        "\"256MiB\"",
        "a size of at least \"16MiB\"",
        "Free space below which new messages are refused, before anything is written.",
    ),
    key(
        "store.cassandra.contact_points",
        "",
        "host:port, several with commas or as a list; the port may be left out and is 9042 then",
        "Servers to ask first; the others are learned from them.",
    ),
    key(
        "store.cassandra.keyspace",
        "\"holdfast\"",
        "1 to 48 of a-z 0-9 _, beginning with a letter",
        "The keyspace that holds everything; made by `holdfast schema apply`.",
    ),
    key(
        "store.cassandra.datacenter",
        "",
        "name of a data centre, as `nodetool status` shows it",
        "The one data centre whose quorum counts; must be the same for all nodes.",
    ),
    key("store.cassandra.username", "", "a role of Cassandra", "Who signs in; without it nobody does."),
    key(
        "store.cassandra.password_file",
        "",
        "path of a file",
        "The password. HOLDFAST_STORE__CASSANDRA__PASSWORD wins over it.",
    ),
    key(
        "store.cassandra.tls_ca",
        "",
        FOR_CASSANDRA,
        "Authorities that the servers' certificates must come from; TLS is on when it is set.",
    ),
    key("store.cassandra.tls_certificate", "", PEM, "Certificate that this node shows to the servers."),
    key("store.cassandra.tls_key", "", PEM, "Private key of the certificate."),
    key(
        "store.cassandra.tls_verify_host",
        "true",
        "true, false",
        "Whether a server's certificate must name the address that was connected to.",
    ),
    key("store.cassandra.connections", "1", "a whole number from 1 to 64", "Connections to each server."),
    key(
        "store.cassandra.look_pace_ms",
        "0",
        "milliseconds, a whole number from 0 to 1000",
        "Least time from one look at the own fence to the next; 0 looks as often as the store answers. One look serves \
         every message stored before it: longer spares the store, shorter answers sooner.",
    ),
    key(
        "store.cassandra.looks_in_flight",
        "8",
        "a whole number from 1 to 16",
        "Looks at the own fence under way at once, spread over the time that one takes: more of them answer a message sooner \
         and cost the store more small reads.",
    ),
    key(
        "store.cassandra.speculative_ms",
        "60",
        "milliseconds, a whole number from 1 to 10000",
        "An answer that takes longer is asked of a second server, too; later when the whole store is slow.",
    ),
    key(
        "store.cassandra.timeout_ms",
        "2000",
        "milliseconds, a whole number from 100 to 60000",
        "Longest wait for one answer; past it a write is unknown and is written again.",
    ),
    key("listen.public.address", "\"127.0.0.1:7080\"", ADDRESS, "Customers and channels."),
    key(
        "listen.public.connections",
        "20000",
        COUNT,
        "Connections at once; past that a new one gets 503 and is closed.",
    ),
    key("listen.public.tls_certificate", "", PEM, "Certificate chain; read again when the file changes."),
    key("listen.public.tls_key", "", PEM, "Private key of the certificate."),
    key("listen.staff.address", "\"127.0.0.1:7081\"", ADDRESS, "Agents and supervisors."),
    key("listen.staff.connections", "5000", COUNT, "As for the public listener."),
    key("listen.staff.tls_certificate", "", PEM, "As for the public listener."),
    key("listen.staff.tls_key", "", PEM, "As for the public listener."),
    key("listen.ops.address", "\"127.0.0.1:7082\"", ADDRESS, "Metrics, probes, administration."),
    key("listen.ops.connections", "200", COUNT, "As for the public listener."),
    key("listen.ops.tls_certificate", "", PEM, "As for the public listener."),
    key("listen.ops.tls_key", "", PEM, "As for the public listener."),
    key("listen.peer.address", "\"127.0.0.1:7083\"", ADDRESS, "Node to node."),
    key(
        "listen.peer.connections",
        "200",
        COUNT,
        "Not used: the listener of a cluster has a bound of its own, and without a cluster there is none.",
    ),
    key(
        "listen.peer.tls_certificate",
        "",
        PEM,
        "Certificate chain that this node shows to other nodes, in both directions; read again when the file changes. All \
         nodes of a cluster have one, or none.",
    ),
    key("listen.peer.tls_key", "", PEM, "Private key of the certificate."),
    key(
        "listen.peer.tls_ca",
        "",
        "path of a PEM file; set together with the certificate",
        "Authorities that other nodes' certificates must come from; best one that signs for this cluster alone.",
    ),
    key(
        "listen.peer.tls_name",
        "",
        "a host name or address",
        "The name that every node's certificate is issued for; without it each must name the host of its own \
         cluster.advertise.",
    ),
    key(
        "create.per_address",
        "600",
        BOUND,
        "Sessions that one address (of IPv6: one /64) may create in a minute without a verified identity; past that 429. \
         Loopback is not counted. A proxy hides its customers' addresses: behind one, raise this or set it to 0.",
    ),
    key(
        "create.per_node",
        "120000",
        BOUND,
        "Sessions that all customers together may create on this node in a minute without a verified identity.",
    ),
    key(
        "log.level",
        "\"info\"",
        "error, warn, info, debug, trace, or filters such as \"info,holdfast::shard=debug\"",
        "How much is logged. Libraries say nothing below info: some would print what people write.",
    ),
    key("log.format", "\"json\"", "json, text", "One JSON object a line, or text for people."),
    key(
        "traces.endpoint",
        "",
        "an http:// or https:// URL",
        "OTLP over HTTP, for example http://collector:4318; without it nothing is sent.",
    ),
    key("traces.ratio", "0.01", "a number from 0 to 1", "Share of requests that is traced."),
    key(
        "stop.notice",
        "\"0ms\"",
        "a duration, shorter than stop.deadline",
        "From \"not ready\" to the closing of the listeners, so that load balancers notice first.",
    ),
    key(
        "stop.deadline",
        "\"30s\"",
        "a duration from \"1s\" to \"1h\"",
        "From the signal to the end at the latest.",
    ),
    key(
        "cluster.name",
        "\"holdfast\"",
        "1 to 64 of a-z 0-9 . -",
        "Name of the cluster; nodes of another one are refused.",
    ),
    key(
        "cluster.secret_file",
        "",
        "path of a file with at least 32 characters",
        "The secret that nodes prove to each other. HOLDFAST_CLUSTER__SECRET wins over it.",
    ),
    key(
        "cluster.edge_secret_file",
        "",
        "path of a file with at least 32 characters",
        "The secret that edges and nodes prove to each other; another one than the cluster's. A node without it serves no \
         edges. HOLDFAST_CLUSTER__EDGE_SECRET wins over it.",
    ),
    key(
        "cluster.join",
        "",
        "host:port, several with commas or as a list; the port may be left out and is 7083 then",
        "Peer addresses of nodes to join by, or of an edge: to ask first. Without any, a node whose directory is empty founds a \
         cluster. With the embedded store there is no cluster.",
    ),
    key(
        "cluster.advertise",
        "",
        "host:port",
        "How other nodes reach the peer listener, where that is not the address it listens on.",
    ),
    key(
        "cluster.voters",
        "3",
        "1, 3, 5",
        "How many nodes vote on the map, once there are so many; the others listen.",
    ),
];

impl Key {
    /// The key of this path.
    #[must_use]
    pub fn find(path: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.path == path)
    }

    /// The environment variable that sets it.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("HOLDFAST_{}", self.path.replace('.', "__").to_ascii_uppercase())
    }
}

/// The name among `names` that is most like `wrong`, if one is like it at all.
#[must_use]
pub fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    names
        .map(|name| (distance(wrong, name), name))
        .filter(|(far, name)| *far <= name.len().max(6) / 3)
        .min()
        .map(|(_, name)| name)
}

/// Edits from one text to the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let same = corner + usize::from(from != *to);
            corner = row[j + 1];
            row[j + 1] = same.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// The table as it stands in `docs/settings.md`.
#[must_use]
pub fn table() -> String {
    let mut page = String::from(
        "# Settings of a process\n\n\
         Made from `src/node/config/keys.rs`: `HOLDFAST_BLESS=1 cargo test --test tidy` writes it again.\n\n\
         Read from `holdfast.toml` (or the file of `--config`), then the environment, then flags; the later wins.\n\
         Relative paths start at the working directory. Secrets come from a file or the environment only.\n\n\
         | key | variable | default | allowed | meaning |\n|---|---|---|---|---|\n",
    );
    for key in &KEYS {
        let default = if key.default.is_empty() { "none".to_owned() } else { format!("`{}`", key.default) };
        let _ = writeln!(
            page,
            "| `{}` | `{}` | {default} | {} | {} |",
            key.path,
            key.variable(),
            key.allowed,
            key.help
        );
    }
    page
}
