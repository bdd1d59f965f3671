//! Documents that are made from the code say what the code says. `HOLDFAST_BLESS=1 cargo test --test tidy` writes them.

use std::fmt::Write as _;
use std::path::Path;

use holdfast::node::logs::fields::FIELDS;

/// Compares a document with what the code says, or writes it when asked to.
#[track_caller]
fn current(path: &str, page: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("HOLDFAST_BLESS").is_some() {
        std::fs::write(&file, page).expect("the document can be written");
    }
    let stands = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = stands.lines().zip(page.lines()).find(|(is, should)| is != should);
    assert!(stands == page, "{path} is out of date (HOLDFAST_BLESS=1 cargo test --test tidy): {differs:?}");
}

#[test]
fn metrics_are_documented() {
    current("docs/metrics.md", &holdfast::metrics::page());
}

#[test]
fn settings_are_documented() {
    current("docs/settings.md", &holdfast::node::config::table());
}

#[test]
fn log_fields_are_documented() {
    let mut page = String::from(
        "# Log fields\n\n\
         Made from `src/node/logs/fields.rs`: `HOLDFAST_BLESS=1 cargo test --test tidy` writes it again.\n\n\
         One JSON object a line on standard error. No chat text, userdata or token is in any of them. Audit lines have the\n\
         target `audit`. Lines that are written while a request is served carry its span: `span.request_id` finds all of them,\n\
         and the traces.\n\n\
         | field | holds |\n|---|---|\n",
    );
    for field in FIELDS {
        let _ = writeln!(page, "| `{}` | {} |", field.name, field.help);
    }
    current("docs/logs.md", &page);
}
