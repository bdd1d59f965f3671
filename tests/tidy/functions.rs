//! How long functions are: clippy bounds the longest, this bounds the many. Reads the layout that rustfmt makes.

use super::tree::{File, Tree, expect_none};

/// Share of functions in percent, and the lines that they stay within.
const BOUNDS: [(usize, usize); 3] = [(50, 10), (90, 30), (95, 45)];

/// Longest handler of a request, lines: it parses, calls and renders.
const HANDLER: usize = 40;

/// Name, line and length of every function with a body.
fn functions(file: &File) -> Vec<(String, usize, usize)> {
    let lines: Vec<&str> = file.text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(name) = name(line) else { continue };
        let indent = &line[..line.len() - line.trim_start().len()];
        let end = format!("{indent}}}");
        // A body on one line, or none at all.
        let ends = line.ends_with('}') || line.ends_with(';');
        let length = if ends {
            1
        } else {
            lines[at..].iter().position(|line| *line == end).map_or(1, |more| more + 1)
        };
        found.push((name.to_owned(), at + 1, length));
    }
    found
}

fn name(line: &str) -> Option<&str> {
    let mut rest = line.trim_start();
    for word in ["pub", "pub(super)", "pub(crate)", "const", "async"] {
        rest = rest.strip_prefix(word).and_then(|after| after.strip_prefix(' ')).unwrap_or(rest);
    }
    let rest = rest.strip_prefix("fn ")?;
    rest.find(['(', '<']).map(|end| &rest[..end])
}

fn percentiles(tree: &Tree) -> Vec<String> {
    let mut lengths: Vec<usize> = tree.server().flat_map(functions).map(|(_, _, length)| length).collect();
    lengths.sort_unstable();
    let at = |share: usize| lengths.get(lengths.len() * share / 100).copied().unwrap_or(0);
    let over = BOUNDS.iter().filter(|(share, bound)| at(*share) > *bound);
    over.map(|(share, bound)| {
        format!("src: {share} % of the functions have up to {} lines, {bound} at most", at(*share))
    })
    .collect()
}

fn handlers(tree: &Tree) -> Vec<String> {
    let edges = tree.server().filter(|file| file.path.starts_with("src/edge/"));
    let asynchronous =
        |file: &File, at: usize| file.text.lines().nth(at - 1).is_some_and(|line| line.contains("async fn"));
    let mut findings = Vec::new();
    for file in edges {
        let long = functions(file)
            .into_iter()
            .filter(|(_, at, length)| *length > HANDLER && asynchronous(file, *at));
        findings.extend(long.map(|(name, at, length)| {
            format!("{}:{at}: {name} has {length} lines, {HANDLER} at most for a handler", file.path)
        }));
    }
    findings
}

#[test]
fn functions_are_short() {
    expect_none(&percentiles(Tree::repository()));
}

#[test]
fn handlers_are_short() {
    expect_none(&handlers(Tree::repository()));
}

#[test]
fn long_functions_are_found() {
    let body = "    x();\n".repeat(HANDLER);
    let text = format!("//! A.\n\npub async fn long(a: A) -> B {{\n{body}}}\n\nfn short() {{}}\n");
    let tree = Tree::of(&[("src/edge/a.rs", &text)]);
    assert_eq!(handlers(&tree), ["src/edge/a.rs:3: long has 42 lines, 40 at most for a handler"]);
    assert_eq!(percentiles(&tree).len(), 2);
    assert_eq!(functions(&tree.0[0]).len(), 2);
}
