//! The documentation of all metrics, made from the table. Never touches a file.

use std::fmt::Write as _;

use super::table::{ALL, Kind, SECONDS};

/// The page as it stands in `docs/metrics.md`.
#[must_use]
pub fn page() -> String {
    let mut page = String::from(
        "# Metrics\n\n\
         Made from `src/metrics/table.rs`: `HOLDFAST_BLESS=1 cargo test --test tidy` writes it again.\n\n\
         Scraped from `/metrics` of the ops listener. Labels come from small closed sets; none holds chat text, userdata,\n\
         a token or the name of a person. The process metrics of Prometheus (`process_*`) are there too.\n\n\
         | name | kind | labels | unit | meaning |\n|---|---|---|---|---|\n",
    );
    for metric in ALL {
        let kind = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        let labels = if labels.is_empty() { "none".to_owned() } else { labels.join(", ") };
        let _ =
            writeln!(page, "| `{}` | {kind} | {labels} | {} | {} |", metric.name, metric.unit, metric.help);
    }
    let bounds: Vec<String> = SECONDS.iter().map(ToString::to_string).collect();
    let _ = write!(page, "\nBounds of every histogram, seconds: {}.\n", bounds.join(", "));
    page
}
