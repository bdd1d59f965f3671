//! What a node tells an edge, unasked and for as long as the edge listens: who owns what, what the public door must know of the
//! contact center, the customers' key, and that the node is there. Never says anything of agents, queues or the store.

use bytes::Bytes;

use super::parts::frame::{Chunks, chunk, message};
use super::parts::who::put_text;
use crate::store::codec::fields::{DecodeError, Fields, Writer};

const KIND: u64 = 1;
const GENERATION: u64 = 2;
const APPLIED: u64 = 3;
const NODES: u64 = 4;
const VERSION: u64 = 5;
const SERVICES: u64 = 6;
/// Two fields.
const KEY: u64 = 7;
const ADRIFT: u64 = 9;

/// In a row of a node or a service.
const NAME: u64 = 1;
const ADDRESS: u64 = 2;
const ANONYMOUS: u64 = 3;
const IDENTITY_KEY: u64 = 4;

/// Bytes of one shard in the body: the place of its owner in the list, and the epoch.
const SHARD: usize = 10;
/// The place of nobody.
const NOBODY: u16 = u16::MAX;

/// What a node tells an edge.
#[derive(Clone, PartialEq, Eq)]
pub enum Feed {
    /// Who owns what.
    Chart(Chart),
    /// What the public door must know of the contact center.
    Center(Digest),
    /// The key by which customers' tokens are signed.
    Key([u8; 32]),
    /// The node is there; and whether it can do anything for clients.
    Beat {
        /// It cannot: it lost its shards to nodes out of its reach.
        adrift: bool,
    },
}

/// The map, as far as an edge needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chart {
    /// The life of the cluster's log.
    pub generation: u32,
    /// The entry of the log that it is of.
    pub applied: u64,
    /// Nodes that are up, and where their peer ports are.
    pub nodes: Vec<(String, String)>,
    /// Of each shard: the place of its owner in the list, and the epoch.
    pub shards: Vec<(Option<u16>, u64)>,
}

/// The contact center, as far as the public door needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// Which version.
    pub version: u64,
    /// The services.
    pub services: Vec<Offered>,
}

/// A service, as far as the public door needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offered {
    /// Its name.
    pub name: String,
    /// Whether anonymous customers may create sessions.
    pub anonymous: bool,
    /// What verifies signed identities.
    pub identity_key: Option<String>,
}

/// Keys are in it.
impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Chart(_) => "Chart",
            Self::Center(_) => "Center",
            Self::Key(_) => "Key",
            Self::Beat { .. } => "Beat",
        })
    }
}

impl Feed {
    /// The bytes that travel.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut out = message(|head| match self {
            Self::Chart(chart) => put_chart(head, chart),
            Self::Center(digest) => {
                head.u64(KIND, 2);
                head.u64(VERSION, digest.version);
                head.rows(SERVICES, digest.services.iter(), put_service);
            }
            Self::Key(key) => {
                head.u64(KIND, 3);
                let (first, last) = halves(key);
                head.u128(KEY, first);
                head.u128(KEY + 1, last);
            }
            Self::Beat { adrift } => {
                head.u64(KIND, 4);
                head.flag(ADRIFT, *adrift);
            }
        });
        if let Self::Chart(chart) = self {
            chunk(&mut out, |out| put_shards(out, &chart.shards));
        }
        out.into()
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// Bytes of a later release, or damaged ones.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (head, mut bodies) = Chunks::open(bytes)?;
        Ok(match head.u64(KIND)? {
            1 => Self::Chart(get_chart(&head, bodies.take()?)?),
            2 => {
                let services = head.rows(SERVICES)?;
                let services = services.iter().map(get_service).collect::<Result<_, _>>()?;
                Self::Center(Digest { version: head.u64(VERSION)?, services })
            }
            3 => {
                let mut key = [0; 32];
                key[..16].copy_from_slice(&head.u128(KEY)?.to_be_bytes());
                key[16..].copy_from_slice(&head.u128(KEY + 1)?.to_be_bytes());
                Self::Key(key)
            }
            4 => Self::Beat { adrift: head.flag(ADRIFT)? },
            value => return Err(DecodeError::Unknown { field: KIND, value }),
        })
    }
}

fn halves(key: &[u8; 32]) -> (u128, u128) {
    let half = |bytes: &[u8]| bytes.iter().fold(0, |sum, byte| sum << 8 | u128::from(*byte));
    (half(&key[..16]), half(&key[16..]))
}

fn put_chart(head: &mut Writer<'_>, chart: &Chart) {
    head.u64(KIND, 1);
    head.u64(GENERATION, chart.generation.into());
    head.u64(APPLIED, chart.applied);
    head.rows(NODES, chart.nodes.iter(), |row, (name, address)| {
        row.str(NAME, name);
        row.str(ADDRESS, address);
    });
}

fn get_chart(head: &Fields<'_>, shards: &[u8]) -> Result<Chart, DecodeError> {
    let nodes = head.rows(NODES)?;
    let nodes = nodes.iter().map(|row| Ok((row.str(NAME)?, row.str(ADDRESS)?))).collect::<Result<_, _>>()?;
    Ok(Chart {
        generation: head.u32(GENERATION)?,
        applied: head.u64(APPLIED)?,
        nodes,
        shards: get_shards(shards)?,
    })
}

fn put_shards(out: &mut Vec<u8>, shards: &[(Option<u16>, u64)]) {
    for (owner, epoch) in shards {
        out.extend(owner.unwrap_or(NOBODY).to_be_bytes());
        out.extend(epoch.to_be_bytes());
    }
}

fn get_shards(bytes: &[u8]) -> Result<Vec<(Option<u16>, u64)>, DecodeError> {
    let (rows, rest) = bytes.as_chunks::<SHARD>();
    if !rest.is_empty() {
        return Err(DecodeError::Row);
    }
    let shard = |[a, b, epoch @ ..]: &[u8; SHARD]| {
        let owner = u16::from_be_bytes([*a, *b]);
        ((owner != NOBODY).then_some(owner), u64::from_be_bytes(*epoch))
    };
    Ok(rows.iter().map(shard).collect())
}

fn put_service(row: &mut Writer<'_>, service: &Offered) {
    row.str(NAME, &service.name);
    row.flag(ANONYMOUS, service.anonymous);
    put_text(row, IDENTITY_KEY, service.identity_key.as_deref());
}

fn get_service(row: &Fields<'_>) -> Result<Offered, DecodeError> {
    Ok(Offered {
        name: row.str(NAME)?,
        anonymous: row.flag(ANONYMOUS)?,
        identity_key: row.opt_str(IDENTITY_KEY)?,
    })
}
