//! What a check found: a code, how bad it is, a sentence, and where the runbook says what to do. Never decides anything.

use std::fmt;

/// How bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// As it should be.
    Ok,
    /// A node runs; somebody should look at it.
    Warn,
    /// A promise rests on it: a node does not start.
    Refuse,
}

impl Severity {
    /// The word for people and programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Refuse => "refuse",
        }
    }

    /// The value of the metric.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Ok => 0,
            Self::Warn => 1,
            Self::Refuse => 2,
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which; a heading of the runbook, and the label of the metric.
    pub code: &'static str,
    /// How bad.
    pub severity: Severity,
    /// What was found, as a sentence without its full stop.
    pub sentence: String,
    /// The page of the runbook.
    pub page: &'static str,
}

impl Finding {
    /// As it should be.
    #[must_use]
    pub fn ok(code: &'static str, sentence: impl Into<String>) -> Self {
        Self::new(code, Severity::Ok, sentence)
    }

    /// Somebody should look at it.
    #[must_use]
    pub fn warn(code: &'static str, sentence: impl Into<String>) -> Self {
        Self::new(code, Severity::Warn, sentence)
    }

    /// A node must not start.
    #[must_use]
    pub fn refuse(code: &'static str, sentence: impl Into<String>) -> Self {
        Self::new(code, Severity::Refuse, sentence)
    }

    /// A finding about Cassandra.
    #[must_use]
    pub fn new(code: &'static str, severity: Severity, sentence: impl Into<String>) -> Self {
        Self { code, severity, sentence: sentence.into(), page: "docs/runbook/cassandra.md" }
    }

    /// The same, explained on another page.
    #[must_use]
    pub fn on_page(mut self, page: &'static str) -> Self {
        self.page = page;
        self
    }

    /// Where the runbook says what to do.
    #[must_use]
    pub fn runbook(&self) -> String {
        format!("{}#{}", self.page, self.code)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<6} {}: {}", self.severity.word(), self.code, self.sentence)?;
        if self.severity > Severity::Ok {
            write!(f, " ({})", self.runbook())?;
        }
        Ok(())
    }
}

/// The worst of all; ok for none.
#[must_use]
pub fn worst(findings: &[Finding]) -> Severity {
    findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Ok)
}
