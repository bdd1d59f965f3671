//! Links in the documents lead somewhere: a file of this repository, or out of it.

use super::tree::{File, Tree, expect_none};

/// Link targets of one document, outside code blocks.
fn targets(file: &File) -> Vec<&str> {
    let mut code = false;
    let mut targets = Vec::new();
    for line in file.text.lines() {
        if line.trim_start().starts_with("```") {
            code = !code;
        } else if !code {
            targets.extend(line.split("](").skip(1).filter_map(|rest| rest.split(')').next()));
        }
    }
    targets
}

/// `a/b/../c` without the dots, from the root; `None` above it.
fn resolve(from: &str, target: &str) -> Option<String> {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/').filter(|part| !part.is_empty() && *part != ".") {
        match part {
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn check(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for file in tree.ending(".md") {
        for target in targets(file) {
            let path = target.split('#').next().unwrap_or_default();
            let outside = path.is_empty() || path.contains("://") || path.starts_with("mailto:");
            if !outside && !resolve(&file.path, path).is_some_and(|path| tree.holds(&path)) {
                findings.push(format!("{}: the link {target} leads nowhere", file.path));
            }
        }
    }
    findings
}

#[test]
fn links_lead_somewhere() {
    expect_none(&check(Tree::repository()));
}

#[test]
fn a_link_to_nowhere_is_found() {
    let text = "[a](../README.md#top) [b](api.md) [c](missing.md) [d](https://example.org) [e](#here)\n```\n[f](code.md)\n```\n[g](../../x)\n";
    let tree = Tree::of(&[("README.md", ""), ("docs/api.md", ""), ("docs/a.md", text)]);
    assert_eq!(
        check(&tree),
        ["docs/a.md: the link missing.md leads nowhere", "docs/a.md: the link ../../x leads nowhere"]
    );
}
