//! One look at a node from outside: whether it is ready, and its metrics. Never waits long: a node that was stopped takes
//! connections and says nothing.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, ensure};

/// Longest wait for a connection and for each part of an answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longest page, bytes.
const LONGEST: u64 = 4 << 20;

/// What a node says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// Whether it takes traffic.
    pub is_ready: bool,
    page: Vec<(String, f64)>,
}

impl Look {
    /// Looks.
    pub fn at(ops: SocketAddr) -> anyhow::Result<Self> {
        let (status, page) = get(ops, "/metrics", None)?;
        ensure!(status == 200, "/metrics: {status}");
        Ok(Self { is_ready: get(ops, "/readyz", None)?.0 == 200, page: read(&page) })
    }

    /// A metric, summed over those of its labels that hold `label`.
    pub fn sum(&self, name: &str, label: &str) -> f64 {
        let of = |line: &str| {
            let (own, labels) = line.split_once('{').unwrap_or((line, ""));
            own == name && labels.contains(label)
        };
        self.page.iter().filter(|(line, _)| of(line)).map(|(_, value)| value).sum()
    }

    /// The same as a count.
    pub fn count(&self, name: &str) -> usize {
        self.sum(name, "").max(0.0) as usize
    }

    /// Whether it leads the agreement on the map.
    pub fn leads(&self) -> bool {
        self.count("holdfast_raft_leads") == 1
    }

    /// Shards whose workers run there.
    pub fn owned(&self) -> usize {
        self.count("holdfast_shards_owned")
    }

    /// Nodes that are up in its map.
    pub fn up(&self) -> usize {
        self.count("holdfast_nodes_up")
    }

    /// Every line of one metric, with its labels.
    pub fn lines<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, f64)> + 'a {
        self.page
            .iter()
            .filter(move |(line, _)| line.starts_with(prefix))
            .map(|(line, value)| (line.as_str(), *value))
    }
}

fn read(page: &str) -> Vec<(String, f64)> {
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.rsplit_once(' '))
        .filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
        .collect()
}

/// One GET in the oldest manner, whose answer ends with the connection.
pub fn get(address: SocketAddr, path: &str, bearer: Option<&str>) -> anyhow::Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let bearer = bearer.map_or(String::new(), |key| format!("authorization: Bearer {key}\r\n"));
    stream.write_all(format!("GET {path} HTTP/1.0\r\nhost: {address}\r\n{bearer}\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.take(LONGEST).read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no HTTP")?;
    let status = head.split(' ').nth(1).context("no status")?.parse()?;
    Ok((status, body.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# HELP holdfast_links Links.\nholdfast_links{state=\"connected\"} 2\nholdfast_links{state=\"refused\"} 1\n\
                        holdfast_raft_leads 1\nholdfast_raft_leads_odd 7\n";

    #[test]
    fn metrics_are_summed_by_name_and_label() {
        let look = Look { is_ready: true, page: read(PAGE) };
        assert!((look.sum("holdfast_links", "connected") - 2.0).abs() < 1e-9);
        assert!((look.sum("holdfast_links", "") - 3.0).abs() < 1e-9);
        assert!(look.leads());
        assert_eq!(look.owned(), 0);
    }
}
