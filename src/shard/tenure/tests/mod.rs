//! Nodes under a map that the test agrees on by itself, on one store in memory.

mod ground;
mod lives;
