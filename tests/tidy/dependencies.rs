//! Every dependency says above its line why it is there.

use super::tree::{File, Tree, expect_none};

fn unexplained(file: &File) -> Vec<String> {
    let mut findings = Vec::new();
    let (mut inside, mut above) = (false, "");
    for (at, line) in file.text.lines().enumerate() {
        let entry = line.contains('=') && line.starts_with(|c: char| c.is_ascii_alphabetic());
        if line.starts_with('[') {
            inside = line.trim_end_matches(']').ends_with("dependencies");
        } else if inside && entry && !above.starts_with("# ") {
            let name = line.split([' ', '=', '.']).next().unwrap_or_default();
            findings.push(format!("{}:{}: say above {name} what it is for", file.path, at + 1));
        }
        above = line;
    }
    findings
}

fn check(tree: &Tree) -> Vec<String> {
    tree.ending("Cargo.toml").flat_map(unexplained).collect()
}

#[test]
fn every_dependency_has_a_reason() {
    expect_none(&check(Tree::repository()));
}

#[test]
fn an_unexplained_dependency_is_found() {
    let text = "[package]\nname = \"x\"\n\n[dependencies]\n# Because.\na = \"1\"\nb = \"1\"\n\n[dev-dependencies]\nc.workspace = true\n";
    let found = check(&Tree::of(&[("Cargo.toml", text)]));
    assert_eq!(
        found,
        ["Cargo.toml:7: say above b what it is for", "Cargo.toml:10: say above c what it is for"]
    );
}
