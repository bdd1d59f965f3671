//! A cluster with a Cassandra and people of its own, for all scenarios that want the same. Never judges what they noticed.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::address::Address;
use super::cut::Cuts;
use super::play::{People, Play};
use super::scenario::{Ground, Scenario};
use super::scene::Scene;
use super::scene::round::Round;
use super::seen::history::History;
use super::seen::logs;
use super::seen::waits::{Waits, Watch};
use super::told::noticed::Noticed;
use super::{Takeover, folder, growth, silent};
use crate::cassandra::{self, Cluster as Servers, Place, Settings, VARIABLE, Version};
use crate::cluster::key;
use crate::cluster::plan::Plan;
use crate::cluster::store::Store;
use crate::cluster::whole::{Cluster, Guard};
use crate::load::center;

/// The last number of the first address of a drill's own servers of Cassandra.
const FIRST: u8 = 171;
/// Servers of Cassandra of which one fails with a zone.
const ZONES: u8 = 3;
/// What its keyspace is named after.
const NAME: &str = "drill";

/// Scenarios that want the same.
#[derive(Debug)]
pub struct Stage {
    /// What they want.
    pub ground: Ground,
    /// They, in the order that they were asked for.
    pub scenarios: Vec<Scenario>,
}

/// What was seen on a stage.
pub struct Played {
    /// What was noticed of each round.
    pub noticed: Vec<Noticed>,
    /// What people wrote down.
    pub history: History,
    /// Servers of Cassandra.
    pub servers: u8,
    /// Whether the verdict of the load was ok, and its words; nothing where nobody sends.
    pub verdict: Option<(bool, String)>,
    /// What ended it early.
    pub broken: Option<anyhow::Error>,
}

impl Stage {
    /// Scenarios by what they want.
    pub fn all(scenarios: &[Scenario]) -> Vec<Self> {
        let mut grounds: Vec<Ground> = scenarios.iter().map(|scenario| scenario.ground()).collect();
        grounds.sort_unstable();
        grounds.dedup();
        let of = |ground| scenarios.iter().copied().filter(move |scenario| scenario.ground() == ground);
        grounds.into_iter().map(|ground| Self { ground, scenarios: of(ground).collect() }).collect()
    }

    /// Where its files lie.
    pub fn folder(&self) -> PathBuf {
        folder().join(self.ground.name())
    }

    /// Plays all rounds of all of its scenarios.
    pub fn play(&self, args: &Takeover, binary: &std::path::Path) -> anyhow::Result<Played> {
        let folder = self.folder();
        std::fs::create_dir_all(&folder).context("the build folder cannot be written")?;
        let least = if self.ground == Ground::Zone { ZONES } else { args.cassandra };
        // Killed when this value goes, after the nodes.
        let (store, servers) = store(least)?;
        store.prepare(binary, true)?;
        let people = &self.people(&args.people);
        let mut plan = self.plan(args, (binary.to_owned(), store))?;
        plan.apart = matches!(self.ground, Ground::Cuts | Ground::Address);
        let cuts = plan.apart.then(|| Cuts::begin(&plan)).transpose()?;
        let (guard, key) = self.settle(plan, people)?;
        if self.ground == Ground::Silence {
            return Ok(silence(args, (&guard.0, &key)));
        }
        let history = folder.join("history.jsonl");
        if self.ground == Ground::Load {
            return Ok(load(args, &guard.0, (people, &history)));
        }
        let servers = servers.as_deref().cloned();
        ensure!(
            servers.is_some() || self.ground != Ground::Zone,
            "servers that fail must be the drill's own: without {VARIABLE}"
        );
        let one = self.ground == Ground::Address;
        let address = one.then(|| Address::open(&guard.0.plan, &folder)).transpose()?;
        let play = Play::start(&guard.0, (people, address.as_ref()), &history)?;
        let window = Duration::from_secs(args.window);
        let mut scene = Scene { play, guard, address, cuts, servers, key, window };
        let watch = Watch::start();
        let (rounds, broken) = self.rounds(args, &mut scene);
        let waits = watch.end();
        let verdict = Some(scene.play.end()?);
        let entries = logs::read(&scene.guard.0)?;
        drop((scene.address, scene.guard, scene.cuts));
        let mut history = History::read(&history)?;
        if one {
            history.count_screens();
        }
        let noticed = rounds.iter().map(|round| Noticed::of(round, (&history, &entries), &waits)).collect();
        Ok(Played { noticed, history, servers: least, verdict, broken })
    }

    /// The people who come.
    fn people(&self, asked: &People) -> People {
        let mut people = asked.clone();
        if self.ground == Ground::Crowd {
            people.sessions = asked.crowd;
            people.talkers = asked.talkers.or(Some(asked.crowd.div_ceil(20)));
        }
        if self.ground == Ground::Load {
            people.rate = asked.full_rate;
        }
        people
    }

    /// All rounds that could be done, and what ended them early.
    fn rounds(&self, args: &Takeover, scene: &mut Scene) -> (Vec<Round>, Option<anyhow::Error>) {
        let mut rounds = Vec::new();
        let mut all = || -> anyhow::Result<()> {
            let people = self.people(&args.people);
            let talkers = people.talkers.unwrap_or(people.sessions);
            if self.ground == Ground::Crowd {
                scene.play.gathers(&scene.guard.0, f64::from(people.sessions))?;
            }
            scene.play.acknowledges(&scene.guard.0, f64::from(talkers) * 2.0)?;
            eprintln!("--- warm up for {} s", args.warm_up);
            scene.play.wait(Duration::from_secs(args.warm_up))?;
            for scenario in &self.scenarios {
                for number in 1..=args.rounds {
                    let name = scenario.name();
                    eprintln!("--- {name}, round {number} of {}", args.rounds);
                    let round = scene.round(*scenario, number);
                    let round = round.with_context(|| format!("{name}, round {number}"))?;
                    let took = (round.settled - round.fault.from) as f64 / 1e6;
                    eprintln!("    settled {took:.1} s after its beginning");
                    rounds.push(round);
                }
            }
            Ok(())
        };
        let broken = all().err();
        (rounds, broken)
    }

    /// A cluster on paper, in a folder where nothing of an earlier drill is left.
    fn plan(&self, args: &Takeover, program: (PathBuf, Store)) -> anyhow::Result<Plan> {
        let needed = self.scenarios.iter().map(|scenario| scenario.nodes()).max().unwrap_or(3);
        let nodes = args.nodes.unwrap_or(needed.max(3));
        ensure!(nodes >= needed, "these scenarios need {needed} nodes");
        let home = self.folder().join("cluster");
        if let Some(left) = Plan::kept(&home)? {
            // Of a drill that was killed.
            let left = Cluster::of(left, true);
            left.kill_all()?;
            left.erase()?;
        }
        Plan::draw(home, program, nodes)
    }

    /// Starts a cluster and waits until it has settled; it, and the key of its admin.
    fn settle(&self, mut plan: Plan, people: &People) -> anyhow::Result<(Guard, String)> {
        let file = plan.folder.with_file_name("center.toml");
        match self.ground {
            Ground::Silence => silent::center(&plan.binary, &file)?,
            _ => center::write(&plan.binary, &file, (people.sessions, people.agents))?,
        }
        let text = std::fs::read_to_string(&file)?;
        let key = key::write(&plan.binary, text, &file)?;
        plan.center = std::path::absolute(file)?;
        plan.key = Some(key.clone());
        plan.keep()?;
        eprintln!("--- start {} nodes; logs: {}/n*/node.log", plan.nodes.len(), plan.folder.display());
        let guard = Guard(Cluster::of(plan, true));
        let took = guard.0.up()?;
        eprintln!("    settled after {:.1} s", took.as_secs_f64());
        Ok((guard, key))
    }
}

/// A Cassandra that is named, or servers of the drill's own.
fn store(servers: u8) -> anyhow::Result<(Store, Option<cassandra::Guard>)> {
    if let Some(store) = Store::named(NAME) {
        return Ok((store, None));
    }
    eprintln!("--- start {servers} server(s) of Apache Cassandra");
    let guard = Servers::ours(Place { first: FIRST }, Settings::of(servers, Version::V5_0))?;
    Ok((Store::at(guard.contact_points(), servers, NAME), Some(guard)))
}

/// All rounds in which nobody sends.
fn silence(args: &Takeover, (cluster, key): (&Cluster, &str)) -> Played {
    let (mut noticed, mut broken) = (Vec::new(), None);
    for number in 1..=args.rounds {
        eprintln!("--- {}, round {number} of {}", Scenario::Silent.name(), args.rounds);
        match silent::round(cluster, key, number) {
            Ok(round) => noticed.push(Noticed::of(&round, (&History::default(), &[]), &Waits::default())),
            Err(error) => {
                broken = Some(error);
                break;
            }
        }
    }
    Played { noticed, history: History::default(), servers: args.cassandra, verdict: None, broken }
}

/// All rounds in which nobody is hurt; each ends with a verdict of its own, and the first that is not ok is told.
fn load(args: &Takeover, cluster: &Cluster, (people, history): (&People, &std::path::Path)) -> Played {
    let (mut noticed, mut verdict, mut broken) = (Vec::new(), (true, String::new()), None);
    for number in 1..=args.rounds {
        eprintln!("--- {}, round {number} of {}", Scenario::FullLoad.name(), args.rounds);
        match growth::round((cluster, number), (people, history), Duration::from_secs(args.window)) {
            Ok((round, said)) => {
                noticed.push(Noticed::of(&round, (&History::default(), &[]), &Waits::default()));
                verdict = if verdict.0 { said } else { verdict };
            }
            Err(error) => {
                broken = Some(error);
                break;
            }
        }
    }
    Played { noticed, history: History::default(), servers: args.cassandra, verdict: Some(verdict), broken }
}
