//! What a bench found: lines with a value, a unit and, where one was promised, a bound. Never measures.

use std::fmt;
use std::path::Path;

use anyhow::Context as _;
use serde_json::json;

/// How a value stands to its bound.
#[derive(Clone, Copy, Debug)]
pub enum Bound {
    /// Nothing was promised.
    None,
    /// At least.
    Least(f64),
    /// At most.
    Most(f64),
}

/// One figure.
#[derive(Debug)]
struct Line {
    name: String,
    value: f64,
    unit: &'static str,
    bound: Bound,
}

/// What a bench found.
#[derive(Debug)]
pub struct Report {
    name: &'static str,
    notes: Vec<String>,
    lines: Vec<Line>,
}

impl Report {
    /// Nothing yet.
    pub const fn new(name: &'static str) -> Self {
        Self { name, notes: Vec::new(), lines: Vec::new() }
    }

    /// Something that a reader of the figures must know.
    pub fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        eprintln!("--- {note}");
        self.notes.push(note);
    }

    /// A figure.
    pub fn figure(&mut self, name: impl Into<String>, value: f64, unit: &'static str) {
        self.bounded(name, value, (unit, Bound::None));
    }

    /// A figure with a bound.
    pub fn bounded(&mut self, name: impl Into<String>, value: f64, (unit, bound): (&'static str, Bound)) {
        self.lines.push(Line { name: name.into(), value, unit, bound });
    }

    /// Whether any bound was missed.
    pub fn is_missed(&self) -> bool {
        self.lines.iter().any(|line| !line.holds())
    }

    /// `NAME.json` in a folder.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let figures: Vec<_> = self.lines.iter().map(Line::json).collect();
        let report = json!({ "bench": self.name, "notes": self.notes, "figures": figures });
        let path = folder.join(format!("{}.json", self.name));
        std::fs::write(&path, format!("{report:#}\n"))
            .with_context(|| format!("cannot write {}", path.display()))
    }
}

impl Line {
    fn holds(&self) -> bool {
        match self.bound {
            Bound::None => true,
            Bound::Least(least) => self.value >= least,
            Bound::Most(most) => self.value <= most,
        }
    }

    fn json(&self) -> serde_json::Value {
        let mut line = json!({ "name": self.name, "value": self.value, "unit": self.unit });
        match self.bound {
            Bound::None => {}
            Bound::Least(least) => line["at_least"] = json!(least),
            Bound::Most(most) => line["at_most"] = json!(most),
        }
        line
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nbench {}", self.name)?;
        for note in &self.notes {
            writeln!(f, "  {note}")?;
        }
        for line in &self.lines {
            let digits = if line.value.abs() >= 100.0 { 0 } else { 2 };
            write!(f, "  {:<56} {:>12.digits$} {:<8}", line.name, line.value, line.unit)?;
            let verdict = if line.holds() { "ok" } else { "MISSED" };
            match line.bound {
                Bound::None => writeln!(f)?,
                Bound::Least(least) => writeln!(f, " at least {least}: {verdict}")?,
                Bound::Most(most) => writeln!(f, " at most {most}: {verdict}")?,
            }
        }
        Ok(())
    }
}

/// The middle value.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
