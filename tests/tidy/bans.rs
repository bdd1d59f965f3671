//! Words that a room may not contain: what would make a pure room impure, and libraries that belong to one place.

use super::tree::{File, Tree, expect_none};

/// Rooms whose whole behaviour is their input.
const PURE: [&str; 6] =
    ["src/session/", "src/agent/", "src/flow/", "src/routing/", "src/center/", "src/store/journal/"];

/// What would let time, chance, order of a map or the world into them.
const IMPURE: [&str; 13] = [
    "HashMap",
    "HashSet",
    "tokio",
    "std::fs",
    "std::net",
    "std::env",
    "std::io",
    "std::thread",
    "std::process",
    "Instant",
    "SystemTime",
    "aws_lc_rs",
    "async fn",
];

/// Libraries, and the only places that may name them.
const OWNED: [(&str, &[&str]); 8] = [
    ("serde_json::", &["src/edge/", "src/node/", "src/tools/"]),
    ("axum::", &["src/edge/", "src/node/"]),
    ("hyper::", &["src/node/listeners/"]),
    ("redb::", &["src/store/rows/embedded/"]),
    ("minicbor::", &["src/store/"]),
    ("reqwest::", &["src/tools/", "src/node/"]),
    ("prometheus::", &["src/metrics/"]),
    ("figment::", &["src/node/config/"]),
];

/// Whether `word` stands in `line` as a whole, so that `Instant` is not found in `Instantly`.
fn names(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + word.len()..]);
        !before.ends_with(part) && (word.ends_with("::") || !after.starts_with(part))
    })
}

fn banned(file: &File, line: &str) -> Option<&'static str> {
    let pure = PURE.iter().any(|room| file.path.starts_with(room));
    let impure = IMPURE.iter().find(|word| pure && names(line, word)).copied();
    let elsewhere = |homes: &[&str]| !homes.iter().any(|home| file.path.starts_with(home));
    impure.or_else(|| {
        OWNED.iter().find(|(word, homes)| elsewhere(homes) && names(line, word)).map(|(word, _)| *word)
    })
}

fn check(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for file in tree.server() {
        for (at, line) in file.code() {
            if let Some(word) = banned(file, line) {
                findings.push(format!("{}:{at}: `{word}` does not belong in this room", file.path));
            }
        }
    }
    findings
}

#[test]
fn rooms_keep_to_their_words() {
    expect_none(&check(Tree::repository()));
}

#[test]
fn a_banned_word_is_found() {
    let bad = [
        ("src/session/a.rs", "use std::collections::HashMap;\n"),
        ("src/flow/a.rs", "    let now = Instant::now();\n"),
        ("src/store/journal/a.rs", "pub async fn take() {}\n"),
        ("src/shard/a.rs", "use serde_json::Value;\n"),
        ("src/session/b.rs", "use minicbor::Encoder;\n"),
        ("src/edge/a.rs", "fn f(db: &redb::Database) {}\n"),
    ];
    for file in bad {
        assert_eq!(check(&Tree::of(&[file])).len(), 1, "{}", file.0);
    }
    let good = [
        ("src/session/a.rs", "// a HashMap would have no order\nfn answers_instantly() {}\n"),
        ("src/session/tests/a.rs", "use std::collections::HashMap;\n"),
        ("src/edge/a.rs", "use axum::Router;\n"),
    ];
    expect_none(&check(&Tree::of(&good)));
}
