//! Runs a model to its end and says what came of it. A trace is text: a header line `# name: property`, then a line per step,
//! `number actor verb object…`, each preceded by `land` lines for what arrives at which replica by then. Never judges.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hash::Hash;
use std::num::NonZeroUsize;

use stateright::{Checker, HasDiscoveries, Model};

/// A model whose steps can be written down.
pub trait Told: Model {
    /// One step as lines of text.
    fn tell(&self, before: &Self::State, act: &Self::Action, after: &Self::State) -> Vec<String>;
}

/// What a search found.
pub struct Found {
    /// States that differ.
    pub states: usize,
    /// By property: the steps of its shortest trace, and the trace.
    pub traces: BTreeMap<&'static str, (usize, String)>,
}

/// How far is searched.
fn size() -> String {
    let default = if cfg!(debug_assertions) { "small" } else { "large" };
    std::env::var("HOLDFAST_MODEL").unwrap_or_else(|_| default.into())
}

/// Whether the bounds of the protocol are searched.
pub fn large() -> bool {
    ["large", "huge"].contains(&size().as_str())
}

/// Whether more is searched than a gate has time for.
pub fn huge() -> bool {
    size() == "huge"
}

/// Searches everything, or up to the first property that fails.
pub fn search<M>(name: &str, model: M) -> Found
where
    M: Told + Clone + Send + Sync + 'static,
    M::State: Clone + PartialEq + Hash + Send + Sync + 'static,
    M::Action: Clone + PartialEq,
{
    let began = now();
    let (mut found, depth) = run(name, &model, None);
    // The checker notes a failure and looks on for a while; what it notes then may be longer.
    while let Some(shorter) = shortest_failure(&model, &found).and_then(NonZeroUsize::new) {
        let (again, _) = run(name, &model, Some(shorter));
        if shortest_failure(&model, &again).is_none() {
            break;
        }
        found = again;
    }
    let (size, seconds) = (size(), began.elapsed().as_secs_f64());
    eprintln!("model {name} ({size} bounds): {} states, depth {depth}, {seconds:.1} s", found.states);
    found
}

fn shortest_failure<M: Told>(model: &M, found: &Found) -> Option<usize> {
    let properties = model.properties();
    let failures = properties.iter().filter(|property| property.expectation.discovery_is_failure());
    failures.filter_map(|property| Some(found.traces.get(property.name)?.0)).min()
}

fn run<M>(name: &str, model: &M, depth: Option<NonZeroUsize>) -> (Found, usize)
where
    M: Told + Clone + Send + Sync + 'static,
    M::State: Clone + PartialEq + Hash + Send + Sync + 'static,
    M::Action: Clone + PartialEq,
{
    let checker = model.clone().checker().finish_when(HasDiscoveries::AnyFailures);
    let checker = match depth {
        // A path of so many states has one step less.
        Some(depth) => checker.target_max_depth(depth.get() + 1).spawn_bfs().join(),
        None => checker.spawn_bfs().join(),
    };
    let mut found = Found { states: checker.unique_state_count(), traces: BTreeMap::new() };
    for (property, path) in checker.discoveries() {
        let mut text = format!("# {name}: {property}\n");
        let steps = path.into_vec();
        for (at, pair) in steps.windows(2).enumerate() {
            let Some(act) = &pair[0].1 else { break };
            for line in model.tell(&pair[0].0, act, &pair[1].0) {
                let _ = match line.starts_with("land ") {
                    true => writeln!(text, "{line}"),
                    false => writeln!(text, "{} {line}", at + 1),
                };
            }
        }
        found.traces.insert(property, (steps.len() - 1, text));
    }
    (found, checker.max_depth())
}

/// Searches everything depth first, which needs little memory.
fn search_all<M>(name: &str, model: &M) -> Found
where
    M: Told + Clone + Send + Sync + 'static,
    M::State: Clone + PartialEq + Hash + Send + Sync + 'static,
    M::Action: Clone + PartialEq,
{
    let began = now();
    let checker = model.clone().checker().finish_when(HasDiscoveries::AnyFailures).spawn_dfs().join();
    let traces = checker.discoveries().keys().map(|property| (*property, (0, String::new()))).collect();
    let found = Found { states: checker.unique_state_count(), traces };
    eprintln!(
        "model {name} ({} bounds): {} states, {:.1} s",
        size(),
        found.states,
        began.elapsed().as_secs_f64()
    );
    found
}

#[expect(clippy::disallowed_methods, reason = "how long a search took is told to people and decides nothing")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}

/// The rules hold: nothing fails, and what must be reachable was reached.
pub fn holds<M>(name: &str, model: M)
where
    M: Told + Clone + Send + Sync + 'static,
    M::State: Clone + PartialEq + Hash + Send + Sync + 'static,
    M::Action: Clone + PartialEq,
{
    let reachable: Vec<&str> = (model.properties().iter())
        .filter(|property| !property.expectation.discovery_is_failure())
        .map(|property| property.name)
        .collect();
    let found = search_all(name, &model);
    if found.traces.keys().any(|property| !reachable.contains(property)) {
        let shortest = search(name, model).traces;
        let failed = shortest.iter().find(|(property, _)| !reachable.contains(*property));
        let (property, (steps, text)) = failed.expect("what was found once is found again");
        panic!("{property} fails after {steps} steps\n{text}");
    }
    for property in reachable {
        assert!(found.traces.contains_key(property), "{name}: never reached: {property}");
    }
}

/// With a rule broken one of these properties fails; gives the steps of the shortest trace.
pub fn fails<M>(name: &str, model: M, expected: &[&str]) -> usize
where
    M: Told + Clone + Send + Sync + 'static,
    M::State: Clone + PartialEq + Hash + Send + Sync + 'static,
    M::Action: Clone + PartialEq,
{
    let found = search(name, model);
    let broken = expected.iter().filter_map(|property| Some((property, found.traces.get(*property)?)));
    let Some((property, (steps, text))) = broken.min_by_key(|(_, (steps, _))| *steps) else {
        let others: Vec<_> = found.traces.values().map(|(_, text)| text.as_str()).collect();
        panic!("{name}: the model does not notice; it found {}", others.join("\n"));
    };
    eprintln!("mutation {name}: {property} fails after {steps} steps\n{text}");
    if let Ok(folder) = std::env::var("HOLDFAST_MODEL_TRACES") {
        let file = std::path::Path::new(&folder).join(format!("{}.trace", name.replace([' ', '/'], "-")));
        std::fs::create_dir_all(&folder).expect("the folder of the traces can be made");
        std::fs::write(file, text).expect("a trace can be written");
    }
    *steps
}
