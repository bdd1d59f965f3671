//! The map and its transition. Never does IO.
