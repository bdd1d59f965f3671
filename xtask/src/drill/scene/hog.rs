//! What keeps cores busy. Never outlives the drill.

use std::process::{Child, Command, Stdio};

use anyhow::Context as _;

/// Something else that keeps a core busy; killed when it is dropped.
pub struct Hog(Child);

impl Hog {
    /// Starts one.
    pub fn start() -> anyhow::Result<Self> {
        let mut hog = Command::new("setpriv");
        hog.args(["--pdeathsig", "KILL", "sh", "-c", "while :; do :; done"]).stdin(Stdio::null());
        Ok(Self(hog.spawn().context("setpriv (package util-linux) and sh keep cores busy")?))
    }
}

impl Drop for Hog {
    fn drop(&mut self) {
        // It does not end by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
