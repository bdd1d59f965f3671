//! The peer port. Never knows what a frame means.
