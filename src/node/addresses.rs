//! `addresses.json` in the store's directory: where a running node listens, ports that the system chose included. There
//! only while the node takes traffic. Never holds a secret.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// The file's name.
pub const FILE: &str = "addresses.json";

/// Where a node listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    /// URL of the public listener.
    pub public: String,
    /// URL of the staff listener; an edge has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub staff: String,
    /// URL of the ops listener.
    pub ops: String,
    /// Address of the peer listener, which speaks no HTTP; an edge has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub peer: String,
    /// The process.
    pub pid: u32,
}

/// Writes the file in one step, so that a reader never sees half of it.
pub fn write(directory: &Path, addresses: &Addresses) -> io::Result<()> {
    let text = serde_json::to_vec_pretty(addresses)?;
    let fresh = directory.join(format!("{FILE}.new"));
    std::fs::write(&fresh, text)?;
    std::fs::rename(fresh, directory.join(FILE))
}

/// Reads the file; `None` while no node is ready there.
#[must_use]
pub fn read(directory: &Path) -> Option<Addresses> {
    let text = std::fs::read(directory.join(FILE)).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Takes the file away.
pub fn remove(directory: &Path) {
    let _ = std::fs::remove_file(directory.join(FILE));
}
