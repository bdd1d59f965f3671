//! Stored forms that every later release must read, line by line in files of `tests/golden`. A line is never changed; a new
//! form gets a new line. Never part of the product.

use std::fmt::{Debug, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Checks that a value is written as its line says, and read from it.
pub fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(file: &str, name: &str, value: &T) {
    let stored = line(file, name, &postcard::to_stdvec(value).unwrap());
    assert_eq!(&postcard::from_bytes::<T>(&stored).unwrap(), value, "{name}");
}

/// Checks that these bytes are those of a line.
pub fn line(file: &str, name: &str, form: &[u8]) -> Vec<u8> {
    let written = form.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    });
    let prefix = format!("{name}: ");
    let stored = file.lines().find_map(|line| line.strip_prefix(&prefix));
    assert_eq!(Some(written.as_str()), stored, "golden line {prefix}{written}");
    form.to_vec()
}
