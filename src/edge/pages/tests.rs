//! Every file that a page asks for is served beside it.

use super::{BOTH, File, PUBLIC, STAFF};

/// What a page or script names: `src="…"`, `href="…"` and `from "./…"`.
fn named(file: &File) -> Vec<String> {
    let mut out = Vec::new();
    for mark in ["src=\"", "href=\"", "from \"./"] {
        for (at, _) in file.text.match_indices(mark) {
            let name = file.text[at + mark.len()..].split('"').next().unwrap_or_default();
            let name = if mark.starts_with("from") { format!("assets/{name}") } else { name.to_owned() };
            out.push(name);
        }
    }
    out.retain(|name| name.starts_with("assets/"));
    out
}

#[test]
fn every_page_finds_its_files() {
    for own in [PUBLIC, STAFF] {
        let served: Vec<_> = own.iter().chain(BOTH).map(|file| file.path).collect();
        for file in own.iter().chain(BOTH) {
            for name in named(file) {
                assert!(served.contains(&format!("/{name}").as_str()), "{} wants {name}", file.path);
            }
        }
    }
    assert!(!named(&PUBLIC[0]).is_empty());
}
