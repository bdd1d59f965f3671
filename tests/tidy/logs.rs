//! Log fields come from one table, `src/node/logs/fields.rs`: whoever searches logs finds every name there.

use holdfast::node::logs::fields::FIELDS;

use super::tree::{File, Tree, expect_none};

const MACROS: [&str; 8] = [
    "tracing::trace!(",
    "tracing::debug!(",
    "tracing::info!(",
    "tracing::warn!(",
    "tracing::error!(",
    "tracing::info_span!(",
    "tracing::debug_span!(",
    "tracing::event!(",
];

/// The text between a macro's parentheses.
fn inside(text: &str) -> &str {
    let (mut depth, mut quoted, mut escaped) = (1, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    text
}

/// The names of the fields among a macro's arguments, up to its message.
fn fields(arguments: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for part in arguments.split(',').map(str::trim).filter(|part| !part.starts_with("target:")) {
        if part.contains('"') && !part.contains('=') {
            break;
        }
        let name = part.split('=').next().unwrap_or_default().trim().trim_start_matches(['%', '?']);
        if !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
            names.push(name);
        }
    }
    names
}

fn unknown(file: &File) -> Vec<String> {
    let mut findings = Vec::new();
    for (at, _) in file.text.match_indices("tracing::") {
        let Some(found) = MACROS.iter().find(|name| file.text[at..].starts_with(**name)) else { continue };
        let line = file.text[..at].matches('\n').count() + 1;
        for name in fields(inside(&file.text[at + found.len()..])) {
            if !FIELDS.iter().any(|field| field.name == name) {
                findings.push(format!("{}:{line}: the log field {name} is not in the table", file.path));
            }
        }
    }
    findings
}

fn check(tree: &Tree) -> Vec<String> {
    tree.server().flat_map(unknown).collect()
}

#[test]
fn log_fields_are_in_the_table() {
    expect_none(&check(Tree::repository()));
}

#[test]
fn an_unknown_log_field_is_found() {
    let text = "tracing::info!(session = %id, text, \"said\");\ntracing::warn!(\n    target: \"audit\",\n    %error,\n    secret = ?f(a, \")\"),\n    \"no, not = this\",\n);\n";
    let found = check(&Tree::of(&[("src/a.rs", text)]));
    assert_eq!(
        found,
        [
            "src/a.rs:1: the log field text is not in the table",
            "src/a.rs:2: the log field secret is not in the table"
        ]
    );
}
