//! Every Rust file begins by saying what it is.

use super::tree::{Tree, expect_none};

fn check(tree: &Tree) -> Vec<String> {
    let silent = tree.ending(".rs").filter(|file| !file.text.starts_with("//! "));
    silent
        .map(|file| format!("{}: begins without `//!`: say what it is and what it never does", file.path))
        .collect()
}

#[test]
fn every_file_says_what_it_is() {
    expect_none(&check(Tree::repository()));
}

#[test]
fn a_silent_file_is_found() {
    let tree = Tree::of(&[("src/a.rs", "fn a() {}\n"), ("src/b.rs", "//! B.\n"), ("src/c.md", "fn c() {}")]);
    assert_eq!(check(&tree).len(), 1);
}
