//! Rooms use the rooms above them in the map of `src/lib.rs`, and no others.

use super::tree::{File, Tree, expect_none};

/// The map, top to bottom; a room may use what stands above it.
const MAP: [&str; 14] = [
    "limits", "metrics", "words", "center", "flow", "session", "agent", "routing", "runtime", "store",
    "shard", "edge", "node", "tools",
];

/// Rooms that may use less than what stands above them, by path.
const NARROW: [(&str, &[&str]); 9] = [
    // Nouns have no behaviour of others in them.
    ("src/words", &[]),
    // A server far away is waited for, tried again and counted; the port itself knows no rule and no chat.
    ("src/store/rows/cassandra/", &["words", "limits", "store", "runtime"]),
    ("src/store/rows/", &["words", "limits", "store"]),
    // The rules have no IO of their own.
    ("src/store/journal/", &["words", "limits", "store"]),
    // Pure rooms count nothing: what they decide is counted by whoever performs it.
    ("src/center/", &["words", "limits"]),
    ("src/flow/", &["words", "limits", "center"]),
    ("src/session/", &["words", "limits", "center", "flow"]),
    // The proof that people run goes through the public API; clock and tasks it shares.
    ("src/tools/", &["limits", "words", "runtime"]),
    ("src/metrics/", &[]),
];

/// The command line is the one place that hands people over to the tools.
const WIDE: [(&str, &str); 1] = [("src/node/cli/", "tools")];

fn allowed(file: &File, used: &str) -> bool {
    let room = file.room();
    if used == room || ["lib", "main"].contains(&room) {
        return true;
    }
    if WIDE.iter().any(|(path, more)| file.path.starts_with(path) && *more == used) {
        return true;
    }
    if let Some((_, rooms)) = NARROW.iter().find(|(path, _)| file.path.starts_with(path)) {
        return rooms.contains(&used);
    }
    let place = |name: &str| MAP.iter().position(|room| *room == name);
    matches!((place(room), place(used)), (Some(own), Some(other)) if other < own)
}

/// The rooms that one line of code names.
fn used(line: &str) -> impl Iterator<Item = &str> {
    line.split("crate::").skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}

fn check(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for file in tree.server() {
        for (at, line) in file.code() {
            // An empty name is a grouped import, `use crate::{…}`: written out, so that each arrow has a line.
            for used in used(line).filter(|used| !allowed(file, used)) {
                findings.push(format!("{}:{at}: {} may not use {used:?}", file.path, file.room()));
            }
        }
    }
    findings
}

#[test]
fn arrows_point_one_way() {
    expect_none(&check(Tree::repository()));
}

#[test]
fn every_room_is_in_the_map() {
    let tree = Tree::repository();
    let lib = tree.0.iter().find(|file| file.path == "src/lib.rs").expect("there is a map");
    let rooms = lib.code().filter_map(|(_, line)| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let missing: Vec<String> = rooms.filter(|room| !MAP.contains(room)).map(ToOwned::to_owned).collect();
    expect_none(&missing);
}

#[test]
fn an_arrow_the_wrong_way_is_found() {
    let bad = [
        ("src/session/a.rs", "use crate::shard::door::Door;\n"),
        ("src/session/b.rs", "use crate::store::rows::Rows;\n"),
        ("src/store/rows/a.rs", "fn f(a: crate::session::Event) {}\n"),
        ("src/edge/a.rs", "use crate::node::config::Settings;\n"),
        ("src/tools/a.rs", "use crate::edge::Shared;\n"),
        ("src/agent/a.rs", "use crate::{words, limits};\n"),
        ("src/words.rs", "use crate::limits::X;\n"),
    ];
    for file in bad {
        assert_eq!(check(&Tree::of(&[file])).len(), 1, "{}", file.0);
    }
    let good = [
        ("src/edge/a.rs", "use crate::shard::door::Door;\n// use crate::node::cli;\n"),
        ("src/node/cli/a.rs", "use crate::tools::load;\n"),
        ("src/session/tests.rs", "use crate::shard::door::Door;\n"),
    ];
    expect_none(&check(&Tree::of(&good)));
}
