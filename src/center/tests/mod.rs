//! Tests of the configuration: text in, the value or the mistakes out.

mod example;
mod mistakes;
mod opening;
mod round_trip;

use super::{Center, Source, parse};

/// The mistakes of one file, a line each.
fn mistakes(text: &str) -> String {
    let found = parse(&[Source { name: "c.toml", text }]).expect_err("these are mistakes");
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn good(text: &str) -> Center {
    match parse(&[Source { name: "c.toml", text }]) {
        Ok(center) => center,
        Err(problems) => {
            panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        }
    }
}
