//! A node as a process of its own, in a directory of its own, on ports that the system chose. Killed, stopped and started
//! again as tests need it; its log is shown when the test fails.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use holdfast::node::addresses::{self, Addresses};

use super::http::{Ask, ask};
use super::wait::until;

/// The API key of the tests: supervisor and admin.
pub const KEY: &str = "hk_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// The contact center of the tests: the demo's, with a key for programs.
pub fn center() -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, KEY.as_bytes());
    let hash: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "{}\n[key.tests]\nkey_sha256 = \"{hash}\"\nroles = [\"supervisor\", \"admin\"]\nunits = [\"demo\"]\n",
        holdfast::node::cli::demo::CENTER
    )
}

/// How a node is started.
pub struct Plan {
    directory: tempfile::TempDir,
    flags: Vec<String>,
    variables: Vec<(String, String)>,
}

impl Plan {
    /// A node with the contact center of the tests.
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("center.toml"), center()).expect("written");
        Self { directory, flags: Vec::new(), variables: Vec::new() }
    }

    /// With a contact center of its own.
    pub fn center(self, text: &str) -> Self {
        std::fs::write(self.directory.path().join("center.toml"), text).expect("written");
        self
    }

    /// With a setting, by its variable.
    pub fn set(mut self, variable: &str, value: &str) -> Self {
        self.variables.push((variable.to_owned(), value.to_owned()));
        self
    }

    /// Directory that its store will have.
    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Starts it and waits until it is ready.
    pub async fn start(self) -> Node {
        let mut node = Node { plan: self, child: None, addresses: None };
        node.start_again().await;
        node
    }
}

/// A running node.
pub struct Node {
    plan: Plan,
    child: Option<Child>,
    addresses: Option<Addresses>,
}

impl Node {
    /// A node with the contact center of the tests, ready.
    pub async fn start() -> Self {
        Plan::new().start().await
    }

    /// Directory of the store.
    pub fn data(&self) -> PathBuf {
        self.plan.data()
    }

    /// A place for files of the test.
    pub fn scratch(&self) -> &Path {
        self.plan.directory.path()
    }

    /// Where it listens.
    pub fn addresses(&self) -> &Addresses {
        self.addresses.as_ref().expect("it has been ready")
    }

    /// URL of the public listener.
    pub fn public(&self) -> String {
        self.addresses().public.clone()
    }

    /// URL of the staff listener.
    pub fn staff(&self) -> String {
        self.addresses().staff.clone()
    }

    /// URL of the ops listener.
    pub fn ops(&self) -> String {
        self.addresses().ops.clone()
    }

    /// A request to the ops listener with the key of the tests.
    pub fn admin(&self, method: &str, path: &str) -> Ask {
        ask(method, &format!("{}{path}", self.ops())).bearer(KEY)
    }

    /// Starts the process and waits until it is ready; the second time on the ports of the first.
    pub async fn start_again(&mut self) {
        self.spawn();
        let pid = self.child.as_ref().map(Child::id);
        let data = self.data();
        let found = until("the node to be ready", || {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
            assert!(ended.is_none(), "the node ended: {ended:?}");
            // A file that a killed process left behind names another pid.
            std::future::ready(addresses::read(&data).filter(|found| Some(found.pid) == pid))
        });
        let found = found.await;
        self.addresses = Some(found);
    }

    /// Starts the process and waits for nothing.
    pub fn spawn(&mut self) {
        assert!(self.child.is_none(), "it runs already");
        self.child = Some(self.command().spawn().expect("the binary starts"));
    }

    fn command(&self) -> Command {
        let scratch = self.plan.directory.path();
        let log = File::options().create(true).append(true).open(scratch.join("log")).expect("a log");
        let mut command = holdfast();
        command.arg("serve").arg("--data").arg(self.data()).arg("--center").arg(scratch.join("center.toml"));
        let before = self.addresses.as_ref();
        let at = |door: fn(&Addresses) -> &str| {
            before.map_or("127.0.0.1:0", |found| door(found).trim_start_matches("http://")).to_owned()
        };
        command.args(["--public", &at(|found| &found.public), "--staff", &at(|found| &found.staff)]);
        command.args(["--ops", &at(|found| &found.ops), "--peer", &at(|found| &found.peer)]);
        command.args(&self.plan.flags).envs(self.plan.variables.iter().cloned());
        command.current_dir(scratch).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        command
    }

    /// `kill -9`, and waits until the process is gone.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().expect("killed");
        child.wait().expect("gone");
    }

    /// Sends a signal.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let child = self.child.as_ref().expect("it runs");
        let pid = rustix::process::Pid::from_child(child);
        rustix::process::kill_process(pid, signal).expect("signalled");
    }

    /// Waits until the process ends by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("it runs");
        let looking = || std::future::ready(child.try_wait().expect("it can be asked"));
        until("the node to end", looking).await
    }

    /// Stops it gently.
    pub async fn stop(&mut self) -> ExitStatus {
        self.signal(rustix::process::Signal::TERM);
        self.ended().await
    }

    /// Everything that it logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.plan.directory.path().join("log")).unwrap_or_default()
    }

    /// Runs the command line against this node, as an admin.
    pub async fn command_line(&self, arguments: &[&str]) -> Output {
        let mut command = holdfast();
        command.args(arguments).env("HOLDFAST_OPS_URL", self.ops()).env("HOLDFAST_KEY", KEY);
        command.current_dir(self.scratch());
        run(command).await
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            let log = self.log();
            let from = log.char_indices().rev().nth(8_000).map_or(0, |(at, _)| at);
            eprintln!("--- the node's log\n{}", &log[from..]);
        }
    }
}

/// The binary, without settings of whoever runs the tests.
pub fn holdfast() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    let ours = std::env::vars().map(|(name, _)| name).filter(|name| name.starts_with("HOLDFAST_"));
    ours.for_each(|name| {
        command.env_remove(name);
    });
    command
}

/// Runs a command to its end without blocking the test's runtime.
pub async fn run(command: Command) -> Output {
    tokio::process::Command::from(command).output().await.expect("the binary runs")
}
