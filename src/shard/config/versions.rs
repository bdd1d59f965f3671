//! Versioned configuration in the store: one row per version, numbered by whoever applies first. Never decides what a
//! version means; the node that applies parses it before it is stored.

use bytes::Bytes;

use crate::center::{Center, Source, StaffRole, parse};
use crate::shard::config::centers::Centers;
use crate::shard::door::{ApplyError, DoorError};
use crate::store::journal::keys::number;
use crate::store::reading;
use crate::store::rows::{Claim, ReadError, Rows, Slice, Table, WriteError};

/// The kind of configuration that a contact center is.
const KIND: &[u8] = b"center";

/// Reads every version above the newest that is known, and puts it in force.
///
/// # Errors
/// When the store gives no answer, or holds a version that this release cannot read.
pub async fn load(rows: &dyn Rows, centers: &Centers) -> Result<u64, ReadError> {
    let newest = centers.current().version;
    for row in reading::partition(rows, Table::Config, Bytes::from_static(KIND), key(newest + 1)).await? {
        let version = number(&row.clustering);
        let text = std::str::from_utf8(&row.value).map_err(|e| ReadError(e.to_string()))?;
        let mut center = read(text)
            .map_err(|found| ReadError(format!("configuration {version}: {}", found.join("; "))))?;
        center.version = version;
        centers.add(center);
    }
    Ok(centers.current().version)
}

/// Stores a new version made from `base`, if nobody was faster.
///
/// # Errors
/// When it does not hold together, when another version is in force, or when the store gives no certain answer.
pub async fn apply(rows: &dyn Rows, centers: &Centers, base: u64, text: String) -> Result<u64, ApplyError> {
    let new = read(&text).map_err(ApplyError::Invalid)?;
    load(rows, centers).await.map_err(|_| DoorError::Unknown)?;
    let current = centers.current().version;
    if base != current {
        return Err(ApplyError::Conflict { current });
    }
    if has_admin(&centers.current()) && !has_admin(&new) {
        let why = "nobody would have the role admin, and then nobody could change the configuration again";
        return Err(ApplyError::Invalid(vec![why.to_owned()]));
    }
    let at = (Bytes::from_static(KIND), key(base + 1));
    let won = rows.claim(Table::Config, at, None, Bytes::from(text.clone())).await;
    match won {
        Ok(Claim::Won) => {}
        // The same text under this number is our own earlier try, or as good.
        Ok(Claim::Lost(Some(found))) if found == text.as_bytes() => {}
        Ok(Claim::Lost(_)) => {
            load(rows, centers).await.map_err(|_| DoorError::Unknown)?;
            return Err(ApplyError::Conflict { current: centers.current().version });
        }
        Err(WriteError::Unknown(_)) => return Err(DoorError::Unknown.into()),
        Err(WriteError::Refused(_)) => return Err(DoorError::Full.into()),
    }
    load(rows, centers).await.map_err(|_| DoorError::Unknown)?;
    Ok(base + 1)
}

/// The text of one version.
///
/// # Errors
/// When the store gives no answer.
pub async fn text(rows: &dyn Rows, version: u64) -> Result<Option<String>, ReadError> {
    let slice = Slice {
        table: Table::Config,
        partition: Bytes::from_static(KIND),
        from: key(version),
        to: Some(key(version + 1)),
        limit: 1,
        bytes: usize::MAX,
        reverse: false,
    };
    let page = rows.read(slice).await?;
    Ok(page.rows.first().map(|row| String::from_utf8_lossy(&row.value).into_owned()))
}

/// Whether somebody may change the configuration.
fn has_admin(center: &Center) -> bool {
    let agents = center.agents.values().map(|agent| &agent.roles);
    let mut roles = agents.chain(center.keys.values().map(|key| &key.roles));
    roles.any(|roles| roles.contains(&StaffRole::Admin))
}

fn read(text: &str) -> Result<Center, Vec<String>> {
    let found = parse(&[Source { name: "configuration", text }]);
    found.map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

fn key(version: u64) -> Bytes {
    version.to_be_bytes().to_vec().into()
}
