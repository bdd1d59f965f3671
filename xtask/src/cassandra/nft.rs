//! Runs nftables, and installs it where that may be done. Never touches a table that it is not told about.

use std::io::Write as _;
use std::process::Stdio;

use anyhow::{Context as _, ensure};

use super::artifacts::{apt, as_root};

/// Where the program is, if it is there.
fn found() -> Option<&'static str> {
    ["/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft"]
        .into_iter()
        .find(|path| std::path::Path::new(path).is_file())
}

/// The program.
pub fn program() -> anyhow::Result<&'static str> {
    if found().is_none() {
        apt(&["nftables"]).context("cutting links needs nftables")?;
    }
    found().context("nft is missing")
}

/// Whether a table of the family `inet` is there.
pub fn has(table: &str) -> bool {
    let Some(nft) = found() else { return false };
    let mut list = as_root(nft);
    list.args(["list", "table", "inet", table]).stdin(Stdio::null());
    list.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Runs a script: all of it or nothing.
pub fn run(script: &str) -> anyhow::Result<()> {
    let mut child =
        as_root(program()?).args(["-f", "-"]).stdin(Stdio::piped()).spawn().context("nft cannot be run")?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(script.as_bytes())?;
    }
    ensure!(child.wait()?.success(), "nft failed; cutting links needs root");
    Ok(())
}
