//! The matchmaker, pure.
