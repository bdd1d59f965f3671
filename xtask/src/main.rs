//! `cargo xtask`: the one door for people who work on Holdfast.

fn main() {}
