//! What a round was: what was done, to whom, and what was seen of the nodes meanwhile. Never judges.

use crate::bench::report::Bound;
use crate::drill::scenario::Scenario;
use crate::drill::seen::owners::Owners;
use crate::drill::seen::window::{Moment, Span};

/// Something that only one kind of round looks at.
#[derive(Debug, Clone)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// The figure.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// What was promised of it.
    pub bound: Bound,
}

/// What a round was.
#[derive(Debug, Clone)]
pub struct Round {
    /// What was done.
    pub scenario: Scenario,
    /// Its number among those of its scenario, from 1.
    pub number: u32,
    /// To which nodes.
    pub victims: Vec<u8>,
    /// Who owned what before.
    pub owners: Owners,
    /// The nodes that clients begin at, in turn; nobody knows where they are if this is empty.
    pub homes: Vec<u8>,
    /// The window before it.
    pub quiet: Span,
    /// The window from its beginning on.
    pub fault: Span,
    /// When a survivor's map had changed.
    pub map_changed: Option<Moment>,
    /// When all shards had workers again.
    pub served: Option<Moment>,
    /// When the whole cluster had settled again.
    pub settled: Moment,
    /// The silence after which a node is suspected, milliseconds.
    pub suspect_after: f64,
    /// Sums of phases of takeovers during it, by label, if nodes measure them: seconds and count.
    pub phases: Vec<(String, f64)>,
    /// What else was looked at.
    pub facts: Vec<Fact>,
}

impl Round {
    /// One that begins now.
    pub fn new((scenario, number): (Scenario, u32), victims: Vec<u8>, quiet: Span) -> Self {
        Self {
            scenario,
            number,
            victims,
            owners: Owners::default(),
            homes: Vec::new(),
            quiet,
            fault: Span { from: quiet.to, to: quiet.to },
            map_changed: None,
            served: None,
            settled: quiet.to,
            suspect_after: 0.0,
            phases: Vec::new(),
            facts: Vec::new(),
        }
    }

    /// Whether the client of a session, which count from 1, was at a victim when it began.
    pub fn has_client_at_victim(&self, session: u32) -> bool {
        let place = session.checked_sub(1).and_then(|place| usize::try_from(place).ok());
        let home = place.and_then(|place| self.homes.get(place % self.homes.len().max(1)));
        home.is_some_and(|home| self.victims.contains(home))
    }

    /// Keeps something that was looked at.
    pub fn fact(&mut self, name: impl Into<String>, value: f64, (unit, bound): (&'static str, Bound)) {
        self.facts.push(Fact { name: name.into(), value, unit, bound });
    }
}
