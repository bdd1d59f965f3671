//! The repository as rules see it: paths and texts, without what is built or fetched. Never follows a link.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

/// One file.
pub struct File {
    /// From the root, with `/`.
    pub path: String,
    /// Its text; empty for what is not text.
    pub text: String,
}

/// Files, in the order of their paths.
pub struct Tree(pub Vec<File>);

/// Folders that hold nothing of ours.
const FOREIGN: [&str; 4] = ["target", "node_modules", ".git", "holdfast-data"];

static REPOSITORY: LazyLock<Tree> = LazyLock::new(|| {
    let mut files = Vec::new();
    collect(Path::new(env!("CARGO_MANIFEST_DIR")), "", &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Tree(files)
});

fn collect(root: &Path, below: &str, files: &mut Vec<File>) {
    for entry in fs::read_dir(root.join(below)).expect("a folder can be read").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        let kind = entry.file_type().expect("an entry has a type");
        if kind.is_dir() && !FOREIGN.contains(&name.as_str()) {
            collect(root, &path, files);
        } else if kind.is_file() && name != ".git" {
            let text = fs::read_to_string(root.join(&path)).unwrap_or_default();
            files.push(File { path, text });
        }
    }
}

impl Tree {
    /// This repository.
    pub fn repository() -> &'static Self {
        &REPOSITORY
    }

    /// A made-up one, for the tests that rules can fail.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| File { path: (*path).into(), text: (*text).into() };
        Self(files.iter().map(file).collect())
    }

    /// Files with this ending.
    pub fn ending(&self, end: &'static str) -> impl Iterator<Item = &File> {
        self.0.iter().filter(move |file| file.path.ends_with(end))
    }

    /// Rust files of the server, tests apart.
    pub fn server(&self) -> impl Iterator<Item = &File> {
        self.ending(".rs").filter(|file| file.path.starts_with("src/") && !file.is_test())
    }

    /// Whether a path is there, as a file or a folder.
    pub fn holds(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        self.0.iter().any(|file| file.path == path || file.path.starts_with(&folder))
    }
}

impl File {
    /// Whether it holds tests only.
    pub fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        self.path.starts_with("tests/") || self.path.contains("/tests/") || name.ends_with("tests.rs")
    }

    /// Lines of code with their numbers: comment lines left out.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(at, line)| (at + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// The room of a server file: the first part below `src/`.
    pub fn room(&self) -> &str {
        let below = self.path.strip_prefix("src/").unwrap_or_default();
        let first = below.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }
}

/// Fails with one line for each finding.
#[track_caller]
pub fn expect_none(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}
