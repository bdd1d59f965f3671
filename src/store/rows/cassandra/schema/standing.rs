//! Where a keyspace stands against the steps that this binary knows: what was noted in, what is to be done out. Pure.

use std::collections::BTreeMap;

use super::steps::Step;

/// What was noted about one step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// What it is about.
    pub name: String,
    /// Statements that are done.
    pub statements: u32,
    /// Statements that it has.
    pub of: u32,
    /// Tells its text apart from another one.
    pub digest: String,
    /// The last step that a node must know of to run once this one is there.
    pub needs: u32,
    /// The release that applied it.
    pub release: String,
    /// Who applied it.
    pub by: String,
    /// When, milliseconds since 1970.
    pub at: u64,
}

/// Every note, by the number of its step.
pub type Notes = BTreeMap<u32, Note>;

/// Where a keyspace stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Everything that this binary knows is there, and nothing else.
    Current {
        /// The newest step.
        step: u32,
    },
    /// Steps are missing, or one is half done.
    Missing {
        /// Their numbers.
        steps: Vec<u32>,
    },
    /// A later release was here; this one can still run.
    Newer {
        /// The newest step.
        step: u32,
        /// The newest that this binary knows.
        known: u32,
    },
    /// A later release was here and has taken away what this one needs.
    TooNew {
        /// The newest step.
        step: u32,
        /// The step that a node must know to run.
        needs: u32,
        /// The newest that this binary knows.
        known: u32,
    },
    /// A step was applied whose text is not the one that this binary has under its number.
    Different {
        /// The step.
        step: u32,
        /// The release that applied it.
        release: String,
    },
}

impl Standing {
    /// Whether a node of this release may run.
    #[must_use]
    pub const fn runs(&self) -> bool {
        matches!(self, Self::Current { .. } | Self::Newer { .. })
    }
}

impl std::fmt::Display for Standing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Current { step } => write!(f, "the schema is complete (step {step})"),
            Self::Missing { steps } => {
                let list: Vec<String> = steps.iter().map(ToString::to_string).collect();
                write!(f, "the schema lacks step {}: run holdfast schema apply", list.join(", "))
            }
            Self::Newer { step, known } => {
                write!(f, "the schema is newer (step {step}, this release knows {known}), and compatible")
            }
            Self::TooNew { step, needs, known } => write!(
                f,
                "the schema is too new (step {step} needs a release that knows step {needs}, this one knows {known}): \
                 run a newer release"
            ),
            Self::Different { step, release } => write!(
                f,
                "step {step} was applied by release {release} with another text than this release has: these are not \
                 of one line of releases; use another keyspace"
            ),
        }
    }
}

/// Where a keyspace with these notes stands.
#[must_use]
pub fn standing(notes: &Notes, steps: &[Step]) -> Standing {
    let known = steps.last().map_or(0, |step| step.number);
    let done = |step: &Step| notes.get(&step.number).is_some_and(|note| note.statements >= note.of);
    for step in steps {
        if let Some(note) = notes.get(&step.number).filter(|note| note.digest != step.digest()) {
            return Standing::Different { step: step.number, release: note.release.clone() };
        }
    }
    let newest = notes.keys().next_back().copied().unwrap_or(0);
    let needs = notes.range(known + 1..).map(|(_, note)| note.needs).max().unwrap_or(0);
    if needs > known {
        return Standing::TooNew { step: newest, needs, known };
    }
    let steps: Vec<u32> = steps.iter().filter(|step| !done(step)).map(|step| step.number).collect();
    match (steps.is_empty(), newest > known) {
        (false, _) => Standing::Missing { steps },
        (true, true) => Standing::Newer { step: newest, known },
        (true, false) => Standing::Current { step: known },
    }
}

/// The first statement that is not done: its step, and its place in it.
#[must_use]
pub fn next<'s>(notes: &Notes, steps: &'s [Step]) -> Option<(&'s Step, usize)> {
    steps.iter().find_map(|step| {
        let done = notes.get(&step.number).map_or(0, |note| note.statements as usize);
        (done < step.statements().len()).then_some((step, done))
    })
}
