//! Every Rust file is reached by a `mod` of the file above it: what the compiler never reads would rot.

use super::tree::{Tree, expect_none};

/// Files that begin a crate.
fn root(path: &str) -> bool {
    let begins = ["lib.rs", "main.rs"].iter().any(|name| path.ends_with(&format!("/{name}")));
    let alone = |folder: &str| {
        path.split_once(folder).is_some_and(|(before, rest)| before.is_empty() && !rest.contains('/'))
    };
    begins || alone("tests/") || alone("benches/") || alone("src/bin/") || alone("examples/")
}

/// The files that may declare this one, and the name they would use.
fn parents(path: &str) -> (Vec<String>, String) {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = file.strip_suffix(".rs").unwrap_or(file);
    let (folder, name) = match (stem, folder.rsplit_once('/')) {
        ("mod", Some((above, last))) => (above, last),
        _ => (folder, stem),
    };
    let above = ["mod.rs", "lib.rs", "main.rs"].iter().map(|file| format!("{folder}/{file}"));
    (above.chain([format!("{folder}.rs")]).collect(), name.to_owned())
}

fn declares(text: &str, name: &str) -> bool {
    let module = format!("mod {name};");
    text.lines().any(|line| {
        let line = line.trim_start();
        line.strip_suffix(&module).is_some_and(|before| before.is_empty() || before.starts_with("pub"))
    })
}

fn check(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for file in tree.ending(".rs").filter(|file| !root(&file.path)) {
        let (parents, name) = parents(&file.path);
        let mut above = tree.0.iter().filter(|other| parents.contains(&other.path));
        if !above.any(|parent| declares(&parent.text, &name)) {
            findings.push(format!("{}: no `mod {name};` reaches it", file.path));
        }
    }
    findings
}

#[test]
fn every_file_is_compiled() {
    expect_none(&check(Tree::repository()));
}

#[test]
fn a_dead_file_is_found() {
    let tree = Tree::of(&[
        ("src/lib.rs", "pub mod a;\n#[cfg(test)]\nmod b;\n// mod dead;\n"),
        ("src/a/mod.rs", "mod inner;\n"),
        ("src/a/inner.rs", ""),
        ("src/a/inner/deep.rs", ""),
        ("src/b.rs", ""),
        ("src/dead.rs", ""),
        ("tests/tidy.rs", "mod tidy {\n    mod rule;\n}\n"),
        ("tests/tidy/rule.rs", ""),
        ("tests/it/main.rs", ""),
    ]);
    assert_eq!(
        check(&tree),
        ["src/a/inner/deep.rs: no `mod deep;` reaches it", "src/dead.rs: no `mod dead;` reaches it"]
    );
}
