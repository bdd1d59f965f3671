//! A cluster of real servers on loopback addresses: started together, broken one by one, stopped together. Never touches a
//! process that it did not start.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};

use super::cql::{Client, Door};
use super::cut::{self, Cut};
use super::server::{Server, State};
use super::settings::{Place, Settings, write};
use super::there::VARIABLE;
use super::{ready, tls};

/// Who signs in where a password is asked for.
pub const LOGIN: (&str, &str) = ("cassandra", "cassandra");

/// A cluster, as its files tell about it.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// Its addresses and its folder.
    pub place: Place,
    /// How it was made.
    pub settings: Settings,
    ours: bool,
}

impl Cluster {
    /// Starts what does not run of it and waits until it is ready. Data of the last start are gone on with if they fit;
    /// `fresh` begins without.
    pub fn up(place: Place, settings: Settings, fresh: bool) -> anyhow::Result<Self> {
        let cluster = Self { place, settings, ours: false };
        if cluster.mark().exists() {
            std::fs::remove_file(cluster.mark())?;
        }
        cluster.start(fresh)
    }

    /// A cluster of this process: it begins without data, and is killed and erased when the guard goes.
    pub fn ours(place: Place, settings: Settings) -> anyhow::Result<Guard> {
        // What a run that was killed has left; a person's cluster is refused by the start.
        if let Some(left) = Self::stored(place)?.filter(|left| left.mark().exists()) {
            left.kill_all()?;
        }
        let cluster = Self { place, settings, ours: true };
        cluster.make_room(true)?;
        std::fs::create_dir_all(place.folder())?;
        write(&cluster.mark(), "")?;
        let guard = Guard(cluster);
        guard.0.clone().start(false)?;
        Ok(guard)
    }

    /// The one that was started here, running or not.
    pub fn found(place: Place) -> anyhow::Result<Self> {
        let found = Self::stored(place)?;
        found.with_context(|| format!("there is no cluster at {}: `cargo xtask cassandra up`", place.ip(1)))
    }

    fn stored(place: Place) -> anyhow::Result<Option<Self>> {
        Ok(place.stored()?.map(|settings| Self { place, settings, ours: false }))
    }

    /// The file that tells a cluster of a run from one of a person.
    fn mark(&self) -> PathBuf {
        self.place.folder().join("of-a-run")
    }

    fn start(self, fresh: bool) -> anyhow::Result<Self> {
        self.make_room(fresh)?;
        self.place.store(&self.settings)?;
        self.mend()?;
        Ok(self)
    }

    /// Undoes every fault, and waits until each node reaches each.
    pub fn mend(&self) -> anyhow::Result<()> {
        let nodes: Vec<u8> = self.nodes().collect();
        for node in &nodes {
            self.heal(*node)?;
            if self.server(*node).state() == State::Paused {
                self.resume(*node)?;
            }
        }
        self.restart(&nodes).map(|_| ())
    }

    /// Erases data that would not fit; a running cluster with other settings is left alone.
    fn make_room(&self, fresh: bool) -> anyhow::Result<()> {
        let Some(left) = Self::stored(self.place)? else { return Ok(()) };
        let runs = left.nodes().any(|node| left.server(node).state() != State::Gone);
        if runs {
            ensure!(
                left.settings == self.settings && !fresh,
                "a cluster runs here with {}: `cargo xtask cassandra down` first",
                left.settings.flags()
            );
            return Ok(());
        }
        if fresh || !left.settings.same_data(&self.settings) {
            left.erase()?;
        }
        Ok(())
    }

    /// The numbers of its nodes.
    pub fn nodes(&self) -> std::ops::RangeInclusive<u8> {
        1..=self.settings.nodes
    }

    /// One of its servers.
    pub fn server(&self, node: u8) -> Server {
        Server { place: self.place, node }
    }

    /// The environment of tests and nodes that use it; the contact points come last.
    pub fn variables(&self) -> anyhow::Result<Vec<(&'static str, String)>> {
        let mut variables = vec![
            ("HOLDFAST_CASSANDRA_XTASK", std::env::current_exe()?.display().to_string()),
            ("HOLDFAST_CASSANDRA_FIRST", self.place.first.to_string()),
        ];
        if self.settings.auth {
            variables.push(("HOLDFAST_CASSANDRA_USER", LOGIN.0.to_owned()));
            variables.push(("HOLDFAST_CASSANDRA_PASSWORD", LOGIN.1.to_owned()));
        }
        if self.settings.tls {
            let certificate = std::path::absolute(tls::certificate(self.place))?;
            variables.push(("HOLDFAST_CASSANDRA_CA", certificate.display().to_string()));
        }
        variables.push((VARIABLE, self.contact_points()));
        Ok(variables)
    }

    /// Where its nodes listen for clients.
    pub fn contact_points(&self) -> String {
        self.nodes().map(|node| self.place.cql(node).to_string()).collect::<Vec<_>>().join(",")
    }

    /// Fails unless each of these is one of its nodes.
    pub fn check(&self, nodes: &[u8]) -> anyhow::Result<()> {
        match nodes.iter().find(|node| !self.nodes().contains(node)) {
            Some(node) => bail!("there is no node {node}: they are 1 to {}", self.settings.nodes),
            None => Ok(()),
        }
    }

    /// Starts nodes that do not run, all at once, and waits until they serve.
    pub fn restart(&self, nodes: &[u8]) -> anyhow::Result<Duration> {
        nodes.iter().try_for_each(|node| self.server(*node).ports_are_free())?;
        for node in nodes {
            self.server(*node).start(&self.settings, self.ours)?;
        }
        ready::wait(self, nodes)
    }

    /// Fails when one of these has ended, with its last words.
    pub fn alive(&self, nodes: &[u8]) -> anyhow::Result<()> {
        match nodes.iter().map(|node| self.server(*node)).find(|server| server.state() == State::Gone) {
            Some(gone) => {
                bail!("node {} has ended; {}:\n{}", gone.node, gone.log().display(), gone.last_words())
            }
            None => Ok(()),
        }
    }

    /// SIGKILL for a node; returns when its process is gone.
    pub fn kill(&self, node: u8) -> anyhow::Result<()> {
        self.server(node).kill()
    }

    /// SIGKILL for all nodes.
    pub fn kill_all(&self) -> anyhow::Result<()> {
        self.nodes().try_for_each(|node| self.kill(node))
    }

    /// SIGSTOP for a node: its connections stay, and nothing answers.
    pub fn pause(&self, node: u8) -> anyhow::Result<()> {
        self.server(node).pause()
    }

    /// SIGCONT for a node.
    pub fn resume(&self, node: u8) -> anyhow::Result<()> {
        self.server(node).resume()
    }

    /// Cuts links of a node.
    pub fn cut(&self, node: u8, cut: &Cut) -> anyhow::Result<()> {
        cut.make(self.place, node, self.settings.nodes)
    }

    /// Heals them.
    pub fn heal(&self, node: u8) -> anyhow::Result<()> {
        cut::heal(self.place, node)
    }

    /// Whether links of a node are cut.
    pub fn is_cut(&self, node: u8) -> bool {
        cut::is_cut(self.place, node)
    }

    /// Stops all nodes, politely.
    pub fn down(&self) -> anyhow::Result<()> {
        for node in self.nodes() {
            self.heal(node)?;
            self.server(node).ask_to_stop()?;
        }
        self.nodes().try_for_each(|node| self.server(node).stopped())
    }

    /// Removes its files and data; it must not run.
    pub fn erase(&self) -> anyhow::Result<()> {
        let folder = self.place.folder();
        std::fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))
    }

    /// A connection to one node.
    pub fn connect(&self, node: u8) -> anyhow::Result<Client> {
        let certificate = tls::certificate(self.place);
        let door = Door {
            login: self.settings.auth.then_some(LOGIN),
            certificate: self.settings.tls.then_some(certificate.as_path()),
        };
        Client::connect(self.place.cql(node), door)
    }
}

/// A cluster that goes with this value.
pub struct Guard(Cluster);

impl std::ops::Deref for Guard {
    type Target = Cluster;

    fn deref(&self) -> &Cluster {
        &self.0
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let gone = self.0.nodes().try_for_each(|node| self.0.heal(node)).and_then(|()| self.0.kill_all());
        if let Err(error) = gone {
            eprintln!("!!! the servers could not be stopped: {error:#}");
        }
    }
}
