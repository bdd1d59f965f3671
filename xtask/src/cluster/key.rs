//! The API key of an admin, for a contact center that is made here. Never for real customers: it lies in a file beside it.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};

/// Writes a contact center with a key of its own, and gives the key.
pub fn write(binary: &Path, mut center: String, file: &Path) -> anyhow::Result<String> {
    let made = Command::new(binary).arg("hash-key").output().context("holdfast hash-key cannot be run")?;
    ensure!(made.status.success(), "holdfast hash-key failed ({})", made.status);
    let made = String::from_utf8(made.stdout)?;
    let (key, hash) = made.trim().split_once('\n').context("a key and its hash")?;
    write!(center, "\n[key.xtask]\nroles = [\"admin\"]\nkey_sha256 = \"{}\"\n", hash.trim())?;
    std::fs::write(file, center).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(key.trim().to_owned())
}
