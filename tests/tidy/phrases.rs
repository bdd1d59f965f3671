//! Phrases that stand nowhere: suppressions without a reason, and paths of somebody's machine.

use super::tree::{File, Tree, expect_none};

/// What may stand nowhere, put together here so that this file does not contain it itself.
fn phrases() -> [(String, &'static str); 5] {
    let allow = "allow(";
    [
        (format!("#[{allow}"), "use #[expect(.., reason = \"..\")]"),
        (format!("#![{allow}"), "use #![expect(.., reason = \"..\")]"),
        (["/wo", "rk/"].concat(), "a path of one machine"),
        (["/ho", "me/"].concat(), "a path of one machine"),
        (["/ro", "ot/"].concat(), "a path of one machine"),
    ]
}

/// `expect(` in the server for each thousand lines; each says why it cannot fail.
const EXPECTS_PER_THOUSAND: f64 = 1.5;

fn check(tree: &Tree) -> Vec<String> {
    let phrases = phrases();
    let find = |file: &File, line: &str, at: usize| {
        let found = phrases.iter().find(|(phrase, _)| line.contains(phrase.as_str()));
        found.map(|(phrase, why)| format!("{}:{}: `{phrase}`: {why}", file.path, at + 1))
    };
    // Lock files name what was fetched, not what we wrote.
    let ours = tree.0.iter().filter(|file| !file.path.ends_with("lock") && !file.path.ends_with("lock.json"));
    ours.flat_map(|file| {
        file.text.lines().enumerate().filter_map(|(at, line)| find(file, line, at)).collect::<Vec<_>>()
    })
    .collect()
}

fn expects(tree: &Tree) -> Vec<String> {
    // A contract is a test, which other tests run.
    let server = || tree.server().filter(|file| !file.path.contains("/contract/"));
    let lines: usize = server().map(|file| file.text.lines().count()).sum();
    let count: usize = server().map(|file| file.text.matches(".expect(\"").count()).sum();
    let bound = EXPECTS_PER_THOUSAND * lines as f64 / 1000.0;
    if count as f64 > bound.max(1.0) {
        return vec![format!("src: {count} times .expect(..) in {lines} lines, {bound:.0} at most")];
    }
    Vec::new()
}

#[test]
fn no_phrase_stands_anywhere() {
    expect_none(&check(Tree::repository()));
}

#[test]
fn expect_is_rare() {
    expect_none(&expects(Tree::repository()));
}

#[test]
fn each_phrase_is_found() {
    for (phrase, _) in phrases() {
        let text = format!("fine\nbefore {phrase} after\n");
        assert_eq!(check(&Tree::of(&[("docs/a.md", &text)])).len(), 1, "{phrase}");
        assert!(check(&Tree::of(&[("Cargo.lock", &text)])).is_empty());
    }
}

#[test]
fn many_expects_are_found() {
    let text = "a.expect(\"b\");\n".repeat(2);
    assert_eq!(expects(&Tree::of(&[("src/a.rs", &text)])).len(), 1);
    assert!(expects(&Tree::of(&[("src/tests.rs", &text)])).is_empty());
}
