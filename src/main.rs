//! The `holdfast` binary: reads the command line and hands over. Never holds logic.

fn main() {}
