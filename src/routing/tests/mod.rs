//! Tests of the matchmaker.
