//! The flow that every service has, as data: `greet → queue → agent → post-process → stop`. Never acts.

use crate::flow::Kind;

const STEPS: [(&str, Kind); 5] = [
    ("greet", Kind::Greet),
    ("queue", Kind::Queue),
    ("agent", Kind::Agent),
    ("post-process", Kind::PostProcess),
    ("stop", Kind::Stop),
];

/// What the step of this name does; `None` for a step of a later release.
pub(super) fn kind(step: &str) -> Option<Kind> {
    STEPS.iter().find(|(name, _)| *name == step).map(|(_, kind)| *kind)
}

/// Where it begins.
pub(super) fn first() -> Option<&'static str> {
    STEPS.first().map(|(name, _)| *name)
}

/// What comes after the step.
pub(super) fn after(step: &str) -> Option<&'static str> {
    let at = STEPS.iter().position(|(name, _)| *name == step)?;
    STEPS.get(at + 1).map(|(name, _)| *name)
}

/// The step that does this.
pub(super) fn named(kind: Kind) -> Option<&'static str> {
    STEPS.iter().find(|(_, of)| *of == kind).map(|(name, _)| *name)
}
