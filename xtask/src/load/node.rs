//! A node of a load run's own: an empty store, free ports, ready before anybody plays, stopped at the end.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::store::Store;
use super::{Args, center};

/// Longest wait for a node to be ready, and for one to stop.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running node; stopped when it is dropped.
pub struct Node {
    process: Child,
    public: SocketAddr,
    staff: SocketAddr,
}

impl Node {
    /// Starts a node in `folder` and waits until it is ready.
    pub fn start(holdfast: &Path, (folder, store): (&Path, &Store), args: &Args) -> anyhow::Result<Self> {
        let (data, file) = (folder.join("data"), folder.join("center.toml"));
        if data.exists() {
            std::fs::remove_dir_all(&data).with_context(|| format!("cannot remove {}", data.display()))?;
        }
        center::write(holdfast, &file, (args.sessions, args.agents))?;
        let [public, staff, ops, peer] = free()?;
        let log = std::fs::File::create(folder.join("node.log")).context("cannot write the node's log")?;
        eprintln!("--- start a node; its log is {}", folder.join("node.log").display());
        let mut serve = Command::new(holdfast);
        store.tell(&mut serve);
        let process = serve
            .args(["serve", "--log-level", "warn", "--public", &public.to_string()])
            .args(["--staff", &staff.to_string(), "--ops", &ops.to_string(), "--peer", &peer.to_string()])
            .arg("--data")
            .arg(data)
            .arg("--center")
            .arg(file)
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("the node cannot be started")?;
        let mut node = Self { process, public, staff };
        node.wait(ops)?;
        Ok(node)
    }

    #[expect(clippy::disallowed_methods, reason = "a task for people; no simulation runs it")]
    fn wait(&mut self, ops: SocketAddr) -> anyhow::Result<()> {
        let began = Instant::now();
        while !is_ready(ops) {
            if let Some(status) = self.process.try_wait()? {
                bail!("the node ended ({status}); see its log");
            }
            if began.elapsed() > PATIENCE {
                bail!("the node is not ready after {PATIENCE:?}; see its log");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Tells `holdfast load` where the node is and who signs in.
    pub fn address(&self, load: &mut Command, agents: u32) {
        load.args(["--url", &format!("http://{}", self.public)]);
        load.args(["--staff-url", &format!("http://{}", self.staff)]);
        load.args(["--agents-prefix", center::PREFIX, "--agents-count", &agents.to_string()]);
        load.env("HOLDFAST_LOAD_PASSWORD", center::PASSWORD);
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let pid = self.process.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        if !asked.is_ok_and(|status| status.success()) {
            // Nothing is left to be asked politely.
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

/// Four ports that were free a moment ago.
pub fn free() -> anyhow::Result<[SocketAddr; 4]> {
    let listeners: Vec<TcpListener> =
        (0..4).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<_, _>>()?;
    let addresses: Vec<SocketAddr> =
        listeners.iter().map(TcpListener::local_addr).collect::<Result<_, _>>()?;
    addresses.try_into().map_err(|_| anyhow::anyhow!("four listeners have four addresses"))
}

/// Whether the node behind this ops listener says that it is.
pub fn is_ready(ops: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&ops, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n")?;
        let mut start = [0; 12];
        stream.read_exact(&mut start)?;
        Ok(start.ends_with(b" 200"))
    };
    ask().unwrap_or(false)
}
