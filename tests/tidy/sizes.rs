//! How long files may be and how many entries a folder may have: what a reader can hold in mind.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{Tree, expect_none};

/// Longest file, lines.
const LONGEST: usize = 500;
/// Lines that half of the server's files stay below.
const MEDIAN: usize = 120;
/// Lines that nine in ten of the server's files stay below.
const P90: usize = 300;
/// Entries of a folder.
const ENTRIES: usize = 12;
/// Entries of `src/` itself: the rooms and the nouns.
const ENTRIES_OF_SRC: usize = 16;

fn long_files(tree: &Tree) -> Vec<String> {
    let lines = |text: &str| text.lines().count();
    let long = tree.ending(".rs").filter(|file| lines(&file.text) > LONGEST);
    let mut findings: Vec<String> =
        long.map(|file| format!("{}: {} lines, {LONGEST} at most", file.path, lines(&file.text))).collect();
    let mut all: Vec<usize> = tree.server().map(|file| lines(&file.text)).collect();
    all.sort_unstable();
    for (share, bound) in [(50, MEDIAN), (90, P90)] {
        let at = all.get(all.len() * share / 100).copied().unwrap_or(0);
        if at > bound {
            findings.push(format!("src: {share} % of the files have up to {at} lines, {bound} at most"));
        }
    }
    findings
}

fn full_folders(tree: &Tree) -> Vec<String> {
    let mut folders: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in &tree.0 {
        let mut rest = file.path.as_str();
        while let Some((folder, name)) = rest.rsplit_once('/') {
            folders.entry(folder).or_default().insert(name);
            rest = folder;
        }
    }
    let bound = |folder: &str| if folder == "src" { ENTRIES_OF_SRC } else { ENTRIES };
    let full = folders.iter().filter(|(folder, entries)| entries.len() > bound(folder));
    full.map(|(folder, entries)| format!("{folder}: {} entries, {} at most", entries.len(), bound(folder)))
        .collect()
}

#[test]
fn files_are_short() {
    expect_none(&long_files(Tree::repository()));
}

#[test]
fn folders_are_small() {
    expect_none(&full_folders(Tree::repository()));
}

#[test]
fn a_long_file_and_a_crowd_of_middling_ones_are_found() {
    let (longest, middling) = ("x\n".repeat(LONGEST + 1), "x\n".repeat(P90 + 1));
    assert_eq!(long_files(&Tree::of(&[("tests/a.rs", &longest)])).len(), 1);
    let found = long_files(&Tree::of(&[("src/a.rs", &middling), ("src/b.rs", &middling)]));
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn a_full_folder_is_found() {
    let paths: Vec<String> = (0..=ENTRIES).map(|at| format!("src/room/f{at}.rs")).collect();
    let files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), "")).collect();
    assert_eq!(full_folders(&Tree::of(&files)), ["src/room: 13 entries, 12 at most"]);
    assert!(full_folders(&Tree::of(&files[1..])).is_empty());
}
