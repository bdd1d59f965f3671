//! Reads a history line by line, in one pass and with one buffer. Never judges what it reads.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use super::line::{Line, VERSION};
use crate::limits::HISTORY_LINE_BYTES_MAX;

/// Why a history cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be opened or read.
    #[error("cannot read the history: {0}")]
    Io(#[from] std::io::Error),
    /// The first line is no header.
    #[error("line 1 is not the header of a history; was this file written by `holdfast load`?")]
    NoHeader,
    /// A later release wrote it.
    #[error("the history has version {0}, this build reads up to {VERSION}: use the release that wrote it")]
    Version(u32),
    /// A line is not what the format says.
    #[error("line {line}: {why}")]
    Line {
        /// Number of the line, from 1.
        line: u64,
        /// What is wrong.
        why: String,
    },
}

/// Reads the file and gives each line after the header to `each`.
///
/// # Errors
/// If the file cannot be read, is no history, or is cut off within a line.
pub fn read_file(path: &Path, each: impl FnMut(Line<'_>) -> Result<(), String>) -> Result<(), ReadError> {
    read(std::fs::File::open(path)?, each)
}

/// Reads from anything; see [`read_file`].
///
/// # Errors
/// As [`read_file`]; an error text of `each` is reported with the number of its line.
pub fn read(input: impl Read, mut each: impl FnMut(Line<'_>) -> Result<(), String>) -> Result<(), ReadError> {
    let mut input = BufReader::with_capacity(1 << 20, input);
    let mut buffer = Vec::new();
    let mut number = 0;
    while next_line(&mut input, &mut buffer, number + 1)? {
        number += 1;
        let parsed = serde_json::from_slice(&buffer);
        match parsed {
            Ok(Line::Header(header)) if number == 1 && header.version <= VERSION => {}
            Ok(Line::Header(header)) if number == 1 => return Err(ReadError::Version(header.version)),
            _ if number == 1 => return Err(ReadError::NoHeader),
            Ok(line) => each(line).map_err(|why| ReadError::Line { line: number, why })?,
            Err(error) => return Err(ReadError::Line { line: number, why: error.to_string() }),
        }
    }
    if number == 0 { Err(ReadError::NoHeader) } else { Ok(()) }
}

fn next_line(input: &mut impl BufRead, buffer: &mut Vec<u8>, number: u64) -> Result<bool, ReadError> {
    buffer.clear();
    let read = input.by_ref().take(HISTORY_LINE_BYTES_MAX).read_until(b'\n', buffer)?;
    if read == 0 {
        return Ok(false);
    }
    if buffer.last() != Some(&b'\n') {
        let why = "the line does not end: the history was cut off while it was written".into();
        return Err(ReadError::Line { line: number, why });
    }
    Ok(true)
}
