//! Every row comes back as it was, damage never panics, and rows of every release are read for ever: `tests/golden` keeps them.

mod agent;
mod head;
mod session;

/// The rows of a release, one a line: a name, a space, the bytes in hexadecimal.
fn golden(file: &str) -> Vec<(String, Vec<u8>)> {
    let path = format!("{}/tests/golden/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("golden rows are part of the repository");
    text.lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, row)| (name.to_owned(), unhex(row)))
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect()
}
