//! How a keyspace is replicated, as operators write it (`dc1:3,dc2:3`) and as Cassandra shows it. Pure; never changes a
//! keyspace.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Replicas of a keyspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replication {
    /// So many in each data centre: what Holdfast needs.
    Network(BTreeMap<String, u32>),
    /// Anything else, by the name of its class: its quorums are not those of one data centre.
    Other(String),
}

impl Replication {
    /// What stands in `system_schema.keyspaces`.
    #[must_use]
    pub fn of_keyspace(shown: &BTreeMap<String, String>) -> Self {
        let class = shown.get("class").map_or("none", String::as_str);
        let class = class.rsplit('.').next().unwrap_or(class);
        if class != "NetworkTopologyStrategy" {
            return Self::Other(class.to_owned());
        }
        let factors = shown.iter().filter(|(name, _)| *name != "class");
        // A transient replication factor reads `3/1`; it is no number and counts as none.
        Self::Network(
            factors.map(|(name, factor)| (name.clone(), factor.trim().parse().unwrap_or(0))).collect(),
        )
    }

    /// Replicas in one data centre; 0 where there are none.
    #[must_use]
    pub fn factor(&self, datacenter: &str) -> u32 {
        match self {
            Self::Network(factors) => factors.get(datacenter).copied().unwrap_or(0),
            Self::Other(_) => 0,
        }
    }

    /// The map as CQL writes it.
    #[must_use]
    pub fn cql(&self) -> String {
        match self {
            Self::Network(factors) => {
                let each = factors.iter().map(|(name, factor)| format!(", '{name}': {factor}"));
                format!("{{'class': 'NetworkTopologyStrategy'{}}}", each.collect::<String>())
            }
            Self::Other(class) => format!("{{'class': '{class}'}}"),
        }
    }
}

impl fmt::Display for Replication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(factors) => {
                let each: Vec<String> =
                    factors.iter().map(|(name, factor)| format!("{name}:{factor}")).collect();
                f.write_str(&each.join(","))
            }
            Self::Other(class) => f.write_str(class),
        }
    }
}

impl FromStr for Replication {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut factors = BTreeMap::new();
        for part in text.split(',').map(str::trim) {
            let (name, factor) = part.rsplit_once(':').ok_or_else(|| format!("{part:?} is not {SHAPE}"))?;
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            let known = !name.is_empty() && name.chars().all(plain);
            let factor = factor.parse::<u32>().ok().filter(|factor| known && (1..=15).contains(factor));
            let factor = factor.ok_or_else(|| format!("{part:?} is not {SHAPE}"))?;
            if name.eq_ignore_ascii_case("SimpleStrategy") {
                return Err(format!("SimpleStrategy knows no data centres; write {SHAPE}"));
            }
            if factors.insert(name.to_owned(), factor).is_some() {
                return Err(format!("{name} is named twice"));
            }
        }
        Ok(Self::Network(factors))
    }
}

/// How a replication is written.
const SHAPE: &str = "\"data centre:replicas\", for example \"dc1:3\"";
