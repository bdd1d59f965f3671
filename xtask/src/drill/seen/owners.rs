//! Which node owns which session: the map as a node tells it to an admin, and the shard that a session's id names. Never asks
//! about a conversation.

use std::net::SocketAddr;

use anyhow::{Context as _, ensure};
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use crate::cluster::look::get;
use crate::cluster::ready::SHARDS;

/// Owners by shard, each by its number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners(Vec<Option<u8>>);

impl Owners {
    /// Asks a node.
    pub fn at(ops: SocketAddr, key: &str) -> anyhow::Result<Self> {
        let (status, body) = get(ops, "/cluster.json", Some(key))?;
        ensure!(status == 200, "/cluster.json: {status}");
        Self::of(&serde_json::from_str(&body)?)
    }

    /// Reads what a node said.
    pub fn of(report: &Value) -> anyhow::Result<Self> {
        let mut owners = vec![None; SHARDS];
        for shard in report["shards"].as_array().context("no shards")? {
            let number = shard["shard"].as_u64().and_then(|number| usize::try_from(number).ok());
            let place = number.and_then(|number| owners.get_mut(number)).context("a shard too many")?;
            *place = shard["owner"].as_str().and_then(|name| name.strip_prefix('n')?.parse().ok());
        }
        Ok(Self(owners))
    }

    /// Who owns a shard.
    pub fn owner(&self, shard: usize) -> Option<u8> {
        self.0.get(shard).copied().flatten()
    }
}

/// The shard of a session, by its id as clients see it: the 16 bytes of the id, hashed.
pub fn shard(id: &str) -> Option<usize> {
    let digits = id.replace('-', "");
    let bytes = u128::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 32)?.to_be_bytes();
    usize::try_from(xxh3_64(&bytes) % SHARDS as u64).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_map_is_read() {
        let report = json!({ "shards": [{ "shard": 0, "owner": "n2" }, { "shard": 7, "owner": null }] });
        let owners = Owners::of(&report).unwrap();
        assert_eq!([owners.owner(0), owners.owner(7), owners.owner(999)], [Some(2), None, None]);
        assert!(Owners::of(&json!({ "shards": [{ "shard": 256, "owner": "n1" }] })).is_err());
    }

    #[test]
    fn an_id_names_its_shard() {
        let id = "0198c0de-0000-7000-8000-000000000001";
        let bytes = [0x01, 0x98, 0xc0, 0xde, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 1];
        assert_eq!(shard(id), usize::try_from(xxh3_64(&bytes) % 256).ok());
        assert_eq!(shard("0198"), None);
    }
}
