//! Log lines, traces and audit lines: how they look and where they go. Field names are declared in [`fields`]. Never
//! sees chat text, userdata or a token: nobody hands it any.

pub mod fields;
mod traces;

use std::io::IsTerminal as _;

use tracing::{Level, Metadata};
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, Registry};

use super::config::{LogFormat, Settings};

pub use traces::{TraceError, Traces};

/// Libraries whose chatter helps nobody, below what the operator asked for.
const QUIET: &str = "hyper=warn,h2=warn,rustls=warn,opentelemetry=warn,reqwest=warn";

/// Logs as the settings say, from now to the end of the process. Keep the answer until the end: it sends what is left.
pub fn start(settings: &Settings) -> Result<Traces, TraceError> {
    let filter = EnvFilter::new(format!("{QUIET},{}", settings.log.level)).and(filter_fn(keeps_secrets));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let lines = match settings.log.format {
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
        LogFormat::Text => lines.compact().boxed(),
    };
    let (traces, spans) = Traces::start(settings)?;
    let layers: Registry = tracing_subscriber::registry();
    // A second subscriber in one process is a test that starts two nodes: the first one goes on.
    let _ = layers.with(spans).with(lines.with_filter(filter)).try_init();
    Ok(traces)
}

/// Whether a line can be trusted to hold no content. Libraries know no chat: below `info` some print the frames and headers
/// that pass through them, so there they are not heard, whatever the operator asked for.
fn keeps_secrets(line: &Metadata<'_>) -> bool {
    *line.level() <= Level::INFO || line.target().starts_with("holdfast") || line.target() == fields::AUDIT
}

/// Writes one audit line: who did what to whom. Never text of a chat.
pub fn audit(who: &str, what: &'static str, whom: &str, outcome: &'static str) {
    tracing::info!(target: fields::AUDIT, who, what, whom, outcome, "audit");
}
