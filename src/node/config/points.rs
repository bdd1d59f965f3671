//! Addresses of others as people write them: one text with commas, or a list; a port that is left out is the usual one.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// Addresses of servers: a list, or one text with commas, as an environment variable holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Points<const PORT: u16>(pub Vec<String>);

impl<const PORT: u16> Points<PORT> {
    /// Whether none is named.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<const PORT: u16> fmt::Display for Points<PORT> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

impl<'de, const PORT: u16> Deserialize<'de> for Points<PORT> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            One(String),
            Many(Vec<String>),
        }
        let points = match Written::deserialize(deserializer)? {
            Written::One(text) => text.split(',').map(ToOwned::to_owned).collect(),
            Written::Many(points) => points,
        };
        let points = points.iter().map(|point| point.trim()).filter(|point| !point.is_empty());
        Ok(Self(points.map(|point| with_port(point, PORT)).collect()))
    }
}

/// The point with its port: a name, an IPv4 address, or an IPv6 address in brackets.
fn with_port(point: &str, port: u16) -> String {
    let named = point.rsplit_once(':').is_some_and(|(host, _)| !host.contains(':') || host.ends_with(']'));
    if named { point.to_owned() } else { format!("{point}:{port}") }
}

/// Whether it is a host and a port.
pub(super) fn is_point(point: &str) -> bool {
    let Some((host, port)) = point.rsplit_once(':') else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let known = match bracketed {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(plain),
    };
    known && port.parse::<u16>().is_ok_and(|port| port > 0)
}
